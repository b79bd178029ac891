"""What every place can do, and how a call in it may fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self

from nenc_lab.errors import EnvironmentError_, InternalError


class PlaceLost(EnvironmentError_):
    """The place has ended or answers no longer; it takes no further calls."""


class CallTimeout(EnvironmentError_):
    """A call took longer than it was given; its process was killed, the place goes on."""


class CallDied(InternalError):
    """The process of a call ended without a result; the place goes on."""

    def __init__(self, message: str, exit_code: int | None = None, signal: str | None = None) -> None:
        super().__init__(message, exit_code, signal)  # whole, because it crosses processes
        self.exit_code = exit_code
        self.signal = signal
        """Name of the signal that killed it, as SIGSEGV."""

    def __str__(self) -> str:
        return str(self.args[0])


class Place(Protocol):
    """A context manager; what it has made is gone when it is left, however that happens."""

    name: str
    """host or guest."""

    @property
    def about(self) -> Mapping[str, Any]:
        """For run.json: ``kernel`` (release), ``hz``, ``memory_mb``, ``boot_s``, ``processors`` (it may run on),
        ``modules_missing``."""

    @property
    def interrupted(self) -> BaseException | None:
        """What interrupted the last call, when that ended with a result all the same; the caller goes on with it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def call(
        self,
        target: str,
        arguments: Any = None,
        heard: Callable[[Any], None] | None = None,
        timeout_s: float | None = None,
        said: Callable[[bytes], None] | None = None,
    ) -> Any:
        """Runs ``target`` ("module:function") as ``function(arguments, tell)`` in a fresh process inside.

        Arguments, what it tells (``heard`` gets it) and the result are JSON; large things belong in files. What it
        prints goes to ``said``, by default to stderr. Its exception is raised here. Inside it is root, with
        CAP_NET_ADMIN, in network and mount namespaces of its own: only ``lo``, empty /run and /dev/shm; cwd,
        environment and files are the lab's. What it has started ends with it. Ctrl-C is handed on as SIGINT; it then
        has 20 s to end, and a second Ctrl-C kills it. Raises PlaceLost, CallTimeout (after ``timeout_s`` seconds) and
        CallDied. One call at a time.
        """

"""The base class of both sandboxes: starts, takes calls, ends, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from nenc_lab.errors import InputError, InternalError
from nenc_lab.real.sandbox import cpu
from nenc_lab.real.sandbox.conversation import Conversation
from nenc_lab.real.sandbox.isolation import HIDDEN, is_hidden
from nenc_lab.real.sandbox.launch import About, Launch, Setup
from nenc_lab.real.sandbox.messages import Json, Kind
from nenc_lab.real.sandbox.processes import memory_mb, processes_in
from nenc_lab.real.sandbox.supervision import Supervised

PRELOAD_S = 300.0
"""Time limit for the imports inside, which are slow in a guest on a busy machine."""


class Sandbox(ABC):
    """A context manager that starts the sandbox on entry; however it is left, nothing of the sandbox remains.

    A subclass defines how the sandbox is started (`_launch`).
    """

    name: str
    """``host`` or ``guest``."""

    def __init__(self, preload: Sequence[str], start_s: float) -> None:
        """``preload`` names modules that are imported once, before the first call. ``start_s`` limits the start."""
        self._preload, self._start_s = list(preload), start_s
        self._about: About = {}
        self._conversation: Conversation | None = None
        self._preloaded = False
        self._stack = ExitStack()

    @abstractmethod
    def _launch(self, channel: int, heartbeat: int) -> Launch:
        """Returns what the supervisor is to start. The sandbox inherits the two descriptors."""

    @property
    def about(self) -> About:
        """A description of the sandbox, for run.json."""
        return self._about

    @property
    def folder(self) -> str | None:
        """The private folder as seen from outside the sandbox; None before the start."""
        return None if self._conversation is None else os.fspath(self._conversation.folder)

    @property
    def interrupted(self) -> BaseException | None:
        """The exception of a Ctrl-C during the last call, if that call returned a result nevertheless.

        The caller must raise it once it has dealt with the result.
        """
        return None if self._conversation is None else self._conversation.interrupted

    def taken_mb(self) -> int:
        """Returns how many megabytes of this machine's memory the sandbox uses; shared pages count in part (PSS)."""
        assert self._conversation is not None, "it was entered"
        return memory_mb(processes_in(self._conversation.folder))

    def __enter__(self) -> Self:
        began = time.monotonic()
        if is_hidden(os.getcwd()):
            raise InputError(
                f"the folder {os.getcwd()} is hidden from the {self.name}: call the lab from a folder outside "
                f"{', '.join(HIDDEN)}"
            )
        with ExitStack() as made:
            channel, inner_channel = (made.enter_context(end) for end in socket.socketpair())
            heartbeat, inner_heartbeat = (made.enter_context(end) for end in socket.socketpair())
            supervised = Supervised(self._launch(inner_channel.fileno(), inner_heartbeat.fileno()))
            made.callback(supervised.close)
            inner_channel.close()
            inner_heartbeat.close()
            conversation = Conversation(supervised, channel, heartbeat, self.name)
            made.callback(conversation.close)
            self._about = conversation.wait_for(Kind.READY, self._start_s)
            self._about["processors"] = cpu.allowed(supervised.pid)
            self._about["boot_s"] = round(time.monotonic() - began, 3)
            self._conversation, self._preloaded = conversation, False
            self._stack = made.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def call(
        self,
        target: str,
        arguments: object = None,
        on_message: Callable[[Json], None] | None = None,
        timeout_s: float | None = None,
        on_output: Callable[[bytes], None] | None = None,
    ) -> Json:
        """Runs ``target`` ("module:function") as ``function(arguments, send)`` in a fresh process inside.

        Arguments, messages and result are JSON; large data belong in files. ``on_message`` receives what the function
        passes to ``send``, and ``on_output`` what it prints (None: to stderr). Its exception is raised here. Inside it
        is root with CAP_NET_ADMIN, in network and mount namespaces of its own, with only ``lo``, and empty /run and
        /dev/shm. Working folder, environment and files are those of the lab. Processes that it starts end with it.

        Ctrl-C is forwarded as SIGINT; the function then has 20 s to end, and a second Ctrl-C kills it. Only one call
        can run at a time. Raises SandboxLost, CallTimeout (after ``timeout_s`` seconds) and CallDied.
        """
        if self._conversation is None:
            raise InternalError(f"the {self.name} was not entered yet: use with open_sandbox(...) as sandbox")
        if not self._preloaded:
            self._about["warm_s"] = round(self._conversation.wait_for(Kind.PRELOADED, PRELOAD_S)["seconds"], 3)
            self._preloaded = True
        return self._conversation.call(target, arguments, on_message, timeout_s, on_output)

    def _setup(self, channel: int, heartbeat: int) -> str:
        """Returns the text of the setup file."""
        setup = Setup(
            path=sys.path,
            cwd=os.getcwd(),
            preload=self._preload,
            folder="@FOLDER@",
            channel=channel,
            heartbeat=heartbeat,
        )
        return json.dumps(setup)

"""How much other work this machine had while something was timed: a time that others have stretched is not judged."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType

PRESSURE = Path("/proc/pressure/cpu")
TOO_MUCH = 0.2
"""Of the time; a guest alone on two processors makes others wait for a few hundredths."""


class Contention:
    """Between enter and exit: ``share`` (0 .. 1) of the time in which something waited for a processor."""

    share = 0.0

    def __enter__(self) -> Contention:
        self._began, self._waited = time.monotonic(), _waited_s()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        took = time.monotonic() - self._began
        self.share = min(1.0, (_waited_s() - self._waited) / took) if took > 0 else 0.0


def _waited_s() -> float:
    """Of the whole machine since its start; 0 where the kernel does not count it: then everything is judged."""
    try:
        some = PRESSURE.read_text(encoding="ascii").splitlines()[0]
    except OSError:
        return 0.0
    return int(some.rpartition("total=")[2]) / 1e6

"""The clock of a run in real time: simpy's loop held back to wall time. It serves sockets while it waits."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from nenc_lab.engine.clock import Clock


class LiveClock(Clock):
    """Time is in ns since ``origin_ns`` of CLOCK_MONOTONIC. An event happens at its time or later, never earlier."""

    def __init__(self, origin_ns: int) -> None:
        super().__init__()
        self.origin_ns = origin_ns
        self._selector = selectors.SelectSelector()  # precise to the microsecond; epoll waits whole milliseconds

    def serve(self, source: socket.socket, act: Callable[[], bool]) -> None:
        """Between events, calls ``act`` whenever ``source`` is readable, until ``act`` returns False.

        A closed socket is always readable, so ``act`` must return False when the other end has closed it.
        """
        self._selector.register(source, selectors.EVENT_READ, act)

    def forget(self, source: socket.socket) -> None:
        """Stops serving ``source``. May be called more than once."""
        with suppress(KeyError):
            self._selector.unregister(source)

    @property
    def wall_ns(self) -> int:
        """The wall time of the run in ns; never before ``now``."""
        return time.monotonic_ns() - self.origin_ns

    def step(self) -> None:
        """Waits until the next event is due, then performs simpy's step."""
        due = self.peek()
        if due != float("inf"):
            self._serve_until(self.origin_ns + int(due))
        super().step()

    def close(self) -> None:
        """Releases what the clock holds. May be called more than once."""
        self._selector.close()

    def _serve_until(self, due_ns: int) -> None:
        while True:
            left_ns = due_ns - time.monotonic_ns()
            for key, _ in self._selector.select(max(0.0, left_ns / 1e9)):
                if not key.data():
                    self._selector.unregister(key.fileobj)
            if left_ns <= 0:
                return

"""simpy on the wall clock: the same processes as in virtual time, and sockets served while nothing is due."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import simpy


class LiveEnvironment(simpy.Environment):
    """Time is int ns since ``origin_ns`` of CLOCK_MONOTONIC. An event happens at its time, or late; never early."""

    def __init__(self, origin_ns: int) -> None:
        super().__init__(initial_time=0)
        self.origin_ns = origin_ns
        self._selector = selectors.SelectSelector()  # to the microsecond; epoll waits whole milliseconds

    def serve(self, file: Any, act: Callable[[], bool]) -> None:
        """Calls ``act`` whenever ``file`` can be read, between events, until it says False: its other end is closed,
        and a closed one can always be read."""
        self._selector.register(file, selectors.EVENT_READ, act)

    def forget(self, file: Any) -> None:
        """No more of it; may be called again."""
        with suppress(KeyError):
            self._selector.unregister(file)

    @property
    def wall_ns(self) -> int:
        """The present, which is at or after ``now``."""
        return time.monotonic_ns() - self.origin_ns

    def step(self) -> None:
        due = self.peek()
        if due != float("inf"):
            self._serve_until(self.origin_ns + int(due))
        super().step()

    def close(self) -> None:
        """Gives back what it holds; may be called twice."""
        self._selector.close()

    def _serve_until(self, due_ns: int) -> None:
        while True:
            left_ns = due_ns - time.monotonic_ns()
            for key, _ in self._selector.select(max(0.0, left_ns / 1e9)):
                if not key.data():
                    self.forget(key.fileobj)
            if left_ns <= 0:
                return

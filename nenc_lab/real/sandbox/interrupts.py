"""Holds back Ctrl-C and SIGTERM while the lab waits for a call, and delivers them where nothing is half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """A context manager. Outside the main thread, where no signal arrives, it does nothing."""

    def __init__(self) -> None:
        self._handlers: dict[int, Callable[[int, FrameType | None], object]] = {}
        self._arrived: list[int] = []

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in NUMBERS:
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, lambda number, _: self._arrived.append(number))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if error is None and (stop := self.taken()) is not None:
            raise stop

    def taken(self) -> BaseException | None:
        """Returns the exception that the lab's own handler raises for a pending signal; None when it raises none."""
        while self._arrived:
            number = self._arrived.pop(0)
            try:
                self._handlers[number](number, None)
            except BaseException as stop:
                return stop
        return None

"""Ctrl-C and SIGTERM while a call is waited for: kept, and taken where nothing is half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """A context. Outside the main thread, where no signal comes, it does nothing."""

    def __init__(self) -> None:
        self._handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self._came: list[int] = []

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in NUMBERS:
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, lambda number, _: self._came.append(number))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if error is None and (stop := self.taken()) is not None:
            raise stop

    def taken(self) -> BaseException | None:
        """What the lab's own handler raises for the signal that has come; None when none has, or it raises nothing."""
        while self._came:
            number = self._came.pop(0)
            try:
                self._handlers[number](number, None)
            except BaseException as stop:
                return stop
        return None

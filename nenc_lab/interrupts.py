"""Postpones Ctrl-C and SIGTERM, so that they do not interrupt work that must complete as a whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Postponed:
    """A context manager: signals that Python handles are acted on at the end of the block, or where `taken` is called.

    It changes nothing outside the main thread, which is the only one that signals interrupt.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, Callable[[int, FrameType | None], object]] = {}
        self._arrived: list[int] = []

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
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
        if (stop := self.taken()) is not None:
            raise stop

    def taken(self) -> BaseException | None:
        """Returns the exception that the handler of a pending signal raises; None when it raises none."""
        while self._arrived:
            number = self._arrived.pop(0)
            try:
                self._handlers[number](number, None)
            except BaseException as stop:
                return stop
        return None

"""A progress line on a terminal's stderr, for work that takes long: simulated time, speed and time left."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TextIO

from nenc_lab.cli.streams import on_terminal

LONG_S = 2.0
"""Work that will take less than this gets no line."""
KNOWN_AFTER_S = 0.5
"""After this time the speed so far predicts how long the rest will take."""
REDRAW_S = 0.1
BAR = 20


class ProgressLine:
    """Shows the progress of jobs whose simulated length is known. As a context manager it wipes its line at the end."""

    def __init__(
        self,
        lengths_ns: Sequence[int],
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lengths = list(lengths_ns)
        self._done = [0] * len(self._lengths)
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._began = clock()
        self._drawn_at = float("-inf")
        self._shown = False

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def __call__(self, index: int, now_ns: int) -> None:
        """Notes that job ``index`` has reached ``now_ns``."""
        self._done[index] = max(self._done[index], min(now_ns, self._lengths[index]))
        now = self._clock()
        if now - self._drawn_at >= REDRAW_S:
            self._drawn_at = now
            self._draw(now - self._began)

    def finished(self, index: int) -> None:
        """Notes that job ``index`` is over, even when it ended before its scenario did."""
        self(index, self._lengths[index])

    def wipe(self) -> None:
        """Erases the line, so that other output may follow."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False
            self._drawn_at = float("-inf")

    def text(self, elapsed_s: float) -> str:
        """The text of the line after ``elapsed_s`` seconds of wall time."""
        total, done = sum(self._lengths) / 1e9, sum(self._done) / 1e9
        share = done / total if total else 1.0
        bar = "#" * int(share * BAR)
        speed = done / elapsed_s if elapsed_s > 0 else 0.0
        left = _clock_text((total - done) / speed) if speed else "?"
        count = len(self._lengths)
        over = sum(1 for reached, length in zip(self._done, self._lengths, strict=True) if reached >= length)
        runs = f"run {min(over + 1, count)} of {count}  " if count > 1 else ""
        return f"{runs}[{bar:<{BAR}}] {done:.0f} of {total:.0f} s simulated  {speed:.0f}x  {left} left"

    def _draw(self, elapsed_s: float) -> None:
        done, total = sum(self._done), sum(self._lengths)
        if not self._shown:
            expected_s = elapsed_s * total / done if done else float("inf")
            if elapsed_s < KNOWN_AFTER_S or expected_s < LONG_S:
                return
        self._shown = True
        self._stream.write(f"\r{self.text(elapsed_s)[: self._columns() - 1]}\x1b[K")
        self._stream.flush()

    def _columns(self) -> int:
        try:
            return max(20, os.get_terminal_size(self._stream.fileno()).columns)
        except (OSError, ValueError):
            return 80


def progress_line(lengths_ns: Sequence[int]) -> ProgressLine | None:
    """A progress line when stderr is a terminal, otherwise None."""
    return ProgressLine(lengths_ns) if on_terminal("stderr") else None


def _clock_text(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"

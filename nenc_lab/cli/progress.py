"""A progress line on a terminal's stderr, for work that takes long: simulated time, speed and time left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nenc_lab.cli.streams import on_terminal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

LONG_S = 2.0
"""Work that will take less than this gets no line."""
KNOWN_AFTER_S = 0.5
"""After this time the speed so far predicts how long the rest will take."""
REDRAW_S = 0.1
BAR = 20


class ProgressLine:
    """Shows the progress of jobs whose simulated length is known, on stderr unless ``console`` is another one."""

    def __init__(
        self,
        lengths_ns: Sequence[int],
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lengths = list(lengths_ns)
        self._done = [0] * len(self._lengths)
        self._console = console
        self._clock = clock
        self._began = clock()
        self._drawn_at = float("-inf")
        self._shown: Progress | None = None

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
        if self._shown is not None:
            self._shown.stop()
            self._drawn_at = float("-inf")

    def _draw(self, elapsed_s: float) -> None:
        done, total = sum(self._done), sum(self._lengths)
        if self._shown is None:
            expected_s = elapsed_s * total / done if done else float("inf")
            if elapsed_s < KNOWN_AFTER_S or expected_s < LONG_S:
                return
            self._shown = self._bar(total)
        over = sum(1 for reached, length in zip(self._done, self._lengths, strict=True) if reached >= length)
        count = len(self._lengths)
        self._shown.update(
            self._shown.task_ids[0],
            completed=done / 1e9,
            description=f"run {min(over + 1, count)} of {count}" if count > 1 else "",
            speed=done / 1e9 / elapsed_s,
        )
        self._shown.start()
        self._shown.refresh()

    def _bar(self, total_ns: int) -> Progress:
        """Imports rich only when there is a line to draw. Standard output is left alone, as it may be a pipe."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(BAR),
            TextColumn("{task.completed:.0f} of {task.total:.0f} s simulated  {task.fields[speed]:.0f}x"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=self._console or Console(stderr=True),
            auto_refresh=False,  # a thread of rich's own would be alive when worker processes are forked
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            get_time=self._clock,
        )
        bar.add_task("", total=total_ns / 1e9, speed=0.0)
        return bar


@contextmanager
def progress_line(lengths_ns: Sequence[int]) -> Iterator[ProgressLine | None]:
    """A progress line when stderr is a terminal, otherwise None. It is wiped at the end of the block."""
    line = ProgressLine(lengths_ns) if on_terminal("stderr") else None
    try:
        yield line
    finally:
        if line is not None:
            line.wipe()

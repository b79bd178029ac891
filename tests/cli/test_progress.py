"""The progress line: when it appears, what it says, that it goes away."""

from __future__ import annotations

import io

from rich.console import Console

from nenc_lab.cli.progress import ProgressLine

SECOND = 1_000_000_000
ERASED = "\x1b[2K"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def line(*lengths_s: int) -> tuple[ProgressLine, io.StringIO, Clock]:
    clock, stream = Clock(), io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system=None, width=100, legacy_windows=False)
    return ProgressLine([length * SECOND for length in lengths_s], console, clock), stream, clock


def last(stream: io.StringIO) -> str:
    """What is written on the line now."""
    return stream.getvalue().rpartition("\r" + ERASED)[2]


def test_what_will_be_over_in_two_seconds_gets_no_line():
    progress, stream, clock = line(60)
    for step in range(1, 60):
        clock.now += 1 / 60
        progress(0, step * SECOND)
    progress.wipe()
    assert stream.getvalue() == ""


def test_a_long_run_says_time_speed_and_time_left():
    progress, stream, clock = line(3600)
    for _ in range(3):
        clock.now += 0.5
        progress(0, round((clock.now - 100) * 360) * SECOND)
    assert last(stream).strip(" ━╸") == "540 of 3600 s simulated  360x 00:09 left"


def test_the_line_is_erased_and_comes_back():
    progress, stream, clock = line(3600)
    clock.now += 1.0
    progress(0, 360 * SECOND)
    progress.wipe()
    assert last(stream) == "" or stream.getvalue().endswith(ERASED)
    clock.now += 1.0
    progress(0, 720 * SECOND)
    assert "720 of 3600 s simulated" in last(stream)


def test_it_is_not_drawn_at_every_call():
    progress, stream, clock = line(3600)
    clock.now += 1.0
    for step in range(1000):
        clock.now += 0.001
        progress(0, step * SECOND)
    assert 9 <= stream.getvalue().count("simulated") <= 12


def test_a_batch_counts_runs_and_never_goes_back():
    progress, stream, clock = line(100, 100, 200)
    clock.now += 10.0
    progress(0, 99 * SECOND)
    progress.finished(0)
    progress(0, 99 * SECOND)  # a late word from its process
    clock.now += 0.2
    progress(2, 20 * SECOND)
    assert last(stream).startswith("run 2 of 3 ━━━━━━ ")
    assert "120 of 400 s simulated  12x" in last(stream)


def test_hours_are_written_as_hours():
    progress, stream, clock = line(7200)
    for step in (1, 2, 3):
        clock.now += 1.0
        progress(0, step * SECOND)
    assert "1:59:57 left" in last(stream)

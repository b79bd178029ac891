"""The progress line: when it appears, what it says, that it goes away."""

from __future__ import annotations

import io

from nenc_lab.cli.progress import ProgressLine

SECOND = 1_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def line(*lengths_s: int) -> tuple[ProgressLine, io.StringIO, Clock]:
    clock, stream = Clock(), io.StringIO()
    return ProgressLine([length * SECOND for length in lengths_s], stream, clock), stream, clock


def test_what_will_be_over_in_two_seconds_gets_no_line():
    progress, stream, clock = line(60)
    for step in range(1, 60):
        clock.now += 1 / 60
        progress(0, step * SECOND)
    progress.wipe()
    assert stream.getvalue() == ""


def test_a_long_run_says_time_speed_and_time_left():
    progress, stream, clock = line(3600)
    clock.now += 1.0
    progress(0, 360 * SECOND)
    assert stream.getvalue() == "\r[##                  ] 360 of 3600 s simulated  360x  0:09 left\x1b[K"
    progress.wipe()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_it_is_not_drawn_at_every_call():
    progress, stream, clock = line(3600)
    clock.now += 1.0
    for step in range(1000):
        clock.now += 0.001
        progress(0, step * SECOND)
    assert 9 <= stream.getvalue().count("simulated") <= 11


def test_a_batch_counts_runs_and_never_goes_back():
    progress, _, clock = line(100, 100, 200)
    clock.now += 10.0
    progress(0, 99 * SECOND)
    progress.finished(0)
    progress(0, 99 * SECOND)  # a late word from its process
    progress(2, 20 * SECOND)
    assert progress.text(10.0).startswith("run 2 of 3  [######              ] 120 of 400 s simulated  12x  0:23 left")


def test_hours_are_written_as_hours():
    progress, _, _ = line(7200)
    progress(0, 1 * SECOND)
    assert progress.text(1.0).endswith("1:59:59 left")

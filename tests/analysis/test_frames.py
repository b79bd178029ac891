"""What the viewer saw, by hand; encoder error against a loop."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nenc_lab.analysis import frames

NAN = math.nan
S = 1_000_000_000


def test_delay_is_of_frames_shown():
    captured = np.array([0.0, 1.0, 2.0, 3.0])
    received = np.array([0.050, 1.030, NAN, 3.500])
    delay = frames.frame_delay_ms(captured, received)
    # sorted: 30, 50, 500; p50 is the second of three, p95 and p99 the third
    assert [delay["p50"], delay["p95"], delay["p99"]] == pytest.approx([50.0, 500.0, 500.0])
    assert frames.frame_delay_ms(captured, np.full(4, NAN))["p50"] is None


def test_damaged_is_shown_and_not_whole():
    received, lost = np.array([1.0, 2.0, NAN, 4.0]), np.array([0, 3, 9, 1])
    assert frames.damaged_frames(received, lost) == 2  # the third was not shown at all
    assert frames.late_frames(np.array([True, False, True])) == 2


def test_freezes_by_hand():
    # 60 fps: max(3 / 60, 1/60 + .150) = 166.7 ms. Gaps: 16.7 ms, 160 ms, 170 ms, 2 s.
    shown = np.cumsum([1.0, 1 / 60, 0.160, 0.170, 2.0])
    count, total = frames.freezes(shown, 1 / 60, float(shown[-1]))
    assert (count, total) == (2, pytest.approx(2.17))
    # The same in any order of rows, with frames that were never shown.
    mixed = np.array([shown[3], NAN, shown[0], shown[4], shown[2], NAN, shown[1]])
    assert frames.freezes(mixed, 1 / 60, float(shown[-1])) == (2, pytest.approx(2.17))
    # Nothing more until the end of the run, a second later: a third one.
    assert frames.freezes(shown, 1 / 60, float(shown[-1]) + 1.0) == (3, pytest.approx(3.17))
    # Before the first frame nothing can freeze; without any frame neither.
    assert frames.freezes(np.array([30.0]), 1 / 60, 30.0) == (0, 0.0)
    assert frames.freezes(np.array([NAN]), 1 / 60, 30.0) == (0, 0.0)


def test_the_limit_of_a_freeze():
    """10 fps: max(300 ms, 250 ms) is three intervals; exactly that counts."""
    assert frames.freezes(np.array([0.1, 0.4]), 0.1, 0.4)[0] == 1
    assert frames.freezes(np.array([0.1, 0.399]), 0.1, 0.399)[0] == 0


def test_encoder_error_by_hand():
    # Flow from 10 s to 12.5 s: two whole seconds. Ticks at 10, 10.5, 11, 11.5, 12.
    ticks = np.array([10.0, 10.5, 11.0, 11.5, 12.0]) * S
    target = np.array([1000.0, 3000.0, 4000.0, 4000.0, 1.0])
    # Second 1: target 2000, frames 100 + 200 B = 2400 bits: error 0.2. Second 2: target 4000, 450 B = 3600: 0.1.
    captured = np.array([10.0, 10.9, 11.0, 12.4]) * S
    size = np.array([100, 200, 450, 999])
    arguments = (captured.astype(np.int64), size, ticks.astype(np.int64), target)
    assert frames.encoder_error(*arguments, 10 * S, 12 * S + S // 2) == pytest.approx(0.15)
    assert frames.encoder_error(*arguments, 10 * S, 11 * S) == pytest.approx(0.2)
    assert frames.encoder_error(*arguments, 10 * S, 11 * S - 1) is None


def test_encoder_error_without_target_or_frames():
    ticks = np.array([0, 1, 2]) * S
    nothing = np.array([], np.int64)
    assert frames.encoder_error(nothing, nothing, ticks, np.array([5.0, 5.0, 5.0]), 0, 3 * S) == 1.0
    assert frames.encoder_error(nothing, nothing, ticks, np.zeros(3), 0, 3 * S) is None
    assert frames.encoder_error(nothing, nothing, nothing, np.array([]), 0, 3 * S) is None


@given(
    st.lists(st.tuples(st.integers(0, 4999), st.integers(1, 100)), max_size=30),
    st.lists(st.tuples(st.integers(0, 4999), st.integers(1, 100)), min_size=1, max_size=30),
)
def test_encoder_error_against_a_loop(pictures, targets):
    """Milliseconds from 0 to 5 s; seconds without any tick have no target and are left out."""
    errors = []
    for second in range(5):
        output = 8 * sum(size for t, size in pictures if t // 1000 == second)
        asked = [target for t, target in targets if t // 1000 == second]
        if asked:
            mean = sum(asked) / len(asked)
            errors.append(abs(output - mean) / mean)
    got = frames.encoder_error(
        np.array([t for t, _ in pictures], np.int64) * 1_000_000,
        np.array([size for _, size in pictures], np.int64),
        np.array([t for t, _ in targets], np.int64) * 1_000_000,
        np.array([target for _, target in targets], float),
        0,
        5 * S,
    )
    assert got == pytest.approx(sum(errors) / len(errors))


def test_quality_is_null_when_not_measured():
    assert frames.mean_measured(np.array([40.0, NAN, 42.0], np.float32)) == 41.0
    assert frames.mean_measured(np.array([NAN, NAN])) is None
    assert frames.mean_measured(np.array([])) is None

"""How well an encoder hit its target: by hand, and against a loop."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_rows import flow_rows
from hypothesis import given
from hypothesis import strategies as st

from nenc_lab.analysis.metrics.encoder import encoder_error

S = 1_000_000_000


def error_of(captured_ns, size, tick_ns, target_bps, start_ns, end_ns):
    rows = flow_rows(
        ticks={"encode_bps": target_bps},
        frames={"t_s": captured_ns / 1e9, "size": size},
        t_ns=tick_ns.astype(np.int64),
        start_ns=start_ns,
        end_ns=end_ns,
    )
    return encoder_error(rows)


def test_encoder_error_by_hand():
    # Flow from 10 s to 12.5 s: two whole seconds. Ticks at 10, 10.5, 11, 11.5, 12.
    ticks = np.array([10.0, 10.5, 11.0, 11.5, 12.0]) * S
    target = np.array([1000.0, 3000.0, 4000.0, 4000.0, 1.0])
    # Second 1: target 2000, frames 100 + 200 B = 2400 bits: error 0.2. Second 2: target 4000, 450 B = 3600: 0.1.
    captured = np.array([10.0, 10.9, 11.0, 12.4]) * S
    size = np.array([100, 200, 450, 999])
    drawn = (captured, size, ticks, target)
    assert error_of(*drawn, 10 * S, 12 * S + S // 2) == pytest.approx(0.15)
    assert error_of(*drawn, 10 * S, 11 * S) == pytest.approx(0.2)
    assert error_of(*drawn, 10 * S, 11 * S - 1) is None


def test_encoder_error_without_target_or_frames():
    ticks = np.array([0, 1, 2]) * S
    nothing = np.array([], np.int64)
    assert error_of(nothing, nothing, ticks, np.array([5.0, 5.0, 5.0]), 0, 3 * S) == 1.0
    assert error_of(nothing, nothing, ticks, np.zeros(3), 0, 3 * S) is None
    assert error_of(nothing, nothing, nothing, np.array([]), 0, 3 * S) is None


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
    got = error_of(
        np.array([t for t, _ in pictures], np.int64) * 1_000_000,
        np.array([size for _, size in pictures], np.int64),
        np.array([t for t, _ in targets], np.int64) * 1_000_000,
        np.array([target for _, target in targets], float),
        0,
        5 * S,
    )
    assert got == pytest.approx(sum(errors) / len(errors))

"""Loss, rates, overhead, fairness: by hand, and against loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn_rows import flow_rows
from hypothesis import given
from hypothesis import strategies as st

from nenc_lab.analysis.metrics.delivery import feedback_overhead, loss_ratio, lowest_rate_mbps, mean_rate_bps
from nenc_lab.analysis.metrics.run import jain

MS = 1_000_000
S = 1_000_000_000
NAN = math.nan


def test_loss():
    assert loss_ratio(1, 3) == 0.25
    assert loss_ratio(0, 3) == 0.0
    assert loss_ratio(3, 0) == 1.0
    assert loss_ratio(0, 0) is None


def test_mean_rate():
    t, total = np.array([0, S, 2 * S]), np.array([0, 1000, 4000])
    assert mean_rate_bps(t, total, 0, 2 * S) == 16000.0
    assert mean_rate_bps(t, total, S // 2, 2 * S) == 8 * 3500 / 1.5
    assert mean_rate_bps(t, total, S, S) is None


def test_lowest_rate_by_hand():
    # Ticks every 500 ms, bytes sent so far. 1 s windows from each tick: 1000, 600, 100, 0, 900 B.
    t = np.arange(7) * S // 2
    total = np.array([0, 500, 1000, 1100, 1100, 1100, 2000])
    assert lowest_rate_mbps(t, total, 0, 3 * S) == 0.0
    assert lowest_rate_mbps(t, total, 0, 2 * S) == pytest.approx(8 * 100 / 1e6)  # windows that end by 2 s
    assert lowest_rate_mbps(t, total, 0, S) == pytest.approx(8 * 1000 / 1e6)
    assert lowest_rate_mbps(t, total, 0, S - 1) is None  # shorter than a second
    assert lowest_rate_mbps(t, total, 2 * S, 9 * S) == pytest.approx(8 * 900 / 1e6)  # the counter ends at 3 s
    assert lowest_rate_mbps(t[:0], total[:0], 0, 9 * S) is None


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_lowest_rate_against_a_loop(sent, start, length):
    """Ticks every 250 ms, so that a second is four of them."""
    t = np.arange(len(sent)) * S // 4
    total = np.cumsum(sent)
    rates = [8e-6 * (total[i + 4] - total[i]) for i in range(len(sent) - 4) if i >= start and i + 4 <= start + length]
    got = lowest_rate_mbps(t, total, start * S // 4, (start + length) * S // 4)
    assert got == (pytest.approx(min(rates), abs=1e-15) if rates else None)


def overhead_of(*counters):
    names = ("feedback_wire_bytes", "sent_bytes", "sent_packets")
    return feedback_overhead(flow_rows(ticks={name: np.array([0, n]) for name, n in zip(names, counters, strict=True)}))


def test_feedback_overhead():
    # 10 packets of 1188 B media: 11880 + 10 x 54 = 12420 B on the wire.
    assert overhead_of(621, 11880, 10) == 0.05
    assert overhead_of(0, 0, 0) is None


def test_jain():
    assert jain([5.0, 5.0, 5.0]) == 1.0
    assert jain([1.0, 0.0, 0.0, 0.0]) == 0.25
    assert jain([1.0, 3.0]) == pytest.approx(16 / 20)
    assert jain([0.0, 0.0]) is None
    assert jain([]) is None

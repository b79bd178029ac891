"""Loss, rates, overhead, round-trip samples, fairness: by hand, and against loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nenc_lab.analysis.delivery import (
    feedback_overhead,
    jain,
    loss_ratio,
    lowest_rate_mbps,
    mean_rate_bps,
    rtt_samples,
)

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


def test_feedback_overhead():
    # 10 packets of 1188 B media: 11880 + 10 x 54 = 12420 B on the wire.
    assert feedback_overhead(621, 11880, 10) == 0.05
    assert feedback_overhead(0, 0, 0) is None


def test_jain():
    assert jain([5.0, 5.0, 5.0]) == 1.0
    assert jain([1.0, 0.0, 0.0, 0.0]) == 0.25
    assert jain([1.0, 3.0]) == pytest.approx(16 / 20)
    assert jain([0.0, 0.0]) is None
    assert jain([]) is None


def samples(rtt, feedback=None, every_ms=20, interval_ms=50, throughput=None):
    rtt = np.array(rtt, float)
    feedback = np.arange(len(rtt)) if feedback is None else np.array(feedback)
    throughput = np.where(np.isnan(rtt), NAN, 0.0) if throughput is None else np.array(throughput, float)
    t = np.arange(len(rtt)) * every_ms * MS
    found = rtt_samples(t, rtt, throughput, np.zeros(len(rtt)), feedback, interval_ms * MS)
    return np.flatnonzero(found).tolist()


def test_a_sample_counts_once_however_many_ticks_it_fills():
    assert samples([NAN, NAN, 40, 40, 41, 41, 40]) == [2, 4, 6]
    assert samples([NAN, NAN, NAN]) == []
    assert samples([40, 40], throughput=[1.0, 2.0]) == [0, 1]  # another sample with the same round trip


def test_a_quiet_path_has_one_sample_an_interval():
    # Ticks at 0, 20, 40, 60 ... ms; intervals of 50 ms end at 50, 100, 150: first ticks after them 60, 100, 160.
    assert samples([40] * 9) == [0, 3, 5, 8]


def test_no_feedback_no_samples():
    # The same, but the receiver sends nothing after tick 4: the newest sample just stays.
    assert samples([40] * 9, feedback=[1, 2, 3, 4, 4, 4, 4, 4, 4]) == [0, 3]
    assert samples([40] * 9, feedback=[7] * 9) == [0]


def test_hop_loss_of_feedback_still_shows_what_arrives():
    assert samples([40] * 4 + [90] + [40] * 4, feedback=[7] * 9) == [0, 4, 5]

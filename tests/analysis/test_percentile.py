"""Percentiles: worked by hand, and against the definition written out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nenc_lab.analysis.percentile import percentiles, summary_of


def test_by_hand():
    # 10 packets: 5 x 1 ms, 4 x 2 ms, 1 x 9 ms. Cumulative 5, 9, 10.
    # p50: 5 of 10 -> 1; p90: 9 of 10 -> 2; p91: 9.1 -> 9; p100 -> 9.
    delays, packets = np.array([2.0, 1.0, 9.0]), np.array([4, 5, 1])
    assert percentiles(delays, (50, 90, 91, 100), packets) == [1.0, 2.0, 9.0, 9.0]
    # Five values, each once: p20 is the first (1 of 5), p21 the second, p95 and p99 the last.
    assert percentiles(np.array([5.0, 3.0, 1.0, 2.0, 4.0]), (20, 21, 95, 99)) == [1.0, 2.0, 5.0, 5.0]


def test_seven_of_a_hundred_is_the_seventh():
    """0.07 x 100 is 7.000000000000001 in floating point; the seventh value reaches 7 % all the same."""
    assert percentiles(np.arange(1.0, 101.0), (7, 14, 28, 29, 55, 56, 57, 58)) == [7, 14, 28, 29, 55, 56, 57, 58]


def test_nothing_to_take_them_of():
    assert percentiles(np.array([]), (50, 95)) == [None, None]
    assert percentiles(np.array([np.nan, np.nan]), (50,)) == [None]
    assert percentiles(np.array([3.0]), (50,), np.array([0])) == [None]
    assert summary_of(np.array([np.nan, 4.0])) == {"p50": 4.0, "p95": 4.0, "p99": 4.0}


@given(
    bins=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 30)), min_size=1, max_size=20),
    percent=st.integers(1, 100),
)
def test_against_every_packet_written_out(bins, percent):
    values = np.array([value for value, _ in bins], float)
    weights = np.array([weight for _, weight in bins])
    packets = sorted(value for value, weight in bins for _ in range(weight))
    expected = None
    for rank, value in enumerate(packets, start=1):
        if 100 * rank >= percent * len(packets):
            expected = float(value)
            break
    assert percentiles(values, (percent,), weights) == [expected]

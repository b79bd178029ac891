"""Series: the 200 ms average, held values and counters, by hand and against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nenc_lab.analysis.series import Held, at, held, last_known, trailing_mean

MS = 1_000_000


def test_average_over_200_ms_by_hand():
    # Ticks every 50 ms: (t - 200 ms, t] holds four of them once there are four.
    t = np.arange(6) * 50 * MS
    values = np.array([1.0, 3.0, 5.0, 7.0, 9.0, 100.0])
    # 1; (1+3)/2; (1+3+5)/3; (1+3+5+7)/4; (3+5+7+9)/4; (5+7+9+100)/4
    assert trailing_mean(t, values).tolist() == [1.0, 2.0, 3.0, 4.0, 6.0, 30.25]


def test_average_at_60_hz_takes_twelve_ticks():
    t = np.rint(np.arange(100) * 1e9 / 60).astype(np.int64)
    values = np.arange(100, dtype=float)
    got = trailing_mean(t, values)
    assert got[50] == sum(range(39, 51)) / 12
    assert got[11] == sum(range(12)) / 12


def test_average_of_a_constant_is_that_constant():
    t = np.rint(np.arange(1000) * 1e9 / 60).astype(np.int64)
    assert set(trailing_mean(t, np.full(1000, 117_391_304.0))) == {117_391_304.0}


@given(
    steps=st.lists(st.integers(1, 150), min_size=1, max_size=40),
    values=st.lists(st.integers(0, 1000), min_size=40, max_size=40),
)
def test_average_against_a_loop(steps, values):
    t = np.cumsum(steps) * MS
    levels = np.array(values[: len(t)], float)
    for i, mean in enumerate(trailing_mean(t, levels)):
        inside = [levels[j] for j in range(i + 1) if t[j] > t[i] - 200 * MS]
        assert mean == pytest.approx(sum(inside) / len(inside), rel=1e-12)


def test_held_by_hand():
    series = held(np.array([0, 10, 30]), np.array([1.0, 2.0, 3.0]), 50)
    assert series.edges_ns.tolist() == [0, 10, 30, 50]
    part = series.between(5, 35)
    assert part.edges_ns.tolist() == [5, 10, 30, 35]
    assert part.values.tolist() == [1.0, 2.0, 3.0]
    assert part.lengths_ns.tolist() == [5, 20, 5]
    assert series.between(10, 30).values.tolist() == [2.0]
    assert series.between(-5, 100).edges_ns.tolist() == [0, 10, 30, 50]
    assert series.between(30, 30).values.tolist() == []
    assert series.between(60, 70).values.tolist() == []
    assert series.integral() == (10 * 1.0 + 20 * 2.0 + 20 * 3.0) / 1e9
    assert held(np.array([0, 10, 30]), np.array([1.0, 2.0, 3.0]), 30).values.tolist() == [1.0, 2.0]


@given(
    steps=st.lists(st.integers(1, 5), min_size=1, max_size=12),
    start=st.integers(-3, 70),
    length=st.integers(-3, 70),
)
def test_part_of_held_against_every_instant(steps, start, length):
    edges = np.cumsum([0, *steps])
    series = Held(edges, np.arange(len(steps), dtype=float))
    part = series.between(start, start + length)

    def value(of: Held, when: int) -> float | None:
        for i, level in enumerate(of.values):
            if of.edges_ns[i] <= when < of.edges_ns[i + 1]:
                return level
        return None

    for when in range(-5, 150):
        assert value(part, when) == (value(series, when) if start <= when < start + length else None)
    assert (part.lengths_ns > 0).all()


def test_counters():
    t, counter = np.array([0, 100, 200]), np.array([0, 10, 40])
    assert [at(t, counter, when) for when in (-5, 0, 50, 150, 200, 999)] == [0, 0, 5, 25, 40, 40]
    assert [last_known(t, counter, when) for when in (-1, 0, 99, 100, 199, 999)] == [0, 0, 0, 10, 10, 40]

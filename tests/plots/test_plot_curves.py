"""Curves from counters, by hand and by brute force."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nenc_lab.plots import curves


def test_growth_rate_of_a_straight_counter_is_its_slope() -> None:
    t = np.arange(0, 10, 1 / 60)
    assert np.allclose(curves.growth_rate(t, t, 7.0 * t), 7.0)


def test_growth_rate_takes_the_window_around_each_time() -> None:
    t = np.arange(0.0, 10.0, 0.01)
    counter = np.where(t < 5, 0.0, 100.0 * (t - 5))
    rate = curves.growth_rate(np.array([4.8, 5.0, 5.2]), t, counter, window_s=0.2)
    assert np.allclose(rate, [0.0, 50.0, 100.0])


def test_windows_at_the_ends_are_whole() -> None:
    begin, end = curves.window_ends(np.array([0.0, 5.0, 10.0]), 0.5, 0.0, 10.0)
    assert begin.tolist() == [0.0, 4.75, 9.5]
    assert end.tolist() == [0.5, 5.25, 10.0]
    begin, end = curves.window_ends(np.array([0.1]), 0.5, 0.0, 0.2)
    assert (begin[0], end[0]) == (0.0, 0.2), "a run shorter than a window"


def test_growth_rate_of_one_sample_is_unknown() -> None:
    assert np.isnan(curves.growth_rate(np.array([1.0]), np.array([1.0]), np.array([3.0]))).all()


def test_constant_frames_give_a_constant_rate_at_any_frame_rate() -> None:
    for fps in (24, 25, 30, 60, 120):
        t = np.arange(0, 5, 1 / fps)
        _, rate = curves.frame_rate_bps(t, np.full(t.size, 1e6 / fps / 8), 5.0)
        assert np.allclose(rate, 1e6), fps


def test_frames_keep_their_bits() -> None:
    rng = np.random.default_rng(2)
    t = np.arange(0, 20, 1 / 60)
    sizes = rng.integers(1000, 90_000, t.size)
    at, rate = curves.frame_rate_bps(t, sizes, 20.0)
    assert np.isclose(np.trapezoid(rate, at), sizes.sum() * 8, rtol=0.01)


def test_loss_is_a_share_of_what_was_decided_in_the_window() -> None:
    t = np.arange(0.0, 4.0, 0.01)
    lost, received = np.where(t < 2, 0.0, (t - 2) * 30), np.where(t < 2, t * 100, 200 + (t - 2) * 70)
    loss = curves.loss_ratio(t, lost, received)
    assert loss[(t > 0.2) & (t < 1.8)].max() == 0.0
    assert np.allclose(loss[t > 2.2], 0.3)


def test_loss_is_unknown_where_nothing_arrived_or_was_lost() -> None:
    t = np.arange(0.0, 4.0, 0.01)
    received = np.minimum(t, 1.0) * 100
    loss = curves.loss_ratio(t, np.zeros(t.size), received)
    assert np.isnan(loss[t > 1.2]).all()
    assert (loss[t < 0.9] == 0.0).all()


def test_stairs_have_a_corner_per_change_only() -> None:
    x, y = curves.stairs(0.0, np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 5.0, 9.0, 9.0]))
    assert x.tolist() == [0.0, 2.0, 2.0, 4.0]
    assert y.tolist() == [5.0, 5.0, 9.0, 9.0]


def test_period_means_keep_the_integral() -> None:
    t = np.arange(1, 1001) * 0.01
    values = np.random.default_rng(1).uniform(0, 9, 1000)
    ends, means = curves.period_means(t, values, 0.25)
    assert ends[-1] == t[-1]
    assert np.isclose((means * np.diff(np.concatenate(([0.0], ends)))).sum(), values.sum() * 0.01)


@settings(max_examples=60)
@given(st.integers(1, 5000), st.integers(1, 200), st.integers(0, 2**32 - 1))
def test_envelope_keeps_every_bucket_extreme(size: int, buckets: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = np.arange(size, dtype=float), rng.normal(size=size)
    y[rng.random(size) < 0.2] = np.nan
    few_x, few_y = curves.envelope(x, y, buckets)
    assert few_x.size <= max(2 * buckets, 1)
    assert (np.diff(few_x) > 0).all()
    assert np.array_equal(few_y, y[few_x.astype(int)], equal_nan=True)
    if np.isfinite(y).any():
        assert np.nanmax(few_y) == np.nanmax(y)
        assert np.nanmin(few_y) == np.nanmin(y)


def test_envelope_keeps_long_gaps() -> None:
    y = np.ones(10_000)
    y[4000:6000] = np.nan
    x, few = curves.envelope(np.arange(10_000.0), y, 100)
    assert np.isnan(few[(x > 4100) & (x < 5900)]).all()
    assert np.isnan(few).sum() >= 10

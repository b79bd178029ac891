"""Which values and points a space has: grids, spacing, samples."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nenc_lab.sweeps.quantity import NUMBER, RATE, RATIO, TIME, common, family
from nenc_lab.sweeps.space import Choice, Span, Values, count, points


def test_a_linear_range_is_evenly_spaced():
    assert Span("a", 24, 120, NUMBER, steps=5).grid() == (24, 48, 72, 96, 120)


def test_a_log_range_is_geometric_and_keeps_its_ends():
    values = np.array(Span("a", 0.05, 2, NUMBER, log=True, steps=6).grid())
    assert values[[0, -1]].tolist() == [0.05, 2]
    ratios = values[1:] / values[:-1]
    assert ratios == pytest.approx(np.full(5, 40 ** (1 / 5)), rel=1e-5)


def test_values_between_have_six_digits():
    # the last bits of a logarithm differ from machine to machine: they must not get into a hash
    for value in Span("a", 0.0123456789, 2, NUMBER, log=True, steps=50).grid()[1:-1]:
        assert value == float(f"{value:.6g}")


def test_units_are_spread_and_written_again():
    assert Span("a", 10e6, 1e9, RATE, log=True, steps=3).grid() == ("10Mbps", "100Mbps", "1Gbps")
    assert Span("a", 5e6, 200e6, TIME, steps=4).grid() == ("5ms", "70ms", "135ms", "200ms")
    assert Span("a", 0.0, 0.02, RATIO, steps=3).grid() == ("0%", "1%", "2%")


def test_a_grain_makes_whole_numbers_each_once():
    assert Span("a", 1, 4, NUMBER, steps=50, grain=1).grid() == (1, 2, 3, 4)
    assert all(isinstance(value, int) for value in Span("a", 1, 4, NUMBER, steps=50, grain=1).grid())


def test_a_grid_is_every_combination_last_key_fastest():
    space = (Values("a", (1, 2)), Values("b", ("x", "y", "z")))
    assert list(points(space, Choice())) == [(1, "x"), (1, "y"), (1, "z"), (2, "x"), (2, "y"), (2, "z")]
    assert count(space, Choice()) == 6


SPACE = (Span("a", 0.1, 10, NUMBER, log=True), Values("b", tuple(range(7))), Span("c", 0, 1, NUMBER))


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_samples_are_the_same_again_and_another_seed_is_another_sample(kind):
    first = list(points(SPACE, Choice(kind, 50, 3)))
    assert first == list(points(SPACE, Choice(kind, 50, 3)))
    assert first != list(points(SPACE, Choice(kind, 50, 4)))
    assert len(first) == 50


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_more_points_begin_with_the_same_ones(kind):
    # so that a sweep can be made finer without running the old points again
    assert list(points(SPACE, Choice(kind, 100, 3)))[:30] == list(points(SPACE, Choice(kind, 30, 3)))


@pytest.mark.parametrize("kind", ["random", "sobol"])
def test_a_log_range_is_sampled_evenly_in_its_logarithm(kind):
    values = [math.log10(point[0]) for point in points(SPACE, Choice(kind, 2000, 1))]
    assert -1 <= min(values) < -0.95
    assert 0.95 < max(values) <= 1
    assert np.mean(values) == pytest.approx(0, abs=0.05)
    assert np.std(values) == pytest.approx(2 / math.sqrt(12), abs=0.03)


def test_sobol_fills_every_part():
    # 64 points of a (t, m, s)-net in two dimensions leave none of 16 columns empty, unlike random ones
    sample = list(points((SPACE[0], SPACE[2]), Choice("sobol", 64, 1)))
    assert len({int(point[1] * 16) for point in sample}) == 16


def test_a_sample_of_lists_has_each_point_once():
    found = list(points((Values("a", (1, 2)), Values("b", (1, 2))), Choice("random", 100, 1)))
    assert sorted(found) == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_families():
    assert family("50Mbps") is RATE
    assert family("20 ms") is TIME
    assert family("0.5%") is RATIO
    assert family(3) is NUMBER
    assert [family(value) for value in (True, "nenc", "2160p", "5 parsecs", {}, None)] == [None] * 6
    assert common(["1Mbps", "2Gbps"]) is RATE
    assert common(["1Mbps", "20ms"]) is None
    assert common([1, "nenc"]) is None

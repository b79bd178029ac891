"""Rise, settling, overshoot, error integral, levels: by hand on drawn curves, settling against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nenc_lab.analysis.metrics import response
from nenc_lab.analysis.series import Held

S = 1_000_000_000
SHARE = 100e6


def curve(*pieces: tuple[float, float], start_s: float = 0.0) -> Held:
    """(seconds, Mbit/s) after one another."""
    edges = np.cumsum([start_s, *(seconds for seconds, _ in pieces)])
    return Held(np.rint(edges * S).astype(np.int64), np.array([rate * 1e6 for _, rate in pieces]))


def test_a_step_up_by_hand():
    rate = curve((1, 5), (1, 50), (0.5, 79), (0.5, 81), (0.25, 110), (6.75, 95), start_s=20)
    assert response.rise_s(rate, SHARE) == 3.0 - 0.5  # 80 % of the way from 5 to 100 is 81, at 2.5 s
    assert response.to_80pct_s(rate, SHARE) == 2.5  # 80, first passed by 81
    assert response.settling_s(rate, SHARE) == 3.25  # in band at 2.5, out by 110 at 3.0, in from 3.25 to the end
    assert response.overshoot(rate, SHARE) == pytest.approx(0.10)
    # |5-100| x 1 + |50-100| x 1 + 21 x .5 + 19 x .5 + 10 x .25 + 5 x 6.75
    assert response.iae_mbit(rate, SHARE) == pytest.approx(95 + 50 + 10.5 + 9.5 + 2.5 + 33.75)
    assert response.first_at_floor(rate, 5e6) == 0.0
    assert response.first_at_floor(rate, 4e6) is None


def test_a_step_down_by_hand():
    rate = curve((0.5, 120), (0.5, 60), (0.5, 50), (8.5, 42))
    share = 40e6
    # 80 % of the way from 120 to 40 is 56: reached by 50 at 1.0 s. Band 32 .. 42.
    assert response.rise_s(rate, share) == 1.0
    assert response.settling_s(rate, share) == 1.5
    assert response.overshoot(rate, share) == pytest.approx(2.0)  # 120 / 40 - 1: the rate of before is the highest
    assert response.to_80pct_s(rate, share) == 0.0


def test_edges_of_the_band_belong_to_it():
    assert response.settling_s(curve((5, 80)), SHARE) == 0.0
    assert response.settling_s(curve((5, 105)), SHARE) == 0.0
    assert response.settling_s(curve((5, 79.999)), SHARE) is None
    assert response.settling_s(curve((5, 105.001)), SHARE) is None


def test_the_stay_is_of_two_seconds():
    assert response.settling_s(curve((1, 0), (2, 100)), SHARE) == 1.0  # exactly two, and nothing after
    assert response.settling_s(curve((1, 0), (1.999, 100)), SHARE) is None
    assert response.settling_s(curve((1.9, 100), (0.1, 0), (1.9, 100)), SHARE) is None


def test_nine_tenths_of_what_follows_the_stay():
    # Stay from 1 s, established at 3 s; 10 s follow. Out for 1 s of them: 90 %, settled. Out for a little more: not,
    # and the next stay begins when it is back.
    assert response.settling_s(curve((1, 0), (4, 100), (1.0, 0), (7, 100)), SHARE) == 1.0
    assert response.settling_s(curve((1, 0), (4, 100), (1.1, 0), (6.9, 100)), SHARE) == 6.1
    # The same at the very end: then there is no next stay.
    assert response.settling_s(curve((1, 0), (11, 100), (1, 0)), SHARE) == 1.0
    assert response.settling_s(curve((1, 0), (10.9, 100), (1.1, 0)), SHARE) is None


def test_zero_share_and_no_rate():
    rate = curve((5, 5))
    assert response.rise_s(rate, 0.0) is None
    assert response.overshoot(rate, 0.0) is None
    assert response.to_80pct_s(rate, 0.0) is None
    assert response.settling_s(rate, 0.0) is None
    assert response.iae_mbit(rate, 0.0) == 25.0
    nothing = curve((5, 5)).between(7 * S, 9 * S)
    for figure in (response.rise_s, response.overshoot, response.to_80pct_s, response.settling_s, response.iae_mbit):
        assert figure(nothing, SHARE) is None
    assert response.first_at_floor(nothing, 5e6) is None


def test_at_the_share_already():
    rate = curve((5, 100))
    assert response.rise_s(rate, SHARE) == 0.0
    assert response.settling_s(rate, SHARE) == 0.0
    assert response.overshoot(rate, SHARE) == 0.0


def test_the_floor_has_one_percent_of_room():
    rate = curve((0.4, 50), (0.3, 5.06), (1, 5.05))
    assert response.first_at_floor(rate, 5e6) == pytest.approx(0.7)


def never_settled_or(inside: list[bool], cell_s: float) -> float | None:
    """The definition on cells of time, each in the band or out of it."""
    stay = round(2 / cell_s)
    for start in range(len(inside) - stay + 1):
        begins = inside[start] and (start == 0 or not inside[start - 1])
        after = inside[start + stay :]
        if begins and all(inside[start : start + stay]) and 10 * sum(after) >= 9 * len(after):
            return start * cell_s
    return None


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=14))
@example([(8, True), (1, False), (9, True)])
def test_settling_against_brute_force(pieces):
    """Cells of a quarter second."""
    inside = [flag for count, flag in pieces for _ in range(count)]
    rate = curve(*((count / 4, 100 if flag else 50) for count, flag in pieces), start_s=40)
    assert response.settling_s(rate, SHARE) == never_settled_or(inside, 0.25)

"""Oscillations: drawn by hand, and against the largest alternating chain found by dynamic programming."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nenc_lab.analysis.metrics.oscillation import count


def chain(values: list[float], swing: float) -> int:
    """Largest k for 2k + 1 values in time order going down, up, down, up ..., each by more than ``swing``."""
    best = 0
    steps = [[0, 0] for _ in values]  # longest chain of legs ending here: with a fall, with a climb
    for j, here in enumerate(values):
        for i in range(j):
            if values[i] - here > swing:
                steps[j][0] = max(steps[j][0], steps[i][1] + 1)  # a fall starts a chain or follows a climb
            if here - values[i] > swing and steps[i][0] > 0:
                steps[j][1] = max(steps[j][1], steps[i][0] + 1)
        best = max(best, steps[j][1] // 2)
    return best


def swings(*values: float) -> int:
    return count(np.array(values, float), 15.0)


def test_by_hand():
    assert swings() == 0
    assert swings(100) == 0
    assert swings(100, 100, 100) == 0
    assert swings(5, 100) == 0  # the rise after a step
    assert swings(120, 40) == 0  # a step down
    assert swings(5, 120, 100) == 0  # overshoot, then settled
    assert swings(100, 80, 100) == 1  # peak, trough, back
    assert swings(100, 85, 100) == 0  # exactly 15 is not over 15
    assert swings(100, 84.9, 100) == 1
    assert swings(100, 84, 99) == 0  # back only 15
    assert swings(5, 110, 90, 110, 90, 110) == 2
    assert swings(5, 110, 90, 110, 90, 95) == 1  # the last one never came back
    assert swings(100, 95, 90, 85, 80, 85, 90, 95, 100) == 1  # in small steps
    assert swings(100, 92, 98, 90, 96, 84, 92, 88, 102) == 1  # with ripples under the threshold
    assert swings(100, 100, 80, 80, 80, 100, 100) == 1


def test_a_saw_of_n_teeth():
    for teeth in range(5):
        assert swings(100, *([80, 100] * teeth)) == teeth


@given(st.lists(st.integers(0, 12), max_size=40), st.integers(0, 8))
def test_against_the_longest_chain(values, swing):
    assert count(np.array(values, float), float(swing)) == chain(values, swing)

"""Axes in plain arithmetic against matplotlib's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nenc_lab.plots.scales import Scale, linear_ticks, spaced, symlog_ticks, time_ticks


@pytest.mark.parametrize("threshold", [0.1, 1.0, 10.0])
def test_symlog_is_matplotlibs(threshold: float) -> None:
    from matplotlib.scale import SymmetricalLogTransform

    values = np.concatenate((-np.geomspace(1e-3, 1e4, 50), [0.0], np.geomspace(1e-3, 1e4, 50)))
    theirs = SymmetricalLogTransform(10, threshold, 1.0).transform(values)
    assert np.allclose(Scale(-1e4, 1e4, "symlog", threshold).transform(values), theirs)


def test_zero_reads_as_zero_on_the_loss_scale() -> None:
    scale = Scale(0.0, 100.0, "symlog", 0.1)
    assert scale.fraction(0.0) == 0.0
    assert scale.fraction(100.0) == 1.0
    assert [text for _, text in symlog_ticks(scale)] == ["0", "0.1", "1", "10", "100"]


@given(st.floats(-1e3, 1e3), st.floats(1e-2, 1e6), st.integers(1, 12))
def test_linear_ticks_are_few_round_and_inside(low: float, span: float, count: int) -> None:
    ticks = linear_ticks(low, low + span, count)
    values = [value for value, _ in ticks]
    assert len(ticks) <= count + 1
    assert all(low - 1e-6 * span <= value <= low + span + 1e-6 * span for value in values)
    assert len({text for _, text in ticks}) == len(ticks)


def test_spaced_ticks_keep_zero_and_the_outermost() -> None:
    scale = Scale(0.0, 1e6, "symlog", 0.001)
    kept = spaced(symlog_ticks(scale), scale, 1.0, 0.15)
    assert kept[0][0] == 0.0
    assert kept[-1][0] == 1e6
    at = [float(scale.fraction(value)) for value, _ in kept]
    assert min(np.diff(at)) >= 0.15


@pytest.mark.parametrize(
    ("span", "unit", "last"),
    [(60, "s", "60"), (0.5, "s", "0.5"), (120, "s", "120"), (3600, "min", "60"), (86400, "h", "24")],
)
def test_time_axis(span: float, unit: str, last: str) -> None:
    said, ticks = time_ticks(0.0, span, 12)
    assert said == unit
    assert ticks[0] == (0.0, "0")
    assert ticks[-1][1] == last
    assert 3 <= len(ticks) <= 13

"""Figures of the rate's response to a change: rise, settling, overshoot, integral of the error, times to levels.

``rate`` is the judged rate (``series.trailing_mean``) from the change to the next one; ``share_bps`` is the flow's
share. All times are seconds from the change, and null when the event never happens. A rate holds from its tick to the
next.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import numpy as np

from nenc_lab.analysis.arrays import SECOND_NS
from nenc_lab.analysis.rows import ChangeRows
from nenc_lab.analysis.series import Held

BAND = (0.80, 1.05)
STAY_NS = 2 * SECOND_NS
WAY = 0.8
LEVEL = 0.8
FLOOR_MARGIN = 1.01


def of_change(function: Callable[[Held, float], float | None]) -> Callable[[ChangeRows], float | None]:
    """Adapts a function of rate and share to the signature of a metric's function."""

    @wraps(function)
    def of(change: ChangeRows) -> float | None:
        return function(change.rate, change.share_bps)

    return of


def settling_s(rate: Held, share_bps: float) -> float | None:
    """Start of the first stay of 2 s or more within [0.80, 1.05] of the share after which at least 90 % of the time
    until the next change is in that band too.

    A stay is an unbroken time in the band. Its first 2 s establish it; of the time from there to the next change at
    least 90 % must be in the band (all of it, trivially, when none is left). A stay already under way at the change
    starts with it: 0.
    """
    if not len(rate.values):
        return None
    inside = (rate.values >= BAND[0] * share_bps) & (rate.values <= BAND[1] * share_bps)
    turns = np.flatnonzero(np.diff(np.concatenate(([0], inside.astype(np.int8), [0]))))
    starts, stops = rate.edges_ns[turns[::2]], rate.edges_ns[turns[1::2]]
    lengths = stops - starts
    later = np.sum(lengths) - np.cumsum(lengths)  # time in the band after each stay's end
    for start, stop, after in zip(starts.tolist(), stops.tolist(), later.tolist(), strict=True):
        if stop - start < STAY_NS:
            continue
        established = start + STAY_NS
        if 10 * (stop - established + after) >= 9 * (rate.end_ns - established):
            return float(start - rate.start_ns) / SECOND_NS
    return None


def rise_s(rate: Held, share_bps: float) -> float | None:
    """First time at which the rate is 80 % of the way from its value at the change to the share, up or down.

    It is 0 when the rate is at the share already, and null with a zero share.
    """
    if not len(rate.values) or share_bps <= 0:
        return None
    before = float(rate.values[0])
    goal = before + WAY * (share_bps - before)
    return rate.first_time(rate.values >= goal if share_bps >= before else rate.values <= goal)


def overshoot(rate: Held, share_bps: float) -> float | None:
    """Highest rate after the change over the share, minus 1; null with a zero share.

    After a step down this is the rate before the change, because that rate is still in force at first.
    """
    if not len(rate.values) or share_bps <= 0:
        return None
    return float(np.max(rate.values)) / share_bps - 1.0


def iae_mbit(rate: Held, share_bps: float) -> float | None:
    """Integral of |rate - share| over the change, in Mbit."""
    if not len(rate.values):
        return None
    return Held(rate.edges_ns, np.abs(rate.values - share_bps)).integral() / 1e6


def to_80pct_s(rate: Held, share_bps: float) -> float | None:
    """First time at which the rate is 80 % of the share or more; null with a zero share."""
    return rate.first_time(rate.values >= LEVEL * share_bps) if len(rate.values) and share_bps > 0 else None


def to_floor_s(change: ChangeRows) -> float | None:
    """First time at which the rate is at most 1.01 times the flow's ``rate.min``."""
    return first_at_floor(change.rate, change.flow.flow.rate.min)


def first_at_floor(rate: Held, floor_bps: float) -> float | None:
    """First time at which the rate is at most 1.01 times the floor."""
    return rate.first_time(rate.values <= FLOOR_MARGIN * floor_bps) if len(rate.values) else None

"""Distances between the rate curves of two sets of repeated runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from nenc_lab.analysis.arrays import Floats
from nenc_lab.analysis.course import STEP_S, Course, spread

LATE_S = 1.0
"""Time by which one curve may lead or lag the other; it equals the tolerance of settling times."""
_STEPS = round(LATE_S / STEP_S)


@dataclass(frozen=True, slots=True)
class RateDistance:
    """Distances between the mean rate curves of two networks (means over 200 ms), over the time that both cover.

    A figure is None when they have no time in common. Compare it with ``within_mbps``, the distance that chance alone
    makes between repeats.
    """

    mean_mbps: float | None
    """Mean over the time of |first - second|."""
    of_share: float | None
    """The same relative to the share, 0..1; None without a share."""
    worst_mbps: float | None
    """The highest mean of |first - second| over one second."""
    worst_of_share: float | None
    worst_at_s: float | None
    """Begin of that second."""
    shifted_mbps: float | None
    """Mean distance of each curve from the range that the other has from a second before to a second after. It
    disregards a mere delay between the two."""
    runs_mbps: float | None
    """Mean of |first - second| over all pairs of single runs, one from each network."""
    within_mbps: tuple[float | None, float | None]
    """The same over pairs of runs of the first, and of the second network; None for a single run."""


def rate_distance(first: Sequence[Course], second: Sequence[Course]) -> RateDistance:
    """The distances of one flow. They are symmetric, except for the order in ``within_mbps``."""
    one, other = spread([each.rate for each in first]).mean, spread([each.rate for each in second]).mean
    apart = _apart(one, other)
    share = spread([each.share for each in (*first, *second)]).mean[: len(apart)]
    relative = np.divide(apart, share, out=np.full(len(apart), np.nan), where=share > 0)
    worst, at_s = _worst_second(apart)
    return RateDistance(
        mean_mbps=_mean(apart),
        of_share=_mean(relative),
        worst_mbps=worst,
        worst_of_share=_worst_second(relative)[0],
        worst_at_s=at_s,
        shifted_mbps=_shifted(one, other),
        runs_mbps=_mean_of_pairs([(a.rate, b.rate) for a, b in product(first, second)]),
        within_mbps=(_within(first), _within(second)),
    )


def _within(runs: Sequence[Course]) -> float | None:
    return _mean_of_pairs([(a.rate, b.rate) for a, b in combinations(runs, 2)])


def _mean_of_pairs(pairs: Sequence[tuple[Floats, Floats]]) -> float | None:
    distances = [distance for a, b in pairs if (distance := _mean(_apart(a, b))) is not None]
    return float(np.mean(distances)) if distances else None


def _apart(one: Floats, other: Floats) -> Floats:
    length = min(len(one), len(other))
    return np.abs(one[:length] - other[:length])


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.mean(known)) if len(known) else None


def _worst_second(values: Floats) -> tuple[float | None, float | None]:
    if len(values) < _STEPS:
        return None, None
    means = np.lib.stride_tricks.sliding_window_view(values, _STEPS).mean(axis=1)
    if not np.isfinite(means).any():
        return None, None
    at = int(np.nanargmax(means))
    return float(means[at]), at * STEP_S


def _shifted(one: Floats, other: Floats) -> float | None:
    length = min(len(one), len(other))
    if not length:
        return None
    one, other = one[:length], other[:length]
    parts = [_mean(_beyond(one, other)), _mean(_beyond(other, one))]
    known = [part for part in parts if part is not None]
    return sum(known) / len(known) if known else None


def _beyond(curve: Floats, other: Floats) -> Floats:
    """How far ``curve`` is outside the range of ``other`` from a second before to a second after."""
    padded = np.pad(other, _STEPS, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _STEPS + 1)
    low = np.where(np.isnan(windows), np.inf, windows).min(axis=1)
    high = np.where(np.isnan(windows), -np.inf, windows).max(axis=1)
    beyond = np.maximum(0.0, np.maximum(curve - high, low - curve))
    return np.where(np.isnan(other), np.nan, beyond)

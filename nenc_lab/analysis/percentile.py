"""Weighted percentiles by the nearest-rank rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nenc_lab.analysis.arrays import Floats, Ints


def percentiles(values: Floats, percents: Sequence[int], weights: Ints | None = None) -> list[float | None]:
    """For each of ``percents`` (1..100), the smallest value whose cumulative weight is >= that percent of the total.

    The result is always one of the values; nothing is interpolated. ``weights`` are integers, such as packets per
    histogram bin; without them every value counts once. NaN is left out. The result is None when no weight is left.
    """
    kept = ~np.isnan(values)
    if weights is None:
        weights = np.ones(len(values), np.int64)
    order = np.argsort(values[kept], kind="stable")
    ordered = values[kept][order]
    cumulative = np.cumsum(weights[kept][order])
    total = int(cumulative[-1]) if len(cumulative) else 0
    if total == 0:
        return [None] * len(percents)
    # Integers avoid rounding in 100 x cumulative >= percent x total: 0.07 x 100 is 7.000000000000001.
    return [float(ordered[np.searchsorted(100 * cumulative, percent * total)]) for percent in percents]


def summary_of(values: Floats, weights: Ints | None = None) -> dict[str, float | None]:
    """Returns ``{"p50": ..., "p95": ..., "p99": ...}``."""
    p50, p95, p99 = percentiles(values, (50, 95, 99), weights)
    return {"p50": p50, "p95": p95, "p99": p99}

"""Means of repeated runs with their 95 % intervals, and of the difference of two such means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean; ``half`` is half the width of its 95 % interval, None when one value is all there is."""

    mean: float
    half: float | None


def mean_of(values: Sequence[float]) -> Estimate:
    """Mean of at least one value, with Student's interval."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return Estimate(mean, None)
    return Estimate(mean, _quantile(len(values) - 1) * sqrt(_variance(values) / len(values)))


def paired_difference(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Mean of ``second`` minus ``first``, pair by pair: what chance does to both of a pair alike cancels out."""
    return mean_of([b - a for a, b in zip(first, second, strict=True)])


def difference(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Mean of ``second`` minus mean of ``first``, with Welch's interval: the two may scatter differently."""
    mean = float(np.mean(second) - np.mean(first))
    if len(first) < 2 or len(second) < 2:
        return Estimate(mean, None)
    parts = [(_variance(values) / len(values), len(values) - 1) for values in (first, second)]
    total = sum(part for part, _ in parts)
    if total == 0:
        return Estimate(mean, 0.0)
    # Welch and Satterthwaite, in shares of the total: squares of small variances would vanish
    freedom = 1 / sum((part / total) ** 2 / freedom for part, freedom in parts)
    return Estimate(mean, _quantile(freedom) * sqrt(total))


def _variance(values: Sequence[float]) -> float:
    # exactly 0 for equal values, which a mean rounded in its last bit would not give
    return float(np.var(np.asarray(values) - values[0], ddof=1))


def _quantile(freedom: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + LEVEL) / 2))

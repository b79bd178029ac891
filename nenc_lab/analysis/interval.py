"""Means of repeated runs, and differences of means, with their 95 % confidence intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean; ``half`` is half the width of its 95 % confidence interval, None for a single value."""

    mean: float
    half: float | None


def mean_of(values: Sequence[float]) -> Estimate:
    """Mean of one or more values, with Student's t interval."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return Estimate(mean, None)
    return Estimate(mean, _quantile(len(values) - 1) * sqrt(_variance(values) / len(values)))


def paired_difference(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Mean of the pairwise differences ``second`` - ``first``, in which random effects common to a pair cancel."""
    return mean_of([b - a for a, b in zip(first, second, strict=True)])


def difference(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Mean of ``second`` - mean of ``first``, with Welch's interval, which allows unequal variances."""
    mean = float(np.mean(second) - np.mean(first))
    if len(first) < 2 or len(second) < 2:
        return Estimate(mean, None)
    parts = [(_variance(values) / len(values), len(values) - 1) for values in (first, second)]
    total = sum(part for part, _ in parts)
    if total == 0:
        return Estimate(mean, 0.0)
    # The Welch-Satterthwaite equation is in shares of the total, because squares of small variances underflow.
    freedom = 1 / sum((part / total) ** 2 / freedom for part, freedom in parts)
    return Estimate(mean, _quantile(freedom) * sqrt(total))


def _variance(values: Sequence[float]) -> float:
    # The variance of equal values must be exactly 0, which a rounded mean would not give.
    return float(np.var(np.asarray(values) - values[0], ddof=1))


def _quantile(freedom: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + LEVEL) / 2))

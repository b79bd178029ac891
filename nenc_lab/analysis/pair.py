"""Compares one figure on two networks: means over repeats, their difference, and a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nenc_lab.analysis.interval import Estimate, difference, mean_of, paired_difference
from nenc_lab.analysis.tolerance import Tolerance

Value = float | None
"""A figure of one run; None when its summary has null."""


class Verdict(StrEnum):
    """The verdict on one pair of figures, or on all of them."""

    AGREES = "agrees"
    MISSES = "misses"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure of a flow on both networks, in ``unit`` (ratios are in %)."""

    figure: str
    """Key in `nenc_lab.analysis.tolerance.TOLERANCES`."""
    title: str
    unit: str
    values: tuple[tuple[Value, ...], tuple[Value, ...]]
    """The values of the runs of the first and of the second network."""
    means: tuple[Estimate | None, Estimate | None]
    """Means of the known values; None without any."""
    difference: Estimate | None
    """Mean of the second network minus mean of the first."""
    limit: float | None
    """The largest difference allowed; None when there is no difference to judge."""
    verdict: Verdict
    reason: str
    """The reason for the verdict, when the figures alone do not show it."""
    at_s: float | None = None
    """Time of the change that the figure belongs to; None for a figure of the whole run."""
    change: str = ""
    """Kind of that change."""

    @property
    def name(self) -> str:
        """The name in a sentence: "goodput", "settling (capacity at 20 s)"."""
        return self.title if self.at_s is None else f"{self.title} ({self.change} at {self.at_s:g} s)"

    @property
    def label(self) -> str:
        """The name in a table: "goodput, Mbit/s", "settling, s: capacity at 20 s"."""
        label = f"{self.title}, {self.unit}"
        return label if self.at_s is None else f"{label}: {self.change} at {self.at_s:g} s"


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of these verdicts."""
    found = set(verdicts)
    return next((one for one in (Verdict.MISSES, Verdict.UNDECIDED) if one in found), Verdict.AGREES)


def pair(
    tolerance: Tolerance,
    first: Sequence[Value],
    second: Sequence[Value],
    paired: bool = False,
    at_s: float | None = None,
    change: str = "",
) -> Pair:
    """Judges one figure by its means; with ``paired``, values at the same index belong together.

    When the confidence interval of the difference is wider than the tolerance, the repeats are too few or scatter too
    much, and the verdict is undecided. A mean outside the tolerance is a miss even then, if the interval excludes 0.
    """
    known = [value for value in first if value is not None], [value for value in second if value is not None]
    means = tuple(mean_of(values) if values else None for values in known)
    if paired:
        both = [(a, b) for a, b in zip(first, second, strict=True) if a is not None and b is not None]
        apart = paired_difference(*zip(*both, strict=True)) if both else None
    else:
        apart = difference(*known) if all(known) else None
    limit = tolerance.limit(means[1].mean) if means[1] is not None else None
    verdict, reason = _nulls(first, second, paired)
    if apart is not None and limit is not None and verdict is not Verdict.MISSES:
        judged, why = _judged(apart, limit)
        if verdict is None or judged is Verdict.MISSES:
            verdict, reason = judged, "; ".join(filter(None, (reason, why)))
    assert verdict is not None
    return Pair(
        figure=tolerance.key,
        title=tolerance.metric.caption,
        unit=tolerance.unit,
        values=(tuple(first), tuple(second)),
        means=(means[0], means[1]),
        difference=apart,
        limit=limit if apart is not None else None,
        verdict=verdict,
        reason=reason,
        at_s=at_s,
        change=change,
    )


def _judged(apart: Estimate, limit: float) -> tuple[Verdict, str]:
    size = abs(apart.mean)
    if apart.half is not None and apart.half > limit and not size > max(limit, apart.half):
        return Verdict.UNDECIDED, "the interval is wider than the tolerance: more repeats would tell"
    return (Verdict.AGREES if size <= limit else Verdict.MISSES), ""


def _nulls(first: Sequence[Value], second: Sequence[Value], paired: bool) -> tuple[Verdict | None, str]:
    """The verdict when runs lack the figure: agreement if all runs of both do, a miss if only one side does.

    Returns None when the figures decide.
    """
    some = [sum(value is not None for value in values) for values in (first, second)]
    if some == [len(first), len(second)]:
        return None, ""
    told = f"a figure in {some[0]} of {len(first)} against {some[1]} of {len(second)} runs"
    if not any(some):
        return Verdict.AGREES, "neither has one"
    if paired and all((a is None) == (b is None) for a, b in zip(first, second, strict=True)):
        return None, told  # with the same seeds, both lack it in the same runs
    if sorted((some[0] / len(first), some[1] / len(second))) == [0.0, 1.0]:
        return Verdict.MISSES, told
    return Verdict.UNDECIDED, told

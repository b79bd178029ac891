"""One figure on two networks: the means over repeats, their difference, and whether it is within tolerance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nenc_lab.analysis.interval import Estimate, difference, mean_of, paired_difference
from nenc_lab.analysis.tolerance import Tolerance

Value = float | None
"""A figure of one run; None where its summary has null: never settled, nothing to measure."""


class Verdict(StrEnum):
    """On one pair, or on all of them."""

    AGREES = "agrees"
    MISSES = "misses"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure of a flow on both networks, in ``unit`` (% of a ratio)."""

    figure: str
    """Key in `nenc_lab.analysis.tolerance.TOLERANCES`."""
    title: str
    unit: str
    values: tuple[tuple[Value, ...], tuple[Value, ...]]
    """Of each run of the first and of the second network."""
    means: tuple[Estimate | None, Estimate | None]
    """Of the values there are; None of none."""
    difference: Estimate | None
    """Second minus first."""
    limit: float | None
    """What the difference may be; None where there is none to judge."""
    verdict: Verdict
    reason: str
    """Why, where figures alone do not say it."""
    at_s: float | None = None
    """When the change was that it belongs to; None: the whole run."""
    change: str = ""
    """Its kind."""

    @property
    def name(self) -> str:
        """In a sentence: "goodput", "settling (capacity at 20 s)"."""
        return self.title if self.at_s is None else f"{self.title} ({self.change} at {self.at_s:g} s)"

    @property
    def label(self) -> str:
        """In a table: "goodput, Mbit/s", "settling, s: capacity at 20 s"."""
        label = f"{self.title}, {self.unit}"
        return label if self.at_s is None else f"{label}: {self.change} at {self.at_s:g} s"


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them."""
    found = set(verdicts)
    return next((one for one in (Verdict.MISSES, Verdict.UNDECIDED) if one in found), Verdict.AGREES)


def pair(
    figure: str,
    title: str,
    tolerance: Tolerance,
    first: Sequence[Value],
    second: Sequence[Value],
    paired: bool = False,
    at_s: float | None = None,
    change: str = "",
) -> Pair:
    """Judges one figure, by the means; ``paired``: the values of the same place belong together.

    Where the interval of the difference is wider than the tolerance both ways, the repeats are too few (or scatter too
    much) to say that it is within: then it is undecided. A mean outside misses all the same when the interval says that
    there is a difference at all (0 is not in it).
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
        figure=figure,
        title=title,
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
    """The verdict where runs have no figure; None when the figures decide. Both never: alike. One never: not alike."""
    some = [sum(value is not None for value in values) for values in (first, second)]
    if some == [len(first), len(second)]:
        return None, ""
    told = f"a figure in {some[0]} of {len(first)} against {some[1]} of {len(second)} runs"
    if not any(some):
        return Verdict.AGREES, "neither has one"
    if paired and all((a is None) == (b is None) for a, b in zip(first, second, strict=True)):
        return None, told  # with the same seeds neither has one: alike
    if sorted((some[0] / len(first), some[1] / len(second))) == [0.0, 1.0]:
        return Verdict.MISSES, told
    return Verdict.UNDECIDED, told

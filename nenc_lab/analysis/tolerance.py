"""The table of tolerances: how much each figure may differ between two networks, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from nenc_lab.analysis.metrics.metric import ChangeMetric, FlowMetric, Metric
from nenc_lab.analysis.metrics.table import metric
from nenc_lab.errors import InputError
from nenc_lab.units import parse_rate, parse_ratio, parse_time, shown


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Two means may differ by ``absolute`` (in ``unit``) or ``relative`` (0..1 of the second mean), whichever is more.

    A ``unit`` of % means percentage points.
    """

    metric: Metric
    """The figure. Ratios in the table of metrics are percent here."""
    absolute: float
    relative: float
    reason: str

    @property
    def key(self) -> str:
        """The name of the figure on the command line and in reports: ``queue_delay_p95``."""
        return self.metric.caption.replace(" ", "_")

    @property
    def unit(self) -> str:
        """The unit of the tolerance and of the means."""
        return self.metric.unit or "%"

    def limit(self, reference: float) -> float:
        """The largest difference allowed, in ``unit``, for this mean of the second network."""
        return max(self.absolute, self.relative * abs(reference))

    def __str__(self) -> str:
        points = "points" if self.unit == "%" else self.unit
        parts = [f"{self.absolute:g} {points}"] if self.absolute or not self.relative else []
        return " or ".join([*parts, *([f"{100 * self.relative:g} %"] if self.relative else [])])


TOLERANCES: dict[str, Tolerance] = {
    one.key: one
    for one in (
        Tolerance(metric(FlowMetric, "goodput_mbps"), 0.0, 0.05, "as far as a settled rate may be above its share"),
        Tolerance(metric(FlowMetric, "utilisation"), 5.0, 0.0, "the same for a flow that fills its path"),
        Tolerance(metric(FlowMetric, "queue_delay_ms.p50"), 15.0, 0.15, "as p95"),
        Tolerance(
            metric(FlowMetric, "queue_delay_ms.p95"),
            *(15.0, 0.15, "a frame at 60 fps lasts 17 ms; in a long queue the part counts"),
        ),
        Tolerance(metric(FlowMetric, "loss"), 0.5, 0.0, "the smallest loss of the shipped loss sweep"),
        Tolerance(
            metric(ChangeMetric, "settling_s"),
            *(1.0, 0.0, "half of the 2 s that a rate must stay in its band to be settled"),
        ),
    )
}
"""Keys as ``--tolerance`` names them."""


def tolerances(words: Iterable[str]) -> dict[str, Tolerance]:
    """The table with these entries replaced: ``goodput=3%``, ``loss=0.2%``, ``queue_delay_p95=10ms/10%``.

    An absolute and a relative tolerance may be joined by a slash, in any order; the one left out is 0. For utilisation
    and loss a percentage means percentage points. Raises InputError that names every invalid word.
    """
    table = dict(TOLERANCES)
    problems = []
    for word in words:
        key, equals, value = word.partition("=")
        if key not in TOLERANCES:
            problems.append(f"--tolerance {word}: {shown(key)} is no figure: {', '.join(TOLERANCES)}")
        elif not equals:
            problems.append(f"--tolerance {word}: write it with a value: {key}={_example(TOLERANCES[key])}")
        else:
            try:
                table[key] = _parsed(TOLERANCES[key], value)
            except InputError as error:
                problems.append(f"--tolerance {word}: {error}")
    if problems:
        raise InputError("\n".join(problems))
    return table


def changed(table: Mapping[str, Tolerance]) -> list[str]:
    """Keys of the entries that differ from the defaults."""
    return [key for key, one in table.items() if one != TOLERANCES[key]]


def _parsed(usual: Tolerance, text: str) -> Tolerance:
    found: dict[str, float] = {}
    for part in text.split("/"):
        relative = part.strip().endswith("%") and usual.unit != "%"
        kind = "relative" if relative else "absolute"
        if kind in found:
            raise InputError(f"{shown(text)} has two of a kind: write {_example(usual)}")
        found[kind] = parse_ratio(part.strip()) if relative else _length(usual.unit, part.strip())
    return replace(usual, absolute=found.get("absolute", 0.0), relative=found.get("relative", 0.0), reason="asked for")


def _length(unit: str, text: str) -> float:
    if unit == "Mbit/s":
        return parse_rate(text) / 1e6
    if unit == "%":
        return 100 * parse_ratio(text)
    return parse_time(text) / (1e9 if unit == "s" else 1e6)


def _example(one: Tolerance) -> str:
    return {"Mbit/s": "5% or 2Mbps", "%": "0.5% (percentage points)", "ms": "15ms/15%", "s": "1s"}[one.unit]

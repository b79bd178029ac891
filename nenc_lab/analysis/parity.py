"""Compares the runs of one scenario on two networks, flow by flow and figure by figure.

compare(first, second) -- a flow -- pairs           one figure on both networks, with interval and verdict
                               |-- rate_distance    distances between the rate curves
                               `-- evidence         facts from the runs that may explain a difference
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nenc_lab.analysis.course import course
from nenc_lab.analysis.evidence import Evidence, of_flow, of_runs
from nenc_lab.analysis.metrics.metric import ChangeMetric, FlowMetric
from nenc_lab.analysis.metrics.shape import figure
from nenc_lab.analysis.pair import Pair, Value, Verdict, overall, pair
from nenc_lab.analysis.rate_distance import RateDistance, rate_distance
from nenc_lab.analysis.tolerance import TOLERANCES, Tolerance
from nenc_lab.errors import InputError

if TYPE_CHECKING:
    from nenc_lab.recording.open import Run


@dataclass(frozen=True, slots=True)
class Side:
    """One network: its name and its runs, of which only complete ones count."""

    name: str
    runs: tuple[Run, ...]

    @property
    def complete(self) -> tuple[Run, ...]:
        """The complete runs, sorted by seed."""
        return tuple(sorted((run for run in self.runs if run.status == "complete"), key=lambda run: run.info["seed"]))


@dataclass(frozen=True, slots=True)
class FlowParity:
    """All compared figures of one flow."""

    name: str
    pairs: tuple[Pair, ...]
    distance: RateDistance
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Parity:
    """The comparison of two networks in one scenario."""

    scenario: str
    sides: tuple[Side, Side]
    tolerances: Mapping[str, Tolerance]
    paired: bool
    """Whether both have a run of every seed. Differences are then taken by seed, as equal seeds give equal noise."""
    flows: tuple[FlowParity, ...]
    evidence: tuple[Evidence, ...]
    """Facts that concern every flow."""

    @property
    def pairs(self) -> tuple[tuple[str, Pair], ...]:
        """Every pair, with the name of its flow."""
        return tuple((flow.name, pair) for flow in self.flows for pair in flow.pairs)

    @property
    def verdict(self) -> Verdict:
        """A miss when any pair misses; otherwise undecided when any pair is."""
        return overall(pair.verdict for _, pair in self.pairs)

    def known(self, flow: FlowParity, pair: Pair) -> tuple[str, ...]:
        """Facts from the runs that may explain this pair's difference."""
        return tuple(one.text for one in (*flow.evidence, *self.evidence) if pair.figure in one.figures)


def compare(first: Side, second: Side, tolerances: Mapping[str, Tolerance] = TOLERANCES) -> Parity:
    """Compares the complete runs of two networks. Raises InputError when one has none or scenario names differ."""
    for side in (first, second):
        if not side.complete:
            states = ", ".join(f"{run.folder} is {run.status}" for run in side.runs) or "there is no run"
            raise InputError(f"{side.name} has no complete run to compare: {states}")
    names = {str(run.info["scenario"].get("name", "")) for side in (first, second) for run in side.complete}
    if len(names) > 1:
        raise InputError(f"runs of different scenarios cannot be compared: {', '.join(sorted(names))}")
    runs = first.complete, second.complete
    seeds = [[run.info["seed"] for run in each] for each in runs]
    paired = sorted(seeds[0]) == sorted(seeds[1]) and len(set(seeds[0])) == len(seeds[0])
    flows = dict.fromkeys(name for run in (*runs[0], *runs[1]) for name in run.summary["flows"])
    return Parity(
        scenario=names.pop(),
        sides=(first, second),
        tolerances=dict(tolerances),
        paired=paired,
        flows=tuple(_flow(name, (first, second), tolerances, paired) for name in flows),
        evidence=of_runs((first.name, runs[0]), (second.name, runs[1])),
    )


def _flow(name: str, sides: tuple[Side, Side], tolerances: Mapping[str, Tolerance], paired: bool) -> FlowParity:
    first, second = ([run.summary["flows"].get(name) or {"changes": []} for run in side.complete] for side in sides)
    judged = [tolerances[key] for key in TOLERANCES]
    whole = [
        pair(one, [_read(figures, one) for figures in first], [_read(figures, one) for figures in second], paired)
        for one in judged
        if isinstance(one.metric, FlowMetric)
    ]
    keys = dict.fromkeys(_key(change) for one in (*first, *second) for change in one["changes"])
    of_changes = [
        pair(
            one,
            [_of_change(figures, key, one) for figures in first],
            [_of_change(figures, key, one) for figures in second],
            paired,
            at_s=key[0],
            change=key[1],
        )
        for key in sorted(keys)
        for one in judged
        if isinstance(one.metric, ChangeMetric)
    ]
    courses = [[course(run, name) for run in side.complete] for side in sides]
    return FlowParity(
        name,
        (*whole, *of_changes),
        rate_distance(*courses),
        of_flow(name, *((side.name, side.complete) for side in sides)),
    )


def _read(figures: Mapping[str, Any], tolerance: Tolerance) -> Value:
    """The figure of a flow or change, in the unit of its tolerance."""
    value = figure(figures, tolerance.metric.name)
    if not isinstance(value, float | int):
        return None
    return 100.0 * value if tolerance.unit == "%" else value


def _key(change: Mapping[str, Any]) -> tuple[float, str]:
    return round(float(change["at_s"]), 3), str(change["kind"])


def _of_change(figures: Mapping[str, Any], key: tuple[float, str], tolerance: Tolerance) -> Value:
    changes = (change for change in figures["changes"] if _key(change) == key)
    return next((_read(change, tolerance) for change in changes), None)

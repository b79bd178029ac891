"""The changes that a flow has to react to, and the times at which histograms of the queue delay are split.

A *change* is a flow's start, a step of capacity, delay or loss on its route, a competing flow (or cross traffic) that
joins or leaves, a fault, or the end of a fault. Ramps and traces do not count. Changes at the same time count as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nenc_lab.scenario.timeline.crossing import WAYS, Way, crossed
from nenc_lab.units import NS_PER_S

if TYPE_CHECKING:
    from nenc_lab.scenario.schema import CrossTraffic, Flow, Scenario
    from nenc_lab.scenario.timeline.faults import FaultStep
    from nenc_lab.scenario.timeline.hop import HopCourse
    from nenc_lab.scenario.timeline.shares import Shares

    Hops = Mapping[Way, Sequence[HopCourse]]

CUT_NS = 5 * NS_PER_S
"""Figures of a change cover its last 5 s, or start 5 s after it."""

KINDS = ("start", "capacity", "delay", "loss", "join", "leave", "fault", "recovery")
"""Kinds of change, in the order in which ``+`` joins those that happen at the same time."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change, or several at the same time, that a flow has to react to."""

    kind: str
    """One of `KINDS`, or several joined by ``+``."""
    at_ns: int
    until_ns: int
    """Time of the flow's next change, or of its stop."""
    share_bps: float
    """The flow's fair share of the capacity from then on, in media bits per second, at most its ``rate.max``."""


def changes(
    scenario: Scenario, flow: Flow, hops: Hops, faults: Sequence[FaultStep], shares: Shares
) -> tuple[Change, ...]:
    """Returns the changes of one flow, in order of time; the first is its start."""
    stop = scenario.stop_ns(flow)
    kinds: dict[int, set[str]] = {flow.start: {"start"}}
    happenings = (*_of_path(scenario, flow, hops), *_of_others(scenario, flow, shares), *_of_faults(flow, faults))
    for at, kind in happenings:
        if flow.start <= at < stop:
            kinds.setdefault(at, set()).add(kind)
    times = sorted(kinds)
    return tuple(
        Change("+".join(kind for kind in KINDS if kind in kinds[at]), at, until, shares.share_bps(flow, at))
        for at, until in zip(times, [*times[1:], stop], strict=True)
    )


def cuts(every: Iterable[Change], duration_ns: int) -> tuple[int, ...]:
    """Returns the start and end of each change, 5 s after its start and 5 s before its end, if within the run."""
    found = {
        cut
        for change in every
        for cut in (change.at_ns, change.at_ns + CUT_NS, change.until_ns - CUT_NS, change.until_ns)
    }
    return tuple(sorted(cut for cut in found if 0 <= cut <= duration_ns))


def _of_path(scenario: Scenario, flow: Flow, hops: Hops) -> Iterator[tuple[int, str]]:
    """Yields steps to a different value. Capacity counts in the media's direction, delay and loss in both."""
    for way in WAYS:
        for hop in (hops[way][index] for index in crossed(scenario.path, flow, way)):
            capacity = hop.capacity
            if way == "forward":
                yield from ((at, "capacity") for at in capacity.times_ns if capacity.at(at) != capacity.before(at))
            yield from ((at, "delay") for at in hop.delay.times_ns if hop.delay.at(at) != hop.delay.before(at))
            yield from ((at, "loss") for at in hop.loss.times_ns if hop.loss.at(at) != hop.loss.before(at))


def _of_others(scenario: Scenario, flow: Flow, shares: Shares) -> Iterator[tuple[int, str]]:
    others: list[Flow | CrossTraffic] = [other for other in scenario.flows if other.name != flow.name]
    for other in [*others, *scenario.cross_traffic]:
        begin, end = other.start, scenario.stop_ns(other)
        if _competes(scenario, flow, other, begin, shares):
            yield begin, "join"
        if end < scenario.duration and _competes(scenario, flow, other, end, shares):
            yield end, "leave"


def _competes(scenario: Scenario, flow: Flow, other: Flow | CrossTraffic, t_ns: int, shares: Shares) -> bool:
    """Tells whether they share a hop, or ``other`` changes the share of ``flow`` at ``t_ns`` through other flows."""
    if set(crossed(scenario.path, other)) & set(crossed(scenario.path, flow)):
        return True
    before = t_ns - 1
    return flow.start <= before and shares.share_bps(flow, before) != shares.share_bps(flow, t_ns)


def _of_faults(flow: Flow, faults: Sequence[FaultStep]) -> Iterator[tuple[int, str]]:
    yield from ((step.at_ns, "fault" if step.begins else "recovery") for step in faults if step.flow == flow.name)

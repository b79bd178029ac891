"""What happens when: steps for the engine, changes and the cuts between them for the analysis.

A *change* is what a flow must react to: its start, a step of capacity, delay or loss on its way, a competing flow (or
cross traffic) that joins or leaves, a fault and the end of it. Ramps and traces are none. Several at one
instant are one.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nenc_lab.records import payload_fraction
from nenc_lab.scenario.fair import max_min
from nenc_lab.units import NS_PER_S, format_rate, format_ratio, format_size, format_time

if TYPE_CHECKING:
    from nenc_lab.scenario.schema import CrossTraffic, Entry, Flow, Hop, Jitter, Loss, Queue, Scenario

Way = Literal["forward", "reverse"]
WAYS: tuple[Way, Way] = ("forward", "reverse")
CUT_NS = 5 * NS_PER_S
"""Design section 5: figures of a change are of its last 5 s, or from 5 s after it."""

KINDS = ("start", "capacity", "delay", "loss", "join", "leave", "fault", "recovery")
"""Kinds of change, in the order they are joined by ``+`` when they fall on one instant."""


@dataclass(frozen=True, slots=True)
class Step:
    """New values of one hop from ``at_ns`` on, None = unchanged; with ``ramp_ns`` the rate gets there linearly."""

    at_ns: int
    direction: Way
    hop: int
    rate: int | None = None
    delay: int | None = None
    loss: Loss | None = None
    jitter: Jitter | None = None
    queue: Queue | None = None
    duplicate: float | None = None
    ramp_ns: int = 0
    hop_name: str = ""

    @property
    def kind(self) -> str:
        """What changes: capacity, delay, loss, jitter, queue, duplicate, or several joined by ``+``."""
        return "+".join(self._values())

    @property
    def text(self) -> str:
        """One line a person can read."""
        what = ", ".join(f"{name} {value}" for name, value in self._values().items())
        return f"{self.direction} {self.hop_name}: {what}"

    def _values(self) -> dict[str, str]:
        ramp = f" over {format_time(self.ramp_ns)}" if self.ramp_ns else ""
        values = {
            "capacity": None if self.rate is None else format_rate(self.rate) + ramp,
            "delay": None if self.delay is None else format_time(self.delay),
            "loss": None if self.loss is None else _worded(self.loss),
            "jitter": None if self.jitter is None else _worded(self.jitter),
            "queue": None if self.queue is None else _queue(self.queue),
            "duplicate": None if self.duplicate is None else format_ratio(self.duplicate),
        }
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing (or several at one instant) a flow has to react to."""

    kind: str
    """One of `KINDS`, or several joined by ``+``."""
    at_ns: int
    until_ns: int
    """The next change of the flow, or its stop."""
    share_bps: float
    """The flow's fair part of the capacity from then on, in media bits per second, at most its ``rate.max``."""


def steps(scenario: Scenario) -> list[Step]:
    """What changes on the path, in time order; at one instant forward comes first, then file order."""
    found = [step for entry in scenario.timeline for step in _steps(scenario, entry)]
    return sorted(found, key=lambda step: (step.at_ns, WAYS.index(step.direction)))


def changes(scenario: Scenario, flow_name: str) -> list[Change]:
    """The changes of one flow, in time order; the first is its start. Raises KeyError for an unknown flow."""
    flow = scenario.flow(flow_name)
    stop = scenario.stop_ns(flow)
    kinds: dict[int, set[str]] = {flow.start: {"start"}}
    for at, kind in _happenings(scenario, flow):
        if flow.start <= at < stop:
            kinds.setdefault(at, set()).add(kind)
    times = sorted(kinds)
    return [
        Change("+".join(kind for kind in KINDS if kind in kinds[at]), at, until, _share(scenario, flow, at))
        for at, until in zip(times, [*times[1:], stop], strict=True)
    ]


def marks(scenario: Scenario) -> list[int]:
    """Where the delay histograms are cut: every change of every flow, 5 s after it, 5 s before its end, its end; ns."""
    cuts: set[int] = set()
    for flow in scenario.flows:
        for change in changes(scenario, flow.name):
            cuts |= {change.at_ns, change.at_ns + CUT_NS, change.until_ns - CUT_NS, change.until_ns}
    return sorted(cut for cut in cuts if 0 <= cut <= scenario.duration)


def crossed(scenario: Scenario, item: Flow | CrossTraffic, way: Way = "forward") -> range:
    """Indices of the hops an item crosses; ``reverse`` means a flow's feedback. Empty: it does not go that way."""
    from nenc_lab.scenario.schema import Flow

    direction = scenario.path.forward if way == "forward" else scenario.path.reverse
    named: Sequence[str] | None
    if isinstance(item, Flow):
        named = item.hops.forward if item.hops is not None and way == "forward" else None
    elif item.direction == way:
        named = item.hops
    else:
        return range(0)
    if named is None:
        return range(len(direction.hops))
    first = direction.index(named[0])
    return range(first, first + len(named))


def _queue(queue: Queue) -> str:
    return format_size(queue.holds) if queue.kind == "droptail" else _worded(queue)


def _worded(model: Loss | Jitter | Queue) -> str:
    values = model.model_dump(mode="json")
    kind = values.pop("kind")
    values = {
        key: {True: "on", False: "off"}[value] if isinstance(value, bool) else value for key, value in values.items()
    }
    return f"{kind} ({', '.join(f'{key} {value}' for key, value in values.items())})" if values else str(kind)


def _steps(scenario: Scenario, entry: Entry) -> Iterator[Step]:
    way: Way
    for way, change in (("forward", entry.forward), ("reverse", entry.reverse)):
        if change is None:
            continue
        direction = scenario.path.forward if way == "forward" else scenario.path.reverse
        hop = direction.index(change.hop)
        yield Step(
            at_ns=entry.at,
            direction=way,
            hop=hop,
            rate=change.rate,
            delay=change.delay,
            loss=change.loss,
            jitter=change.jitter,
            queue=change.queue,
            duplicate=change.duplicate,
            ramp_ns=entry.ramp.over if entry.ramp is not None and change.rate is not None else 0,
            hop_name=direction.hops[hop].name,
        )


def _happenings(scenario: Scenario, flow: Flow) -> Iterator[tuple[int, str]]:
    """Everything that concerns a flow, with its kind, also outside the flow's life."""
    yield from _path_steps(scenario, flow)
    others: list[Flow | CrossTraffic] = [other for other in scenario.flows if other.name != flow.name]
    for other in [*others, *scenario.cross_traffic]:
        begin, end = other.start, scenario.stop_ns(other)
        if _competes(scenario, flow, other, begin):
            yield begin, "join"
        if end < scenario.duration and _competes(scenario, flow, other, end):
            yield end, "leave"
    for fault in scenario.faults:
        if fault.flow == flow.name:
            yield fault.at, "fault"
            if fault.lasts is not None:
                yield fault.at + fault.lasts, "recovery"


def _competes(scenario: Scenario, flow: Flow, other: Flow | CrossTraffic, t_ns: int) -> bool:
    """They share a hop, or what ``other`` does at ``t_ns`` reaches ``flow`` through flows between them."""
    if set(crossed(scenario, other)) & set(crossed(scenario, flow)):
        return True
    before = t_ns - 1
    return flow.start <= before and _share(scenario, flow, before) != _share(scenario, flow, t_ns)


def _path_steps(scenario: Scenario, flow: Flow) -> Iterator[tuple[int, str]]:
    """Steps to another value than before. Capacity counts where the media goes, delay and loss both ways."""
    now = {
        (way, index): (hop.delay, hop.loss)
        for way in WAYS
        for index, hop in enumerate(getattr(scenario.path, way).hops)
    }
    rates = {index: _Rate(scenario, index) for index in crossed(scenario, flow)}
    for step in steps(scenario):
        at = (step.direction, step.hop)
        if step.hop not in crossed(scenario, flow, step.direction):
            continue
        delay, loss = now[at]
        if step.delay is not None and step.delay != delay:
            yield step.at_ns, "delay"
            delay = step.delay
        if step.loss is not None and step.loss != loss:
            yield step.at_ns, "loss"
            loss = step.loss
        now[at] = (delay, loss)
        if (
            step.direction == "forward"
            and step.rate is not None
            and not step.ramp_ns
            and rates[step.hop].steps_at(step.at_ns)
        ):
            yield step.at_ns, "capacity"


class _Rate:
    """The capacity of one forward hop over time."""

    def __init__(self, scenario: Scenario, index: int) -> None:
        self.hop: Hop = scenario.path.forward.hops[index]
        self.base = math.inf if self.hop.rate is None else float(self.hop.rate)
        self.steps = [
            step
            for step in steps(scenario)
            if step.direction == "forward" and step.hop == index and step.rate is not None
        ]
        self.times = [step.at_ns for step in self.steps]

    def at(self, t_ns: int) -> float:
        """bit/s from ``t_ns`` on; a trace counts with its mean."""
        if self.hop.trace is not None:
            from nenc_lab.scenario.traces import mean_rate

            return mean_rate(self.hop.trace)
        return self._after(bisect.bisect_right(self.times, t_ns), t_ns)

    def steps_at(self, t_ns: int) -> bool:
        """Whether it is another one from ``t_ns`` on than just before."""
        return self._after(bisect.bisect_left(self.times, t_ns), t_ns) != self.at(t_ns)

    def _after(self, count: int, t_ns: int) -> float:
        """At ``t_ns`` when only the first ``count`` steps are taken."""
        if count == 0:
            return self.base
        step = self.steps[count - 1]
        assert step.rate is not None
        elapsed = t_ns - step.at_ns
        if elapsed >= step.ramp_ns:
            return float(step.rate)
        begin = self._after(count - 1, step.at_ns)  # a ramp begins where the one it cuts short had got to
        return begin + (step.rate - begin) * (elapsed / step.ramp_ns)


def _share(scenario: Scenario, flow: Flow, t_ns: int) -> float:
    """The flow's max-min fair part from ``t_ns`` on, in media bits per second."""
    active = [other for other in scenario.flows if other.start <= t_ns < scenario.stop_ns(other)]
    capacities = [_Rate(scenario, index).at(t_ns) for index in range(len(scenario.path.forward.hops))]
    routes = [crossed(scenario, other) for other in active]
    limits = [other.wire_max_bps for other in active]
    for cross in _active_cross(scenario, t_ns):
        for index in crossed(scenario, cross):
            capacities[index] = max(0.0, capacities[index] - cross.mean_bps)
        routes += [crossed(scenario, cross)] * cross.streams
        limits += [math.inf] * cross.streams
    wire = max_min(capacities, routes, limits)
    mine = wire[[other.name for other in active].index(flow.name)]
    return min(mine * payload_fraction(flow.packet), float(flow.rate.max))


def _active_cross(scenario: Scenario, t_ns: int) -> Iterable[CrossTraffic]:
    return (cross for cross in scenario.cross_traffic if cross.start <= t_ns < scenario.stop_ns(cross))

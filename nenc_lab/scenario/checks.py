"""Checks that span several models: times past the end, duplicate or unknown names, rates in the wrong order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nenc_lab.errors import Problem
from nenc_lab.records import PACKET_OVERHEAD_BYTES
from nenc_lab.scenario import expect, timeline
from nenc_lab.scenario.document import Node
from nenc_lab.scenario.expect import nearest
from nenc_lab.scenario.keys import follow
from nenc_lab.scenario.schema import (
    CrossTraffic,
    Direction,
    Flow,
    HopChange,
    ModelEncoder,
    Scenario,
    VideoEncoder,
)
from nenc_lab.units import format_bytes, format_rate, format_time, shown

Location = tuple[str | int, ...]
Fault = tuple[Location, str]


def check(scenario: Scenario, tree: Node) -> list[Problem]:
    """Returns every problem, placed in the tree that the scenario was made from."""
    faults: list[Fault] = []
    for rule in RULES:
        faults += rule(scenario)
    if not faults:
        faults += _conditions(scenario)  # counts changes, which requires an otherwise valid scenario
    problems = []
    for location, message in faults:
        spot, _ = follow(tree, location)
        place = spot.node.place if spot.node is not None else spot.place
        problems.append(place.problem(spot.dotted, message))
    return problems


def _names(scenario: Scenario) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for location, item in _senders(scenario):
        if item.name in seen:
            yield (
                (*location, "name"),
                f"the name {shown(item.name)} is already used by {seen[item.name]}: choose another",
            )
        else:
            seen[item.name] = f"{location[0]}[{location[1]}]"


def _senders(scenario: Scenario) -> Iterator[tuple[Location, Flow | CrossTraffic]]:
    """Yields flows and cross traffic with their locations, which include the kind for members of a union."""
    for index, flow in enumerate(scenario.flows):
        yield ("flows", index), flow
    for index, cross in enumerate(scenario.cross_traffic):
        yield ("cross_traffic", index, cross.kind), cross


def _hops(scenario: Scenario) -> Iterator[Fault]:
    for way, direction in (("forward", scenario.path.forward), ("reverse", scenario.path.reverse)):
        names = [hop.name for hop in direction.hops]
        for index, hop in enumerate(direction.hops):
            if hop.name in names[:index]:
                yield (
                    ("path", way, "hops", index, "name"),
                    f"the name {shown(hop.name)} is already used by an earlier hop: choose another",
                )


def _times(scenario: Scenario) -> Iterator[Fault]:
    end = scenario.duration
    past = f"is past the end ({format_time(end)})"
    for index, entry in enumerate(scenario.timeline):
        if entry.at >= end:
            yield ("timeline", index, "at"), f"{format_time(entry.at)} {past}"
        elif entry.ramp is not None and entry.at + entry.ramp.over > end:
            yield (
                ("timeline", index, "ramp", "over"),
                f"the ramp ends at {format_time(entry.at + entry.ramp.over)}, which {past}",
            )
    for location, item in _senders(scenario):
        if item.start >= end:
            yield (*location, "start"), f"{format_time(item.start)} {past}"
        elif item.stop is not None and item.stop > end:
            yield (*location, "stop"), f"{format_time(item.stop)} {past}"
        elif item.stop is not None and item.stop <= item.start:
            yield (*location, "stop"), f"{format_time(item.stop)} is not after its start ({format_time(item.start)})"
    for index, fault in enumerate(scenario.faults):
        if fault.at >= end:
            yield ("faults", index, fault.kind, "at"), f"{format_time(fault.at)} {past}"
        elif fault.lasts is not None and fault.at + fault.lasts > end:
            yield (
                ("faults", index, fault.kind, "lasts"),
                f"it ends at {format_time(fault.at + fault.lasts)}, which {past}",
            )


def _timeline(scenario: Scenario) -> Iterator[Fault]:
    for index, entry in enumerate(scenario.timeline):
        for way, change, direction in (
            ("forward", entry.forward, scenario.path.forward),
            ("reverse", entry.reverse, scenario.path.reverse),
        ):
            if change is not None:
                for location, message in _change(change, direction, entry.ramp is not None, way):
                    yield ("timeline", index, way, *location), message


def _change(change: HopChange, direction: Direction, ramp: bool, way: str) -> Iterator[Fault]:
    names = [hop.name for hop in direction.hops]
    if change.hop is None and len(names) > 1:
        yield (), f"{way} has several hops: name one of them, hop: {' or '.join(names)}"
        return
    if change.hop is not None and change.hop not in names:
        yield ("hop",), _no_such("hop", change.hop, names)
        return
    hop = direction.hops[direction.index(change.hop)]
    if change.rate is not None and hop.trace is not None:
        yield ("rate",), f"the hop {hop.name} has a trace, so its rate cannot change: leave the rate out"
    elif change.rate is not None and ramp and hop.rate is None:
        yield ("rate",), f"a ramp needs a rate to start from: give path.{way} a rate"
    if change.queue is not None and change.queue.kind != hop.queue.kind:
        yield (
            ("queue", change.queue.kind, "kind"),
            f"the queue of {hop.name} stays {hop.queue.kind} for the whole run and cannot become {change.queue.kind}: "
            f"write queue: {{kind: {hop.queue.kind}, ...}}",
        )


def _rates(scenario: Scenario) -> Iterator[Fault]:
    for index, flow in enumerate(scenario.flows):
        rate, default = flow.rate, " (the default)"
        low, high, start = (
            f"{key} {format_rate(getattr(rate, key))}{'' if key in rate.model_fields_set else default}"
            for key in ("min", "max", "start")
        )
        if rate.min > rate.max:
            yield ("flows", index, "rate"), f"{low} is above {high}"
        elif not rate.min <= rate.start <= rate.max:
            yield ("flows", index, "rate"), f"{start} is not between {low} and {high}"
        clip = flow.encoder
        if not isinstance(clip, ModelEncoder):
            continue
        if clip.min_rate is not None and clip.max_rate is not None and clip.min_rate > clip.max_rate:
            yield (
                ("flows", index, "encoder", clip.kind, "min_rate"),
                (f"{format_rate(clip.min_rate)} is above max_rate {format_rate(clip.max_rate)}"),
            )


def _pictures(scenario: Scenario) -> Iterator[Fault]:
    """Checks the keys of real encoders against each other."""
    for index, flow in enumerate(scenario.flows):
        clip = flow.encoder
        if not isinstance(clip, VideoEncoder):
            continue
        at: Location = ("flows", index, "encoder", clip.kind)
        if clip.qp.min > clip.qp.max:
            yield (*at, "qp", "min"), f"{clip.qp.min} is above max {clip.qp.max}"
        source = clip.source
        if (source.width is None) != (source.height is None):
            yield (*at, "source"), "raw NV12 needs both width and height, a Y4M file neither of them"
        if source.file is None:
            if source.width is not None:
                yield (
                    (*at, "source", "width"),
                    "applies to a file: give source.file, or use resolution for generated pictures",
                )
            continue
        for key in (name for name in ("complexity", "cut") if getattr(source, name) is not None):
            yield (
                (*at, "source", key),
                f"applies to generated pictures, but {source.file} is a file: leave one of them out",
            )
        for number, fault in enumerate(scenario.faults):
            if fault.kind == "rung_switch" and fault.flow == flow.name:
                yield (
                    ("faults", number, fault.kind),
                    f"{flow.name} encodes a file, whose size cannot change: leave the fault or source.file out",
                )


def _crossings(scenario: Scenario) -> Iterator[Fault]:
    forward = [hop.name for hop in scenario.path.forward.hops]
    for index, flow in enumerate(scenario.flows):
        if flow.hops is not None:
            yield from _consecutive(("flows", index, "hops", "forward"), flow.hops.forward, forward)
    for index, cross in enumerate(scenario.cross_traffic):
        direction = scenario.path.forward if cross.direction == "forward" else scenario.path.reverse
        if cross.hops is not None:
            yield from _consecutive(
                ("cross_traffic", index, cross.kind, "hops"), cross.hops, [hop.name for hop in direction.hops]
            )


def _consecutive(location: Location, named: Sequence[str], hops: Sequence[str]) -> Iterator[Fault]:
    for index, name in enumerate(named):
        if name not in hops:
            yield (*location, index), _no_such("hop", name, hops)
            return
    first = hops.index(named[0])
    if list(hops[first : first + len(named)]) != list(named):
        yield location, f"{' -> '.join(named)} are not consecutive hops of {' -> '.join(hops)}"


def _faults(scenario: Scenario) -> Iterator[Fault]:
    names = [flow.name for flow in scenario.flows]
    for index, fault in enumerate(scenario.faults):
        if fault.flow not in names:
            yield ("faults", index, fault.kind, "flow"), _no_such("flow", fault.flow, names)
            continue
        flow = scenario.flow(fault.flow)
        if not flow.start <= fault.at < scenario.stop_ns(flow):
            yield (
                ("faults", index, fault.kind, "at"),
                (
                    f"{format_time(fault.at)} is outside the time of {flow.name}: "
                    f"{format_time(flow.start)} to {format_time(scenario.stop_ns(flow))}"
                ),
            )


def _queues(scenario: Scenario) -> Iterator[Fault]:
    """Checks that each queue can hold a packet, because a smaller one would let nothing through."""
    sizes = [flow.packet for flow in scenario.flows] + [cross.packet for cross in scenario.cross_traffic]
    largest = max(sizes) + PACKET_OVERHEAD_BYTES
    for way, direction in (("forward", scenario.path.forward), ("reverse", scenario.path.reverse)):
        for index, hop in enumerate(direction.hops):
            size = hop.queue.holds
            if size.unit == "bytes" and size.value < largest:
                yield ("path", way, "hops", index, "queue", hop.queue.kind, "size"), _too_small(size.value, largest)
    for index, entry in enumerate(scenario.timeline):
        for way, change in (("forward", entry.forward), ("reverse", entry.reverse)):
            if change is not None and change.queue is not None:
                size = change.queue.holds
                if size.unit == "bytes" and size.value < largest:
                    yield ("timeline", index, way, "queue", change.queue.kind, "size"), _too_small(size.value, largest)


def _too_small(size: int, largest: int) -> str:
    return f"{format_bytes(size)} is too small: the largest packet has {format_bytes(largest)} on the wire"


def _conditions(scenario: Scenario) -> Iterator[Fault]:
    names = [flow.name for flow in scenario.flows]
    compiled = timeline.compile(scenario)
    for index, text in enumerate(scenario.expect):
        condition = expect.compile(text)
        if condition.flow is not None and condition.flow not in names:
            yield ("expect", index), _no_such("flow", condition.flow, names)
        elif condition.change is not None and condition.flow is not None:
            count = len(compiled.changes(condition.flow))
            if not -count <= condition.change < count:
                yield (
                    ("expect", index),
                    f"there is no changes[{condition.change}]: {condition.flow} has {count}, [0] to [{count - 1}]",
                )


def _no_such(what: str, name: str, known: Sequence[str]) -> str:
    return f"no {what} is called {shown(name)}{nearest(name, list(known))}; the scenario has {', '.join(known)}"


RULES: tuple[Callable[[Scenario], Iterator[Fault]], ...] = (
    _names,
    _hops,
    _times,
    _timeline,
    _rates,
    _pictures,
    _crossings,
    _faults,
    _queues,
)
"""One rule per kind of problem; each runs on a scenario whose parts are valid on their own."""

"""The compiled timeline: all changes over time that a scenario specifies, in one object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nenc_lab.scenario.timeline.changes import Change, changes, cuts
from nenc_lab.scenario.timeline.crossing import WAYS, Way, along, crossed
from nenc_lab.scenario.timeline.delays import base_delay
from nenc_lab.scenario.timeline.faults import FaultStep, fault_steps
from nenc_lab.scenario.timeline.hop import HopCapacity, HopCourse, courses
from nenc_lab.scenario.timeline.pieces import Pieces, pieces
from nenc_lab.scenario.timeline.shares import Shares
from nenc_lab.scenario.timeline.steps import Step, entries

if TYPE_CHECKING:
    from nenc_lab.scenario.schema import CrossTraffic, Flow, Scenario


@dataclass(frozen=True)
class Timeline:
    """The course of a scenario over time, made by `compile`. A trace's file is read when its rows are first needed."""

    scenario: Scenario
    hops: Mapping[Way, tuple[HopCourse, ...]]
    """Each hop over time, by direction."""
    steps: tuple[Step, ...]
    """Changes on the path, in order of time; at the same time forward comes first, then the order in the file."""
    faults: tuple[FaultStep, ...]
    """Starts and ends of faults, fault by fault."""

    def crossed(self, item: Flow | CrossTraffic, way: Way = "forward") -> range:
        """Returns the indices of the hops that an item crosses; a flow's reverse direction is that of its feedback."""
        return crossed(self.scenario.path, item, way)

    def changes(self, flow_name: str) -> tuple[Change, ...]:
        """Returns a flow's changes, in order of time; the first is its start. Raises KeyError for an unknown flow."""
        return changes(self.scenario, self.scenario.flow(flow_name), self.hops, self.faults, self._shares)

    @cached_property
    def cuts_ns(self) -> tuple[int, ...]:
        """Times at which histograms are split: each change of each flow, 5 s after it, 5 s before its end, its end."""
        every = (change for flow in self.scenario.flows for change in self.changes(flow.name))
        return cuts(every, self.scenario.duration)

    def share_bps(self, flow: Flow, t_ns: int) -> float:
        """Returns a flow's max-min fair share from ``t_ns`` on, in media bits per second; 0 while the flow is off."""
        return self._shares.share_bps(flow, t_ns)

    def passing(self, flow: Flow) -> Pieces[float]:
        """Returns the fraction of packets that survive random loss on the flow's hops, the product of 1 - loss.

        Gilbert-Elliott loss counts with its long-run mean; drops by queues do not count.
        """
        losses = [self.hops["forward"][index].loss for index in self.crossed(flow)]
        times = sorted({t_ns for loss in losses for t_ns in loss.times_ns})
        return pieces(
            _product([loss.first.mean for loss in losses]),
            ((t_ns, _product([loss.at(t_ns).mean for loss in losses])) for t_ns in times),
        )

    def base_delay(self, flow: Flow, beside_ns: int) -> Pieces[int]:
        """Returns the delay of the flow's packets without queueing, ns by time of arrival; see `base_delay`."""
        return base_delay(beside_ns, [self.hops["forward"][index].delay for index in self.crossed(flow)])

    @cached_property
    def _shares(self) -> Shares:
        return Shares(self.scenario, [hop.capacity for hop in self.hops["forward"]])


def compile(scenario: Scenario) -> Timeline:
    """Compiles a valid scenario, without reading any file."""
    capacities = {way: [HopCapacity(hop) for hop in along(scenario.path, way).hops] for way in WAYS}
    steps = []
    for at_ns, way, number, change, ramp_ns in entries(scenario):
        ramp = None if change.rate is None else capacities[way][number].set(at_ns, float(change.rate), ramp_ns)
        steps.append(Step(at_ns, way, number, along(scenario.path, way).hops[number].name, change, ramp))
    hops = {
        way: tuple(
            HopCourse(
                capacities[way][number],
                courses(hop, (step for step in steps if step.direction == way and step.hop == number)),
            )
            for number, hop in enumerate(along(scenario.path, way).hops)
        )
        for way in WAYS
    }
    return Timeline(scenario, hops, tuple(steps), fault_steps(scenario))


def _product(losses: list[float]) -> float:
    return float(np.prod([1.0 - loss for loss in losses]))

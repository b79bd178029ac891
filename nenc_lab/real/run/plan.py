"""What the real network has to do for a scenario: its links, flows, cross traffic and changes. Touches no kernel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from nenc_lab.assembly.path import hop_names, links, path_steps
from nenc_lab.assembly.settings import cross, flow_setting
from nenc_lab.engine.timeline import PathStep
from nenc_lab.network.base import CrossSetting, FlowSetting, LinkChange, LinkSetting
from nenc_lab.real.qdiscs.layout import Layout
from nenc_lab.real.qdiscs.layout import plan as plan_layout
from nenc_lab.real.qdiscs.schedule import Step, flatten
from nenc_lab.scenario import schema
from nenc_lab.scenario.timeline import Timeline, compile


@dataclass(frozen=True)
class RunPlan:
    """A scenario in the terms of the real network."""

    scenario: schema.Scenario

    @cached_property
    def timeline(self) -> Timeline:
        """The compiled timeline."""
        return compile(self.scenario)

    @cached_property
    def links(self) -> list[LinkSetting]:
        """Every hop at the start, forward hops first."""
        return links(self.timeline)

    @cached_property
    def hops(self) -> list[str]:
        """Names of the links."""
        return hop_names(self.scenario)

    @cached_property
    def flows(self) -> list[FlowSetting]:
        """What the path needs to know of each flow."""
        return [flow_setting(self.scenario, flow) for flow in self.scenario.flows]

    @cached_property
    def crosses(self) -> list[CrossSetting]:
        """The cross traffic, in the scenario's order."""
        return [cross(self.scenario, traffic) for traffic in self.scenario.cross_traffic]

    @cached_property
    def steps(self) -> list[PathStep]:
        """The scenario's timeline as the events table lists it; a ramp is one step."""
        return path_steps(self.timeline)

    @cached_property
    def timed_changes(self) -> list[tuple[int, LinkChange]]:
        """(time, change) of the same steps."""
        return [(step.at_ns, step.change) for step in self.steps if step.change is not None]

    @cached_property
    def kernel_steps(self) -> list[Step]:
        """The changes that the kernel receives: ramps and traces are cut into single steps."""
        return flatten(self.links, self.timed_changes, self.scenario.duration)

    @cached_property
    def layout(self) -> Layout:
        """Namespaces, devices and qdiscs of the path."""
        return plan_layout(self.links, self.flows, self.crosses, [change for _, change in self.timed_changes])

"""Computes each flow's fair share of the path at any time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nenc_lab.records import payload_fraction
from nenc_lab.scenario.fair import max_min
from nenc_lab.scenario.timeline.crossing import crossed

if TYPE_CHECKING:
    from nenc_lab.scenario.schema import Flow, Scenario
    from nenc_lab.scenario.timeline.hop import HopCapacity


class Shares:
    """Max-min fair shares, computed once per time for all flows together."""

    def __init__(self, scenario: Scenario, capacities: Sequence[HopCapacity]) -> None:
        self._scenario = scenario
        self._capacities = capacities
        self._known: dict[int, dict[str, float]] = {}

    def share_bps(self, flow: Flow, t_ns: int) -> float:
        """Returns a flow's share from ``t_ns`` on, media bit/s, at most its ``rate.max``; 0 while it is off."""
        if t_ns not in self._known:
            self._known[t_ns] = self._wire_bps(t_ns)
        wire = self._known[t_ns].get(flow.name, 0.0)
        return min(wire * payload_fraction(flow.packet), float(flow.rate.max))

    def _wire_bps(self, t_ns: int) -> dict[str, float]:
        """Returns the shares of active flows. UDP cross traffic takes its mean first; each TCP stream has a share."""
        scenario = self._scenario
        active = [flow for flow in scenario.flows if flow.start <= t_ns < scenario.stop_ns(flow)]
        capacities = [capacity.at(t_ns) for capacity in self._capacities]
        routes = [crossed(scenario.path, flow) for flow in active]
        limits = [flow.wire_max_bps for flow in active]
        for cross in scenario.cross_traffic:
            if not cross.start <= t_ns < scenario.stop_ns(cross):
                continue
            route = crossed(scenario.path, cross)
            for hop in route:
                capacities[hop] = max(0.0, capacities[hop] - cross.mean_bps)
            routes += [route] * cross.streams
            limits += [math.inf] * cross.streams
        rates = max_min(capacities, routes, limits)
        return {flow.name: rate for flow, rate in zip(active, rates, strict=False)}  # TCP streams come last

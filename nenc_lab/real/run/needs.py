"""What calibration must show that the machine can do for a scenario."""

from __future__ import annotations

from nenc_lab.real.live.calibrate import Needs
from nenc_lab.real.qdiscs.path import Path
from nenc_lab.real.run.plan import RunPlan
from nenc_lab.records import PACKET_OVERHEAD_BYTES, payload_fraction


def needs(plan: RunPlan, path: Path) -> Needs:
    """Returns the highest load of flows and cross traffic, and the properties of the path for its first flow."""
    scenario, links = plan.scenario, plan.links
    packet = scenario.flows[0].packet
    cross_bps = sum(traffic.mean_bps for traffic in scenario.cross_traffic if traffic.direction == "forward")
    widest_bps = min(hop.capacity.highest_bps() for hop in plan.timeline.hops["forward"])
    wanted_bps = sum(flow.wire_max_bps for flow in scenario.flows) + cross_bps
    crossed = plan.timeline.crossed(scenario.flows[0])
    owd_ns = sum(links[n].delay_ns for n in crossed)
    return Needs(
        load_bps=min(wanted_bps, widest_bps),
        rates_bps={n: path.state(n).rate_bps for n in crossed},
        losses={n: links[n].loss for n in crossed},
        base_rtt_ns=owd_ns + sum(link.delay_ns for link in links if link.direction == "reverse"),
        base_owd_ns=owd_ns,
        packet_bytes=packet,
        wire_bytes=packet + PACKET_OVERHEAD_BYTES,
        media_share=payload_fraction(packet),
        settle_s=0.3 + sum(link.delay_ns + link.jitter.max_ns for link in links) / 1e9,
    )

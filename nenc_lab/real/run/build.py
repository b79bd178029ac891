"""Builds a run on the real network: the path, its calibration, the programs of every flow, and the engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nenc_lab.assembly.faults import faults
from nenc_lab.assembly.record import close_quietly
from nenc_lab.assembly.settings import controller_settings, encoder_settings
from nenc_lab.control.table import make as make_controller
from nenc_lab.engine.timeline import Fault, PathStep
from nenc_lab.real.live.argv import INSIDE as IN_THE_SENDER
from nenc_lab.real.live.calibrate import Calibration, calibrate
from nenc_lab.real.live.clock import LiveClock
from nenc_lab.real.live.engine import LiveEngine
from nenc_lab.real.live.flow import LiveFlow
from nenc_lab.real.live.flow_settings import Ends, LiveSettings
from nenc_lab.real.live.queues import Queues
from nenc_lab.real.qdiscs.path import Path as KernelPath
from nenc_lab.real.qdiscs.support import remarks
from nenc_lab.real.run.cross import start_cross_traffic
from nenc_lab.real.run.delays import base_delays
from nenc_lab.real.run.needs import needs
from nenc_lab.real.run.plan import RunPlan
from nenc_lab.scenario import schema

LEAD_NS = 1_500_000_000
LEAD_PER_FLOW_NS = 250_000_000
"""Time from the start of the programs to time 0 of the run."""


@dataclass(frozen=True, slots=True)
class StreamFiles:
    """Files in which one flow's stream is saved."""

    sent: Path
    received: Path


@dataclass(frozen=True, slots=True)
class RealRun:
    """A run that is ready to start: its programs wait for time 0."""

    scenario: schema.Scenario
    engine: LiveEngine
    calibration: Calibration

    def counters(self) -> dict[str, Any]:
        """Returns ``programs`` of run.json: the counters of each program, by flow and by source of cross traffic."""
        flows: dict[str, Any] = {flow.name: flow.counters for flow in self.engine.flows}
        names = [traffic.name for traffic in self.scenario.cross_traffic]
        ends = [program.result for program in self.engine.crosses]
        return flows | {
            name: {"sink": ends[2 * number], "source": ends[2 * number + 1]} for number, name in enumerate(names)
        }


def build(
    scenario: schema.Scenario,
    stack: ExitStack,
    scratch: str,
    streams: Mapping[int, StreamFiles],
    *,
    packets: bool,
    progress: Callable[[int], None],
) -> RealRun:
    """Builds a run. ``stack`` closes it, and ``scratch`` is a folder for the programs' telemetry.

    Raises MachineError when the machine is too slow for the scenario, or a program does not start.
    """
    plan = RunPlan(scenario)
    path = stack.enter_context(KernelPath(plan.layout))
    ends = [_ends(path, number) for number in range(len(plan.flows))]
    asked = needs(plan, path)
    calibration = calibrate(path, ends[0], scratch, asked)
    origin_ns = time.monotonic_ns() + LEAD_NS + LEAD_PER_FLOW_NS * len(plan.flows)
    base_owd_ns = round(calibration.base_owd_ms * 1e6)
    flows = [
        _start_flow(plan, number, ends[number], scratch, origin_ns, base_owd_ns, streams.get(number), stack)
        for number in range(len(plan.flows))
    ]
    crosses = start_cross_traffic(plan, path, origin_ns, stack)
    for flow in flows:
        flow.wait_ready()
    ready_ns = time.monotonic_ns() - origin_ns
    for step in plan.kernel_steps:
        if step.t_ns <= 0:
            path.apply(step.change, step.hold_ns)
    rates = [path.state(link).rate_bps for link in range(len(plan.links))]
    env = LiveClock(origin_ns)
    stack.callback(env.close)
    engine = LiveEngine(
        env=env,
        links=path,
        queues=Queues(rates, path.poll()),
        flows=flows,
        crosses=crosses,
        duration_ns=scenario.duration,
        hops=plan.hops,
        timeline=_timeline(plan),
        progress=progress,
        log_packets=packets,
        settle_s=asked.settle_s + 0.3 if streams else 0.0,
    )
    for kind, text in _remarks(plan, calibration, ready_ns):
        engine.tell(0, None, kind, text)
    return RealRun(scenario, engine, calibration)


def _ends(path: KernelPath, number: int) -> Ends:
    receiver = path.receiver(number)
    return Ends(path.sender(number).netns_fd, receiver.netns_fd, receiver.address)


def _timeline(plan: RunPlan) -> list[PathStep | Fault]:
    """Returns the kernel's steps, their rows of the events table, then the faults, in this order at equal times."""
    return [
        *(PathStep(step.t_ns, change=step.change, hold_ns=step.hold_ns) for step in plan.kernel_steps if step.t_ns > 0),
        *(PathStep(step.at_ns, step.kind, step.text) for step in plan.steps),
        *faults(plan.timeline),
    ]


def _remarks(plan: RunPlan, calibration: Calibration, ready_ns: int) -> list[tuple[str, str]]:
    """Returns (kind, text) of what is known about the run before it begins."""
    found = remarks(plan.links, [step.change for step in plan.kernel_steps])
    told = [("note", f"{plan.hops[link]}: {text}") for link, text in found]
    told += [("warning", text) for text in calibration.complaints()]
    if ready_ns > 0:
        late_s = ready_ns / 1e9
        told.append(("warning", f"senders were ready {late_s:.1f} s after time 0: what they did before is missing"))
    return told


def _start_flow(
    plan: RunPlan,
    number: int,
    ends: Ends,
    scratch: str,
    origin_ns: int,
    base_owd_ns: int,
    streams: StreamFiles | None,
    stack: ExitStack,
) -> LiveFlow:
    scenario, flow = plan.scenario, plan.scenario.flows[number]
    control = controller_settings(scenario, flow)
    controller = None
    if control.kind not in IN_THE_SENDER:
        controller = make_controller(control, flow.start)
        stack.callback(close_quietly, controller)
    settings = LiveSettings(
        name=flow.name,
        number=number,
        network=plan.flows[number],
        encoder=encoder_settings(scenario, number),
        controller=control,
        start_ns=flow.start,
        stop_ns=scenario.stop_ns(flow),
        end_ns=scenario.duration,
        report_ns=flow.feedback.interval,
        deadline_ns=flow.deadline,
        save=None if streams is None else str(streams.sent),
        out=None if streams is None else str(streams.received),
        names=(flow.encoder.kind if isinstance(flow.encoder, schema.VideoEncoder) else "model", "software"),
    )
    base_ns = base_delays(plan, number, base_owd_ns)
    return stack.enter_context(LiveFlow(settings, ends, scratch, origin_ns, base_ns, plan.timeline.cuts_ns, controller))

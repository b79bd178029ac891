"""Builds a run on the virtual network from a scenario."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from math import ceil

from nenc_lab.assembly.faults import faults
from nenc_lab.assembly.path import hop_names, links, path_steps
from nenc_lab.assembly.record import close_quietly
from nenc_lab.assembly.settings import (
    controller_settings,
    cross,
    encoder_settings,
    flow_setting,
)
from nenc_lab.control.base import Controller
from nenc_lab.control.table import make as make_controller
from nenc_lab.encode.base import Encoder
from nenc_lab.encode.camera import Camera
from nenc_lab.engine.clock import Clock
from nenc_lab.engine.virtual import HAND_OVER_NS, FlowRun, VirtualEngine
from nenc_lab.network.virtual import VirtualNetwork
from nenc_lab.recording.tape import TickTape
from nenc_lab.scenario import schema, timeline


def build(
    scenario: schema.Scenario, stack: ExitStack, *, packets: bool, progress: Callable[[int], None] | None
) -> VirtualEngine:
    """Builds the engine of a run. ``stack`` closes what the engine holds."""
    compiled = timeline.compile(scenario)
    network = VirtualNetwork(
        scenario.seed,
        links(compiled),
        [flow_setting(scenario, flow) for flow in scenario.flows],
        [cross(scenario, traffic) for traffic in scenario.cross_traffic],
        log_packets=packets,
    )
    stack.callback(network.close)
    flows = []
    for number, flow in enumerate(scenario.flows):
        controller = make_controller(controller_settings(scenario, flow), flow.start)
        stack.callback(close_quietly, controller)
        encoder = Camera(encoder_settings(scenario, number))
        stack.callback(encoder.close)
        flows.append(_flow_run(scenario, flow, controller, encoder))
    return VirtualEngine(
        env=Clock(),
        network=network,
        flows=flows,
        duration_ns=scenario.duration,
        hops=hop_names(scenario),
        timeline=[*path_steps(compiled), *faults(compiled)],
        marks_ns=compiled.cuts_ns,
        progress=progress,
        log_packets=packets,
    )


def _flow_run(scenario: schema.Scenario, flow: schema.Flow, controller: Controller, encoder: Encoder) -> FlowRun:
    return FlowRun(
        name=flow.name,
        controller=controller,
        encoder=encoder,
        start_ns=flow.start,
        stop_ns=scenario.stop_ns(flow),
        report_ns=flow.feedback.interval,
        deadline_ns=flow.deadline,
        # The tape also needs room for the tick that is being written during a hand-over.
        tape=TickTape(ceil(HAND_OVER_NS / controller.tick_ns) + 2),
    )

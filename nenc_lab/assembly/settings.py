"""Converts a scenario to the settings of a run's parts: flows, cross traffic, encoders, controllers."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from pathlib import Path
from typing import Literal

from nenc_lab.control.settings import ControllerSettings, ExternalSettings
from nenc_lab.encode.settings import EncoderSettings
from nenc_lab.engine.base import SECOND_NS
from nenc_lab.network.base import (
    CrossSetting,
    FlowSetting,
)
from nenc_lab.records import PACKET_OVERHEAD_BYTES
from nenc_lab.scenario import schema
from nenc_lab.scenario.encoder import values as encoder_values

ENCODER_STREAM = 1 << 21
"""The first random stream of the encoders; links and cross traffic use lower ones (vnet)."""
LOWEST_LINES = 1080
"""The lowest resolution of the core, in lines; it leaves a smaller picture as it is."""


def controller_settings(scenario: schema.Scenario, flow: schema.Flow) -> ControllerSettings:
    controller = flow.controller
    values: dict[str, float] = dict(controller.knobs)
    external = _external(controller) if isinstance(controller, schema.ExternalController) else None
    if controller.gains is not None and external is None:
        gains = {"kp": controller.gains.kp, "ki": controller.gains.ki, "kd": controller.gains.kd}
        values |= {name: gain for name, gain in gains.items() if gain is not None}
    switches = [
        fault.lines for fault in scenario.faults if isinstance(fault, schema.RungSwitch) and fault.flow == flow.name
    ]
    return ControllerSettings(
        kind=controller.kind,
        flow=flow.name,
        rate_min_bps=float(flow.rate.min),
        rate_max_bps=float(flow.rate.max),
        rate_start_bps=float(flow.rate.start),
        fps=float(flow.encoder.fps),
        height=max([LOWEST_LINES, flow.encoder.lines, *switches]),
        packet_bytes=flow.packet,
        tick_ns=round(SECOND_NS / controller.tick_rate),
        values=values,
        external=external,
    )


def _external(controller: schema.ExternalController) -> ExternalSettings:
    assert controller.sha256 is not None  # filled in when the file was read
    given = controller.gains
    gains = None if given is None else [nan if gain is None else gain for gain in (given.kp, given.ki, given.kd)]
    return ExternalSettings(
        library=Path(controller.library),
        sha256=controller.sha256,
        abi=controller.abi,
        isolate=controller.isolate,
        timeout_ns=controller.timeout,
        gains=None if gains is None else (gains[0], gains[1], gains[2]),
    )


def encoder_settings(scenario: schema.Scenario, number: int) -> EncoderSettings:
    """Returns the settings of the encoder of flow ``number``."""
    flow = scenario.flows[number]
    return EncoderSettings(
        kind=flow.encoder.kind,
        values=encoder_values(flow.encoder),
        flow=flow.name,
        rate_bps=float(flow.rate.start),
        start_ns=flow.start,
        seed=scenario.seed,
        stream=ENCODER_STREAM + 2 * number,
    )


def flow_setting(scenario: schema.Scenario, flow: schema.Flow) -> FlowSetting:
    first, last = _span(scenario.path.forward, flow.hops.forward if flow.hops else None)
    return FlowSetting(first, last, flow.packet, flow.pacer.factor, flow.pacer.burst, flow.ecn)


def cross(scenario: schema.Scenario, traffic: schema.CrossTraffic) -> CrossSetting:
    kind: Literal["cbr", "onoff", "onoff-exponential", "tcp-reno", "tcp-cubic", "tcp-bbr"] = traffic.kind
    if traffic.kind == "onoff" and traffic.distribution == "exponential":
        kind = "onoff-exponential"
    first, last = _span(getattr(scenario.path, traffic.direction), traffic.hops)
    return CrossSetting(
        kind=kind,
        direction=traffic.direction,
        first=first,
        last=last,
        rate_bps=float(traffic.rate or 0),
        wire_bytes=traffic.packet + PACKET_OVERHEAD_BYTES,
        start_ns=traffic.start,
        stop_ns=scenario.stop_ns(traffic),
        on_ns=traffic.on or 0,
        off_ns=traffic.off or 0,
        streams=traffic.streams,
    )


def _span(direction: schema.Direction, names: Sequence[str] | None) -> tuple[int, int]:
    if names is None:
        return 0, len(direction.hops) - 1
    return direction.index(names[0]), direction.index(names[-1])

"""From a scenario to the settings that the parts of a run take: flows, links, encoders, controllers, faults."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from pathlib import Path
from typing import Literal

from nenc_lab.control.settings import ControllerSettings, ExternalSettings
from nenc_lab.encode.settings import ModelSettings, NullSettings, VideoSettings
from nenc_lab.encode.table import Settings
from nenc_lab.engine.base import SECOND_NS
from nenc_lab.network.base import (
    CrossSetting,
    FlowSetting,
)
from nenc_lab.records import PACKET_OVERHEAD_BYTES
from nenc_lab.scenario import schema

ENCODER_STREAM = 1 << 21
"""Random streams of the encoders, apart from those of links and cross traffic (vnet)."""
USUAL_COMPLEXITY = 0.5
"""Of made pictures whose scenario says nothing."""
LOWEST_LINES = 1080
"""The core's lowest rung; a smaller picture stays as it is on it."""


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


def encoder_settings(scenario: schema.Scenario, flow: schema.Flow) -> Settings:
    match flow.encoder:
        case schema.NullEncoder() as encoder:
            return NullSettings(encoder.lines, float(encoder.fps))
        case schema.ModelEncoder() as encoder:
            return _model_settings(encoder)
        case schema.VideoEncoder() as encoder:
            return _video_settings(scenario, flow, encoder)


def _model_settings(encoder: schema.ModelEncoder) -> ModelSettings:
    return ModelSettings(
        resolution=encoder.lines,
        fps=float(encoder.fps),
        key_ratio=encoder.key_ratio,
        transient_frames=encoder.transient_frames,
        reaction_ns=encoder.reaction,
        size_scale=encoder.size_scale,
        interval_scale=encoder.interval_scale,
        transient_change=encoder.transient_change,
        lag_ns=encoder.lag,
        encode_ns=encoder.encode_time,
        software_ns=encoder.software_time,
        watchdog_ns=encoder.watchdog,
        rate_min_bps=float(encoder.min_rate or 0),
        rate_max_bps=float(encoder.max_rate) if encoder.max_rate else float("inf"),
        key_interval_ns=encoder.key_interval or 0,
        follow_rung=encoder.ladder == "auto",
    )


def _video_settings(scenario: schema.Scenario, flow: schema.Flow, encoder: schema.VideoEncoder) -> VideoSettings:
    source = encoder.source
    return VideoSettings(
        kind=encoder.kind,
        flow=flow.name,
        resolution=encoder.lines,
        fps=float(encoder.fps),
        rate_bps=float(flow.rate.start),
        codec=encoder.codec,
        mode=encoder.mode,
        preset=encoder.preset,
        device=encoder.device,
        entry=encoder.entry,
        vbv_ns=encoder.vbv,
        qp_min=encoder.qp.min,
        qp_max=encoder.qp.max,
        qp_initial=encoder.qp.initial,
        threads=encoder.threads,
        encode_ns=encoder.encode_time,
        software_ns=encoder.software_time,
        watchdog_ns=encoder.watchdog,
        measured=encoder.latency == "measured",
        isolate=encoder.isolate,
        quality=encoder.quality,
        follow_rung=encoder.ladder == "auto",
        key_interval_ns=encoder.key_interval or 0,
        complexity=USUAL_COMPLEXITY if source.complexity is None else source.complexity,
        cut_ns=source.cut or 0,
        file=None if source.file is None else Path(source.file),
        width=source.width,
        height=source.height,
        start_ns=flow.start,
        seed=scenario.seed,
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

"""From the scenario's words to the settings of the parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import nan
from pathlib import Path
from typing import Literal

from nenc_lab.control.settings import ControllerSettings, ExternalSettings
from nenc_lab.encode.settings import ModelSettings, NullSettings, VideoSettings
from nenc_lab.encode.table import Settings
from nenc_lab.engine import SECOND_NS, Fault, Faulted, PathStep
from nenc_lab.network.base import (
    CrossSetting,
    FlowSetting,
    JitterSetting,
    LinkChange,
    LinkSetting,
    LossSetting,
    Opportunities,
    QueueSetting,
    RateProgram,
)
from nenc_lab.records import PACKET_OVERHEAD_BYTES
from nenc_lab.scenario import schema, timeline, traces

DIRECTIONS: tuple[Literal["forward", "reverse"], ...] = ("forward", "reverse")
ENCODER_STREAM = 1 << 21
"""Random streams of the encoders, apart from those of links and cross traffic (vnet)."""
USUAL_COMPLEXITY = 0.5
"""Of made pictures whose scenario says nothing."""
LOWEST_LINES = 1080
"""The core's lowest rung; a smaller picture stays as it is on it."""
ENCODER_FAULTS = {
    "gpu_failure": ("hardware encoder fails, software takes over", "hardware encoder is back"),
    "gpu_hang": ("hardware encoder hangs, software takes over", "hardware encoder is back"),
    "gpu_reset": ("the GPU is reset, software takes over", "hardware encoder is back"),
    "ignore_rate": ("encoder ignores the rate", "encoder follows the rate again"),
}
"""What the events table says when one begins and when it ends."""


def links(scenario: schema.Scenario) -> list[LinkSetting]:
    """Every hop, the forward ones first."""
    return [link(direction, hop) for direction in DIRECTIONS for hop in getattr(scenario.path, direction).hops]


def hop_names(scenario: schema.Scenario) -> list[str]:
    """Of the same hops, as tables have them."""
    return [f"{direction}.{hop.name}" for direction in DIRECTIONS for hop in getattr(scenario.path, direction).hops]


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


def link(direction: Literal["forward", "reverse"], hop: schema.Hop) -> LinkSetting:
    capacity, queue_rate = _capacity(hop)
    return LinkSetting(
        direction=direction,
        rate_bps=None if hop.rate is None else float(hop.rate),
        delay_ns=hop.delay,
        queue=queue(hop.queue),
        loss=_loss(hop.loss),
        loss_at=hop.loss_at,
        jitter=JitterSetting(hop.jitter.kind, hop.jitter.std, hop.jitter.max),
        duplicate=hop.duplicate,
        ecn_ns=hop.ecn,
        capacity=capacity,
        queue_rate_bps=queue_rate,
    )


def _capacity(hop: schema.Hop) -> tuple[RateProgram | Opportunities | None, float]:
    """A hop's trace as the network takes it, and its mean rate: what a queue in ms is reckoned with."""
    if hop.trace is None:
        return None, 0.0
    trace = traces.load(hop.trace)
    period_ns = trace.period_ns if hop.trace.loop else 0
    if isinstance(trace, traces.Opportunities):
        return Opportunities(trace.t_ns, trace.bytes, period_ns), trace.mean_bps
    return RateProgram(trace.t_ns, trace.rate_bps, period_ns), trace.mean_bps


def queue(model: schema.Queue) -> QueueSetting:
    return QueueSetting(model.holds.unit, model.holds.limit, model.kind, model.parameters)


def _loss(loss: schema.Loss) -> LossSetting:
    return LossSetting(loss.kind, loss.p, loss.r, loss.loss_bad, loss.loss_good)


def path_step(scenario: schema.Scenario, step: timeline.Step) -> PathStep:
    first = 0 if step.direction == "forward" else len(scenario.path.forward.hops)
    change = LinkChange(
        link=first + step.hop,
        rate_bps=None if step.rate is None else float(step.rate),
        delay_ns=step.delay,
        queue=None if step.queue is None else queue(step.queue),
        loss=None if step.loss is None else _loss(step.loss),
        jitter=None if step.jitter is None else JitterSetting(step.jitter.kind, step.jitter.std, step.jitter.max),
        duplicate=step.duplicate,
        ramp_ns=step.ramp_ns,
    )
    return PathStep(step.at_ns, step.kind, step.text, change)


def faults(scenario: schema.Scenario, spec: schema.Fault) -> Iterator[Fault]:
    end = None if spec.lasts is None else spec.at + spec.lasts
    match spec:
        case schema.EncoderFault():
            begins, ends = ENCODER_FAULTS[spec.kind]
            yield Fault(spec.at, spec.flow, begins, _set_fault(spec.kind, True))
            if end is not None and end < scenario.duration:
                yield Fault(end, spec.flow, ends, _set_fault(spec.kind, False))
        case schema.FeedbackStop():
            yield Fault(spec.at, spec.flow, "receiver stops reporting", _set_reporting(False))
            if end is not None and end < scenario.duration:
                yield Fault(end, spec.flow, "receiver reports again", _set_reporting(True))
        case schema.RungSwitch():
            lines = spec.lines
            yield Fault(spec.at, spec.flow, f"resolution {spec.resolution}", _set_resolution(lines), "rung_switch")
        case schema.KeyFrame():
            yield Fault(spec.at, spec.flow, "key frame demanded", _request_key, "key_frame")


def _request_key(flow: Faulted) -> None:
    flow.encoder.request_key()


def _set_fault(kind: str, on: bool) -> Callable[[Faulted], None]:
    return lambda flow: flow.encoder.set_fault(kind, on)


def _set_resolution(lines: int) -> Callable[[Faulted], None]:
    return lambda flow: flow.encoder.set_resolution(lines)


def _set_reporting(reporting: bool) -> Callable[[Faulted], None]:
    def act(flow: Faulted) -> None:
        flow.reporting = reporting

    return act

"""From the scenario's words to the settings of the parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import Literal

from nenc_lab.control.settings import ControllerSettings, ExternalSettings
from nenc_lab.encode.settings import EncoderSettings
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
from nenc_lab.scenario.encoder import values as encoder_values

DIRECTIONS: tuple[Literal["forward", "reverse"], ...] = ("forward", "reverse")
ENCODER_STREAM = 1 << 21
"""Random streams of the encoders, apart from those of links and cross traffic (vnet)."""
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


def encoder_settings(scenario: schema.Scenario, number: int) -> EncoderSettings:
    """The encoder of flow ``number``."""
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
    size = QueueSetting(model.size.unit, model.size.limit, model.kind)
    match model:
        case schema.CoDel():
            return replace(size, target_ns=model.target, interval_ns=model.interval, ecn=model.ecn)
        case schema.FqCoDel():
            return replace(
                size,
                target_ns=model.target,
                interval_ns=model.interval,
                flows=model.flows,
                quantum_bytes=model.quantum,
                memory_bytes=model.memory,
                ecn=model.ecn,
            )
        case schema.Pie():
            return replace(size, target_ns=model.target, update_ns=model.tupdate, ecn=model.ecn)
        case schema.Cake():
            return replace(size, rtt_ns=model.rtt, memory_bytes=model.memory, isolation=model.isolation, ecn=True)
        case _:
            return size


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

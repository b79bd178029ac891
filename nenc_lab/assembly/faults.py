"""Faults as an engine takes them: what each does to its flow when it begins and when it ends."""

from __future__ import annotations

from functools import partial

from nenc_lab.engine.timeline import Fault, Faulted
from nenc_lab.scenario import schema
from nenc_lab.scenario.timeline import FaultStep, Timeline


def faults(timeline: Timeline) -> list[Fault]:
    """Every beginning and end of a fault, fault by fault."""
    return [Fault(step.at_ns, step.flow, step.text, partial(_act, step), step.event) for step in timeline.faults]


def _act(step: FaultStep, flow: Faulted) -> None:
    match step.fault:
        case schema.EncoderFault(kind=kind):
            flow.encoder.set_fault(kind, step.begins)
        case schema.FeedbackStop():
            flow.reporting = not step.begins
        case schema.RungSwitch(lines=lines):
            flow.encoder.set_resolution(lines)
        case schema.KeyFrame():
            flow.encoder.request_key()

"""Converts a scenario's faults to the form that engines take: what each does to its flow when it begins and ends."""

from __future__ import annotations

from functools import partial

from nenc_lab.engine.timeline import Fault, Faulted
from nenc_lab.scenario import schema
from nenc_lab.scenario.timeline import FaultStep, Timeline


def faults(timeline: Timeline) -> list[Fault]:
    """Returns one item for the beginning and one for the end of each fault, in the order of the scenario's faults."""
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

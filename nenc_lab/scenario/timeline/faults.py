"""Computes when each fault starts and ends, with its texts for the events table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nenc_lab.scenario.disturbance import Fault
    from nenc_lab.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class FaultStep:
    """The start of a fault, or its end when ``begins`` is false."""

    at_ns: int
    flow: str
    """The flow that the fault affects."""
    fault: Fault
    begins: bool
    event: str
    """The kind in the events table."""
    text: str
    """The text in the events table."""
    label: str
    """What a figure says, in fewer words."""


def fault_steps(scenario: Scenario) -> tuple[FaultStep, ...]:
    """Returns the start and end of every fault, as far as within the run, fault by fault in the scenario's order."""
    return tuple(step for fault in scenario.faults for step in _of(fault, scenario.duration))


def _of(fault: Fault, duration_ns: int) -> Iterator[FaultStep]:
    from nenc_lab.scenario.disturbance import fault_words

    words = fault_words(fault.kind, fault.resolution)
    yield FaultStep(fault.at, fault.flow, fault, True, words.event, words.begins, words.label)
    if fault.lasts is not None and fault.at + fault.lasts < duration_ns:
        yield FaultStep(fault.at + fault.lasts, fault.flow, fault, False, words.event, words.ends, words.end_label)

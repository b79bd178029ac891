"""When each fault begins and ends, and what the events table says of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nenc_lab.scenario.disturbance import Fault
    from nenc_lab.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class FaultStep:
    """The beginning of a fault, or its end when ``begins`` is false."""

    at_ns: int
    flow: str
    """Whose part fails."""
    fault: Fault
    begins: bool
    event: str
    """Its kind in the events table."""
    text: str
    """What the events table says."""
    label: str
    """What a figure says, in fewer words."""


def fault_steps(scenario: Scenario) -> tuple[FaultStep, ...]:
    """Every beginning and end inside the run, fault by fault as the scenario lists them."""
    return tuple(step for fault in scenario.faults for step in _of(fault, scenario.duration))


def _of(fault: Fault, duration_ns: int) -> Iterator[FaultStep]:
    from nenc_lab.scenario.disturbance import fault_words

    words = fault_words(fault.kind, fault.resolution)
    yield FaultStep(fault.at, fault.flow, fault, True, words.event, words.begins, words.label)
    if fault.lasts is not None and fault.at + fault.lasts < duration_ns:
        yield FaultStep(fault.at + fault.lasts, fault.flow, fault, False, words.event, words.ends, words.end_label)

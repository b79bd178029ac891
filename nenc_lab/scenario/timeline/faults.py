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
    fault: Fault
    begins: bool

    @property
    def flow(self) -> str:
        """Whose part fails."""
        return self.fault.flow

    @property
    def event(self) -> str:
        """Its kind in the events table."""
        return self.fault.words.event

    @property
    def text(self) -> str:
        """What the events table says."""
        words = self.fault.words
        return words.begins if self.begins else words.ends

    @property
    def label(self) -> str:
        """The same in the two or three words that a figure has room for."""
        words = self.fault.words
        return words.label if self.begins else words.end_label


def fault_steps(scenario: Scenario) -> tuple[FaultStep, ...]:
    """Every beginning and end inside the run, fault by fault as the scenario lists them."""
    return tuple(step for fault in scenario.faults for step in _of(fault, scenario.duration))


def _of(fault: Fault, duration_ns: int) -> Iterator[FaultStep]:
    yield FaultStep(fault.at, fault, True)
    if fault.lasts is not None and fault.at + fault.lasts < duration_ns:
        yield FaultStep(fault.at + fault.lasts, fault, False)

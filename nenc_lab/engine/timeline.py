"""What happens at a given time of a run: steps of the path, and faults of encoders and receivers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from nenc_lab.network.base import LinkChange


class FaultyEncoder(Protocol):
    """What a fault can do to an encoder; see `nenc_lab.encode.base.Encoder`."""

    def request_key(self) -> None: ...

    def set_resolution(self, rung: int) -> None: ...

    def set_fault(self, kind: str, on: bool) -> None: ...


class Faulted(Protocol):
    """A flow that a fault can act on."""

    reporting: bool
    """False while a fault silences the receiver."""

    @property
    def encoder(self) -> FaultyEncoder:
        """The flow's encoder, or an object that forwards the fault to it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The beginning or end of a fault at ``at_ns``; ``act`` applies it to the flow with the name ``flow``."""

    at_ns: int
    flow: str
    text: str
    act: Callable[[Faulted], None]
    kind: str = "fault"


@dataclass(frozen=True, slots=True)
class PathStep:
    """A step of the path at ``at_ns``: a change, a row of the events table, or both."""

    at_ns: int
    kind: str = ""
    text: str = ""
    """Text of the row in the events table. It is empty for the single steps of a ramp or a trace, which have no row."""
    change: LinkChange | None = None
    """The change to apply; None for a row alone, whose change is made by other steps."""
    hold_ns: int = 0
    """How long the new rate holds before the next step, where the network needs to know; 0 means long enough."""

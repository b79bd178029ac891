"""What happens at a given time of a run: steps of the path, and faults of encoders and receivers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from nenc_lab.network.base import LinkChange


class FaultyEncoder(Protocol):
    """What a fault may do to an encoder; see `nenc_lab.encode.base.Encoder`."""

    def request_key(self) -> None: ...

    def set_resolution(self, rung: int) -> None: ...

    def set_fault(self, kind: str, on: bool) -> None: ...


class Faulted(Protocol):
    """The flow that a fault acts on."""

    reporting: bool
    """False while a fault silences the receiver."""

    @property
    def encoder(self) -> FaultyEncoder:
        """The flow's encoder, or whatever passes the fault on to it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that begins or ends at ``at_ns``; ``act`` does it to the flow of that name."""

    at_ns: int
    flow: str
    text: str
    act: Callable[[Faulted], None]
    kind: str = "fault"


@dataclass(frozen=True, slots=True)
class PathStep:
    """A step of the path at ``at_ns``: a change, a line of the events table, or both."""

    at_ns: int
    kind: str = ""
    text: str = ""
    """What the events table says; empty for the single steps of a ramp or a trace, which it does not list."""
    change: LinkChange | None = None
    """None: the event is announced here, and its change is applied by other steps."""
    hold_ns: int = 0
    """How long the new rate stays before the next one, where that matters to the network; 0: long enough."""

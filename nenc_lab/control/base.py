"""The interface of a controller, as the engine calls it."""

from __future__ import annotations

from typing import Any, Protocol

Sample = Any
"""A cffi ``nenc_sample *``: one feedback report as it reached the sender (nenc.h)."""
State = Any
"""A cffi ``nenc_state *``: the decision and every term that led to it (nenc.h)."""


class Controller(Protocol):
    """The controller of one flow. Time is always an argument: an implementation reads no clock."""

    tick_ns: int
    """Time between two control ticks."""

    def feedback(self, sample: Sample) -> None:
        """Takes in one report, which arrived at ``sample.time_ns``. An invalid report is ignored."""

    def tick(self, now_ns: int, state: State) -> None:
        """Decides, and fills every field of ``state``. The decision is rate_bps, encode_bps, fps, rung and qp."""

    def close(self) -> None:
        """Releases what the controller holds. May be called more than once."""

"""What a controller is to the engine."""

from __future__ import annotations

from typing import Any, Protocol

Sample = Any
"""A ``nenc_sample *``: one feedback report as it reached the sender (nenc.h)."""
State = Any
"""A ``nenc_state *``: the decision and every term behind it (nenc.h)."""


class Controller(Protocol):
    """One flow's controller. Time comes in as an argument; nothing here reads a clock."""

    tick_ns: int
    """Period of the control tick."""

    def feedback(self, sample: Sample) -> None:
        """One report has arrived, at ``sample.time_ns``."""

    def tick(self, now_ns: int, state: State) -> None:
        """One control tick: fills all of ``state``; rate_bps, encode_bps, fps, rung and qp are the decision."""

    def close(self) -> None:
        """Gives back what it holds; may be called twice."""

"""One hop over time: its capacity, with ramps and traces, and all its other keys that may change."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nenc_lab.scenario.capacity import Opportunities, Ramp, RateProgram
from nenc_lab.scenario.timeline.pieces import Pieces, pieces

if TYPE_CHECKING:
    from nenc_lab.scenario.hop import Hop, Loss, Trace
    from nenc_lab.scenario.timeline.steps import Step

BURST = 2.0
"""Highest rate of delivery opportunities, which have no rate of their own, as a multiple of their mean."""


class HopCapacity:
    """A hop's capacity in bit/s: a rate with steps and ramps, a trace, or infinite (no bottleneck)."""

    def __init__(self, hop: Hop) -> None:
        self._trace: Trace | None = hop.trace
        self._first = math.inf if hop.rate is None else float(hop.rate)
        self._rates: list[float | Ramp] = []
        self.times_ns: list[int] = []
        """Times at which the rate is set, in order; the same time may occur several times."""

    def set(self, at_ns: int, rate_bps: float, ramp_ns: int) -> Ramp | None:
        """Adds the next change of the rate; returns its ramp, or None when the new rate applies at once.

        A ramp that interrupts another one starts at the rate which that one has reached.
        """
        begin = self._after(len(self.times_ns), at_ns)
        ramp = Ramp(begin, rate_bps, ramp_ns) if ramp_ns and math.isfinite(begin) else None
        self._rates.append(rate_bps if ramp is None else ramp)
        self.times_ns.append(at_ns)
        return ramp

    def at(self, t_ns: int) -> float:
        """Returns the capacity from ``t_ns`` on; for a trace, its mean over one period."""
        return self._after(bisect.bisect_right(self.times_ns, t_ns), t_ns)

    def before(self, t_ns: int) -> float:
        """Returns the capacity just before ``t_ns``."""
        return self._after(bisect.bisect_left(self.times_ns, t_ns), t_ns)

    def highest_bps(self) -> float:
        """Returns the highest capacity at any time."""
        if isinstance(self.program, RateProgram):
            return self.program.highest_bps
        if self.program is not None:
            return self.mean_bps * BURST
        return max([self._first, *(rate.end_bps if isinstance(rate, Ramp) else rate for rate in self._rates)])

    @cached_property
    def program(self) -> RateProgram | Opportunities | None:
        """The trace from time 0 on, in the form that networks follow, read from its file; None without a trace."""
        if self._trace is None:
            return None
        from nenc_lab.scenario.traces import load

        return load(self._trace)

    @cached_property
    def mean_bps(self) -> float:
        """The trace's mean over one period; 0 without a trace. Reads no file once the scenario is loaded."""
        if self._trace is None:
            return 0.0
        from nenc_lab.scenario.traces import mean_rate

        return mean_rate(self._trace)

    def _after(self, count: int, t_ns: int) -> float:
        """Returns the capacity at ``t_ns`` after the first ``count`` changes of the rate."""
        if self._trace is not None:
            return self.mean_bps
        if count == 0:
            return self._first
        rate = self._rates[count - 1]
        return rate.at(t_ns - self.times_ns[count - 1]) if isinstance(rate, Ramp) else rate


@dataclass(frozen=True, slots=True)
class HopCourse:
    """The values of one hop over time."""

    capacity: HopCapacity
    values: Mapping[str, Pieces[Any]]
    """The other keys that a step may change, by their names in the scenario file: delay, loss, jitter, queue ..."""

    @property
    def delay(self) -> Pieces[int]:
        """One-way propagation delay, ns."""
        return self.values["delay"]

    @property
    def loss(self) -> Pieces[Loss]:
        """Random loss."""
        return self.values["loss"]


def courses(hop: Hop, steps: Iterable[Step]) -> Mapping[str, Pieces[Any]]:
    """Returns the course of each key that a step may change, except the capacity; ``steps`` are the hop's, in order."""
    from nenc_lab.scenario.hop import HopChange

    own = list(steps)
    return {
        key: pieces(
            getattr(hop, key),
            ((step.at_ns, value) for step in own if (value := getattr(step.change, key)) is not None),
        )
        for key in HopChange.model_fields
        if key not in ("hop", "rate")
    }

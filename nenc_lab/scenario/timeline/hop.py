"""One hop over time: its capacity, ramps and a trace included, and everything else of it that may change."""

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
"""Delivery opportunities have no rate; for the highest one they count as this multiple of their mean."""


class HopCapacity:
    """The capacity of a hop in bit/s: a rate with its steps and ramps, a trace, or infinite (no bottleneck)."""

    def __init__(self, hop: Hop) -> None:
        self._trace: Trace | None = hop.trace
        self._first = math.inf if hop.rate is None else float(hop.rate)
        self._rates: list[float | Ramp] = []
        self.times_ns: list[int] = []
        """When the rate is set, in order; an instant may be there several times."""

    def set(self, at_ns: int, rate_bps: float, ramp_ns: int) -> Ramp | None:
        """Adds what the timeline says next; returns the ramp, None when the new rate holds at once.

        A ramp begins where one that it cuts short had got to.
        """
        begin = self._after(len(self.times_ns), at_ns)
        ramp = Ramp(begin, rate_bps, ramp_ns) if ramp_ns and math.isfinite(begin) else None
        self._rates.append(rate_bps if ramp is None else ramp)
        self.times_ns.append(at_ns)
        return ramp

    def at(self, t_ns: int) -> float:
        """The capacity from ``t_ns`` on; of a trace its mean over one period."""
        return self._after(bisect.bisect_right(self.times_ns, t_ns), t_ns)

    def before(self, t_ns: int) -> float:
        """The capacity just before ``t_ns``."""
        return self._after(bisect.bisect_left(self.times_ns, t_ns), t_ns)

    def highest_bps(self) -> float:
        """The highest capacity that it ever has."""
        if isinstance(self.program, RateProgram):
            return self.program.highest_bps
        if self.program is not None:
            return self.mean_bps * BURST
        return max([self._first, *(rate.end_bps if isinstance(rate, Ramp) else rate for rate in self._rates)])

    @cached_property
    def program(self) -> RateProgram | Opportunities | None:
        """The trace as a network follows it from time 0 on, read from its file; None without a trace."""
        if self._trace is None:
            return None
        from nenc_lab.scenario.traces import load

        return load(self._trace)

    @cached_property
    def mean_bps(self) -> float:
        """The trace's mean over one period; 0 without a trace. Reads no file once the scenario was loaded."""
        if self._trace is None:
            return 0.0
        from nenc_lab.scenario.traces import mean_rate

        return mean_rate(self._trace)

    def _after(self, count: int, t_ns: int) -> float:
        """At ``t_ns`` when only the first ``count`` steps are taken."""
        if self._trace is not None:
            return self.mean_bps
        if count == 0:
            return self._first
        rate = self._rates[count - 1]
        return rate.at(t_ns - self.times_ns[count - 1]) if isinstance(rate, Ramp) else rate


@dataclass(frozen=True, slots=True)
class HopCourse:
    """What holds at one hop, and when."""

    capacity: HopCapacity
    values: Mapping[str, Pieces[Any]]
    """Every other key that a step may change, by its name in the scenario file: delay, loss, jitter, queue ..."""

    @property
    def delay(self) -> Pieces[int]:
        """One-way propagation delay, ns."""
        return self.values["delay"]

    @property
    def loss(self) -> Pieces[Loss]:
        """Random loss."""
        return self.values["loss"]


def courses(hop: Hop, steps: Iterable[Step]) -> Mapping[str, Pieces[Any]]:
    """Everything of a hop but its capacity that a step may change; ``steps`` are its own, in order of time."""
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

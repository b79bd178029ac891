"""Time-varying capacities: piecewise-constant rates, delivery opportunities and linear ramps.

Each can compute its integral or its mean over an interval, for networks that can only hold one rate at a time. A
repeating trace is stored as one period, however long the run is, and every method is vectorised.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RateProgram:
    """Rates over time: ``rate_bps[i]`` applies from ``t_ns[i]`` on; repeats every ``period_ns`` unless that is 0.

    Both have shape (n,), and times increase. Before ``t_ns[0]`` the rate is 0.
    """

    t_ns: Ints
    rate_bps: Floats
    period_ns: int

    @property
    def highest_bps(self) -> float:
        """The highest rate."""
        return float(np.max(self.rate_bps))

    def bits(self, until_ns: Ints) -> Floats:
        """Returns the integral of the rate from 0 to each time, in bits."""
        if not self.period_ns:
            return self._first_period(self.t_ns, until_ns)
        first = int(self.t_ns[0])
        times = self.t_ns - first
        laps, rest = np.divmod(np.maximum(until_ns - first, 0), self.period_ns)
        lap = self._first_period(times, np.array([self.period_ns]))[0]
        return np.where(until_ns < first, 0.0, laps * lap + self._first_period(times, rest))

    def _first_period(self, times: Ints, until_ns: Ints) -> Floats:
        sums = np.concatenate([[0.0], np.cumsum(self.rate_bps[:-1] * np.diff(times))]) / 1e9
        index = np.searchsorted(times, until_ns, side="right") - 1
        begun = index >= 0
        index = np.maximum(index, 0)
        return np.where(begun, sums[index] + self.rate_bps[index] * (until_ns - times[index]) / 1e9, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Opportunities:
    """Delivery opportunities, as in a mahimahi trace: at each ``t_ns`` up to ``bytes`` leave the queue.

    Times have shape (n,) and never decrease; they repeat every ``period_ns`` unless that is 0.
    """

    t_ns: Ints
    bytes: float
    period_ns: int

    def bits(self, until_ns: Ints) -> Floats:
        """Returns how many bits could have left the queue before each time."""
        laps, rest = np.divmod(until_ns, self.period_ns) if self.period_ns else (np.int64(0), until_ns)
        return np.asarray((laps * len(self.t_ns) + np.searchsorted(self.t_ns, rest, side="left")) * self.bytes * 8)


@dataclass(frozen=True, slots=True)
class Ramp:
    """A rate that changes linearly from ``begin_bps`` to ``end_bps`` over ``length_ns`` > 0 and stays there."""

    begin_bps: float
    end_bps: float
    length_ns: int

    def at(self, elapsed_ns: int) -> float:
        """Returns the rate ``elapsed_ns`` after the ramp began."""
        if elapsed_ns >= self.length_ns:
            return self.end_bps
        return self.begin_bps + (self.end_bps - self.begin_bps) * (elapsed_ns / self.length_ns)

    def means(self, edges_ns: Ints | Floats) -> Floats:
        """Returns the mean rate between successive edges, which lie on the ramp and count from its beginning."""
        middles = (edges_ns[:-1] + edges_ns[1:]) / 2 / self.length_ns
        means: Floats = self.begin_bps + (self.end_bps - self.begin_bps) * middles
        return means

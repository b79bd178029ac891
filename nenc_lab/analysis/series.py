"""Operations on time series: trailing means, values held between ticks, interpolated counters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nenc_lab.analysis.arrays import SECOND_NS, Floats, Ints, Values

if TYPE_CHECKING:
    from nenc_lab.scenario.timeline.pieces import Pieces

JUDGED_OVER_NS = 200_000_000
"""Window over which the controller's target is averaged to give the judged rate, ns."""


def trailing_mean(t_ns: Ints, values: Floats, over_ns: int = JUDGED_OVER_NS) -> Floats:
    """The mean, at each tick, of the ticks in (t - over, t].

    The window is trailing, so that the mean never anticipates: a settling time found on it is never too early, and at
    most ``over`` late. At the first ticks of a flow the window holds fewer ticks.
    """
    if not len(values):
        return values.astype(np.float64)
    first = np.searchsorted(t_ns, t_ns - over_ns, side="right")
    until = np.arange(1, len(values) + 1)
    # Each window is summed by itself instead of by a running sum, so that the mean of a constant rate is exact.
    bounds = np.stack([first, until], axis=1).ravel()
    sums = np.add.reduceat(np.append(values, 0.0), bounds)[::2]
    means: Floats = sums / (until - first)
    return means


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A step function: ``values[i]`` holds from ``edges_ns[i]`` up to ``edges_ns[i + 1]``."""

    edges_ns: Ints
    values: Floats

    @property
    def start_ns(self) -> int:
        return int(self.edges_ns[0])

    @property
    def end_ns(self) -> int:
        return int(self.edges_ns[-1])

    @property
    def lengths_ns(self) -> Ints:
        return np.diff(self.edges_ns)

    def between(self, start_ns: int, end_ns: int) -> Held:
        """The part inside [start, end); it has no edges when nothing is inside."""
        start_ns, end_ns = max(start_ns, self.start_ns), min(end_ns, self.end_ns)
        if end_ns <= start_ns:
            return Held(np.empty(0, np.int64), np.empty(0))
        first = int(np.searchsorted(self.edges_ns, start_ns, side="right")) - 1
        last = int(np.searchsorted(self.edges_ns, end_ns, side="left"))
        edges = self.edges_ns[first : last + 1].copy()
        edges[0], edges[-1] = start_ns, end_ns
        return Held(edges, self.values[first:last])

    def first_time(self, condition: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float | None:
        """Seconds from the start until ``condition`` (one per value) is first true; None when it never is."""
        found = np.flatnonzero(condition)
        return float(self.edges_ns[found[0]] - self.start_ns) / SECOND_NS if len(found) else None

    def integral(self) -> float:
        """The integral over time: the sum of value x seconds."""
        return float(np.sum(self.values * self.lengths_ns) / SECOND_NS)


def held(t_ns: Ints, values: Floats, end_ns: int) -> Held:
    """Holds each value from its tick to the next one, and the last to ``end_ns``. ``t_ns`` must increase."""
    before = t_ns < end_ns
    return Held(np.append(t_ns[before], end_ns), values[before])


def held_pieces(value: Pieces[float], end_ns: int) -> Held:
    """A value of the compiled timeline from 0 to ``end_ns``."""
    times = np.array([0, *(t_ns for t_ns in value.times_ns if 0 < t_ns < end_ns)], np.int64)
    return Held(np.append(times, end_ns), np.array([value.at(int(t_ns)) for t_ns in times]))


def at(t_ns: Ints, counter: Values, when_ns: int) -> float:
    """A counter at ``when_ns``, interpolated linearly between ticks; its first or last value beyond the ends."""
    return float(np.interp(when_ns, t_ns, counter))


def last_known(t_ns: Ints, counter: Values, when_ns: int) -> int:
    """A counter at the last tick that is not later than ``when_ns``; 0 before the first."""
    place = int(np.searchsorted(t_ns, when_ns, side="right"))
    return int(counter[place - 1]) if place else 0

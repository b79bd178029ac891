"""Histograms of the queue delay of a flow's packets, per part of the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nenc_lab.analysis.arrays import Floats, Ints, Values, nanoseconds
from nenc_lab.analysis.percentile import percentiles

COLUMNS = ("from_s", "until_s", "delay_ms", "packets")
MOST_WAITING = 32768
"""Rows that are collected before they are summed together."""


@dataclass(frozen=True, slots=True, eq=False)
class Waits:
    """Packets per delay and stretch of the run. A stretch lies between two neighbours in ``bounds_ns``.

    The rows of delays.parquet (millions for an hour) are summed as they are read. A row whose slice crosses a bound
    belongs to no stretch (-1) and counts over the whole run only. The engine cuts its slices at the bounds, so that
    there are no such rows.
    """

    bounds_ns: Ints
    stretch: Ints
    delay_ms: Floats
    packets: Ints

    def percentiles(self, *percents: int) -> list[float | None]:
        """Percentiles over the whole run, weighted by packets."""
        return percentiles(self.delay_ms, percents, self.packets)

    def percentiles_between(self, start_ns: int, end_ns: int, *percents: int) -> list[float | None]:
        """Percentiles of the packets that arrived in [start, end), which must be bounds. None without packets."""
        begin = np.append(self.bounds_ns, np.iinfo(np.int64).max)[self.stretch]
        inside = (self.stretch >= 0) & (begin >= start_ns) & (begin < end_ns)
        return percentiles(self.delay_ms[inside], percents, self.packets[inside])


class Adding:
    """Sums the rows of one flow as they are read."""

    def __init__(self, bounds_ns: Iterable[int]) -> None:
        """``bounds_ns`` are the times that `Waits.percentiles_between` will be given."""
        self._bounds = np.array(sorted(set(bounds_ns)), np.int64)
        self._parts = [_Part(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))]
        self._waiting = 0

    def add(self, batch: Mapping[str, Values]) -> None:
        """Adds rows with the columns `COLUMNS`."""
        bounds, begun, ended = self._bounds, nanoseconds(batch["from_s"]), nanoseconds(batch["until_s"])
        stretch = np.searchsorted(bounds, begun, side="right") - 1
        across = (stretch < 0) | (stretch + 1 >= len(bounds))
        across |= ended > np.append(bounds, 0)[np.minimum(stretch + 1, len(bounds))]
        packets = batch["packets"].astype(np.int64)
        self._parts.append(_Part(np.where(across, -1, stretch), batch["delay_ms"], packets))
        self._waiting += len(packets)
        if self._waiting >= MOST_WAITING:
            self._sum()

    def result(self) -> Waits:
        """The histograms of the rows added so far."""
        self._sum()
        (whole,) = self._parts
        return Waits(self._bounds, *whole)

    def _sum(self) -> None:
        columns = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        self._parts, self._waiting = [_summed(*columns)], 0


class _Part(NamedTuple):
    stretch: Ints
    delay_ms: Floats
    packets: Ints


def _summed(stretch: Ints, delay_ms: Floats, packets: Ints) -> _Part:
    """One row per stretch and delay."""
    if not len(packets):
        return _Part(stretch, delay_ms, packets)
    order = np.lexsort((delay_ms, stretch))
    stretch, delay_ms = stretch[order], delay_ms[order]
    new = np.concatenate(([True], (stretch[1:] != stretch[:-1]) | (delay_ms[1:] != delay_ms[:-1])))
    first = np.flatnonzero(new)
    return _Part(stretch[first], delay_ms[first], np.add.reduceat(packets[order], first))

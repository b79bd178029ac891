"""Queue delay of a flow's packets: how many waited how long, in which part of the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nenc_lab.analysis.arrays import Floats, Ints, nanoseconds
from nenc_lab.analysis.percentile import percentiles

COLUMNS = ("from_s", "until_s", "delay_ms", "packets")


@dataclass(frozen=True, slots=True, eq=False)
class Waits:
    """Packets per delay and stretch of the run; a stretch lies between two neighbours of ``bounds_ns``.

    From delays.parquet, whose rows (an hour has millions) are added up as they are read. Rows of a slice that lies
    across a bound belong to no stretch, -1: they count only over the whole run. The engine cuts its slices so that
    there are none.
    """

    bounds_ns: Ints
    stretch: Ints
    delay_ms: Floats
    packets: Ints

    def percentiles(self, *percents: int) -> list[float | None]:
        """Over the whole run, weighted by packets."""
        return percentiles(self.delay_ms, percents, self.packets)

    def percentiles_between(self, start_ns: int, end_ns: int, *percents: int) -> list[float | None]:
        """Of the packets that arrived in [start, end), two of the bounds. None without any packet."""
        begin = np.append(self.bounds_ns, np.iinfo(np.int64).max)[self.stretch]
        inside = (self.stretch >= 0) & (begin >= start_ns) & (begin < end_ns)
        return percentiles(self.delay_ms[inside], percents, self.packets[inside])


def add_up(batches: Iterable[Mapping[str, np.ndarray[Any, Any]]], bounds_ns: Iterable[int]) -> Waits:
    """Reads the rows of one flow; ``bounds_ns`` are the times that will be asked for."""
    bounds = np.array(sorted(set(bounds_ns)), np.int64)
    columns = _summed(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))
    for batch in batches:
        begun, ended = nanoseconds(batch["from_s"]), nanoseconds(batch["until_s"])
        stretch = np.searchsorted(bounds, begun, side="right") - 1
        across = (stretch < 0) | (stretch + 1 >= len(bounds))
        across |= ended > np.append(bounds, 0)[np.minimum(stretch + 1, len(bounds))]
        new = (np.where(across, -1, stretch), batch["delay_ms"], batch["packets"].astype(np.int64))
        columns = _summed(*(np.concatenate(pair) for pair in zip(columns, new, strict=True)))
    return Waits(bounds, *columns)


def _summed(stretch: Ints, delay_ms: Floats, packets: Ints) -> tuple[Ints, Floats, Ints]:
    """One row per stretch and delay."""
    if not len(packets):
        return stretch, delay_ms, packets
    order = np.lexsort((delay_ms, stretch))
    stretch, delay_ms = stretch[order], delay_ms[order]
    new = np.concatenate(([True], (stretch[1:] != stretch[:-1]) | (delay_ms[1:] != delay_ms[:-1])))
    first = np.flatnonzero(new)
    return stretch[first], delay_ms[first], np.add.reduceat(packets[order], first)

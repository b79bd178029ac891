"""Reads what a sender or receiver writes to shared memory while it runs (nenc/live.h), as numpy arrays."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nenc_lab.errors import InternalError
from nenc_lab.kernels import dtype
from nenc_lab.network.base import Rows

MAGIC = b"NENCLIV1"
RECORDS = {
    "sent": "nenc_sent_record",
    "captured": "nenc_captured_record",
    "ticks": "nenc_tick_record",
    "samples": "nenc_sample",
    "events": "nenc_event_record",
    "arrivals": "nenc_arrival_record",
    "reports": "nenc_report_record",
}
"""The rings, in the order of nenc_ring_kind, and the C struct of their records."""


class Telemetry:
    """The mapped file of one program. `take` returns each record once; the writer never waits for the reader."""

    def __init__(self, file: Path) -> None:
        """Raises FileNotFoundError or ValueError while the program has not finished creating the file."""
        with open(file, "rb") as opened:
            self._map = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        header = np.frombuffer(self._map, dtype("nenc_telemetry"), 1)
        if bytes(header["magic"][0]) != MAGIC:
            del header
            self._map.close()
            raise ValueError(f"{file} is not complete yet")
        self._header: Rows | None = header
        self._rings: dict[str, Rows] = {}
        self._read = dict.fromkeys(RECORDS, 0)
        for number, (name, struct) in enumerate(RECORDS.items()):
            info = header["rings"][0][number]
            if int(info["record_bytes"]) != dtype(struct).itemsize:
                raise InternalError(
                    f"{file}: records of {name} have {info['record_bytes']} bytes: the program is of another build"
                )
            self._rings[name] = np.frombuffer(self._map, dtype(struct), int(info["capacity"]), int(info["offset"]))
        self.missed = 0
        """Number of records that were overwritten before the reader, a whole ring behind, took them."""

    @property
    def ready(self) -> bool:
        """Whether the program has opened everything and waits for its start."""
        return bool(self._view["ready"][0])

    @property
    def origin_ns(self) -> int:
        """Time 0 of the program, on CLOCK_MONOTONIC."""
        return int(self._view["origin_ns"][0])

    @property
    def counters(self) -> Rows:
        """A copy of the program's nenc_live_counters."""
        counters: Rows = self._view["counters"][0].copy()
        return counters

    def take(self, ring: str) -> Rows:
        """Returns a copy of the new records in ``ring``, oldest first."""
        rows = self._rings[ring]
        written = int(self._view["rings"][0][list(RECORDS).index(ring)]["written"])
        first = self._read[ring]
        if written - first > len(rows):
            self.missed += written - len(rows) - first
            first = written - len(rows)
        self._read[ring] = written
        if first == written:
            return rows[:0].copy()
        return rows[np.arange(first, written) % len(rows)]

    def close(self) -> None:
        """Unmaps the file. May be called more than once."""
        self._rings = {}
        self._header = None
        if not self._map.closed:
            self._map.close()

    @property
    def _view(self) -> Rows:
        assert self._header is not None, "closed"
        return self._header


def percentile_ms(bins: Sequence[int], percent: float) -> float | None:
    """Returns the upper edge of the bin (125 us each) of a lateness histogram that holds this percentile.

    None when the histogram is empty.
    """
    counts = np.cumsum(bins)
    if not len(counts) or counts[-1] == 0:
        return None
    return float(np.searchsorted(counts, counts[-1] * percent / 100.0) + 1) * 0.125

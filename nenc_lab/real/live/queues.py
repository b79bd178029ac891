"""Converts polls of the kernel's queue counters to path rows, with the rates that were really set."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from nenc_lab.kernels import dtype
from nenc_lab.network.base import Rows
from nenc_lab.real.qdiscs.limits import WIRE_BYTES


class Queues:
    """Takes polls and changes of rate, and returns rows of nenc_path_row."""

    def __init__(self, rates_bps: Sequence[float | None], first: Rows) -> None:
        """``rates_bps`` are those at time 0, None for no bottleneck; ``first`` is a poll from before the run."""
        self._rates = [np.inf if rate is None else rate for rate in rates_bps]
        self._last = first
        self._last_ns = self._seen_ns = 0
        self._busy = np.zeros((len(self._rates), 3))
        self._behind_ns: list[list[float]] = [[] for _ in self._rates]
        self._changes: list[tuple[int, int, float]] = []
        self._rows: deque[Rows] = deque()  # filled and emptied by different threads

    def rate(self, at_ns: int, link: int, rate_bps: float) -> None:
        """Records that the kernel has had this rate since ``at_ns``."""
        self._changes.append((at_ns, link, rate_bps))

    def poll(self, now_ns: int, seen: Rows, seen_ns: int | None = None) -> None:
        """Adds the counters of the poll that was due at ``now_ns`` and happened at ``seen_ns``."""
        rows = np.zeros(len(seen), dtype("nenc_path_row"))
        rows["t_ns"], rows["link"] = now_ns, seen["link"]
        rows["capacity_bps"] = self._capacities(now_ns)
        rows["queue_bytes"] = seen["queue_bytes"]
        rates = np.array(self._rates)
        with np.errstate(divide="ignore", invalid="ignore"):
            wait_ms = np.where(seen["queue_bytes"] > 0, seen["queue_bytes"] * 8e3 / rates, 0.0)
        rows["queue_delay_ms"] = np.where(np.isfinite(wait_ms), wait_ms, np.nan)  # in an outage nobody knows how long
        for name, of in (("packets", "packets"), ("drops_queue", "drops_queue"), ("drops_loss", "drops_loss")):
            rows[name] = np.maximum(0, seen[of] - self._last[of])
        rows["marked"] = np.maximum(0, seen["marked"] - self._last["marked"])
        self._watch(rows["capacity_bps"], seen, now_ns if seen_ns is None else seen_ns)
        self._last, self._last_ns = seen, now_ns
        self._rows.append(rows)

    def _capacities(self, now_ns: int) -> np.ndarray:
        """Returns the mean rate of each link since the last poll."""
        span = max(1, now_ns - self._last_ns)
        carried = np.zeros(len(self._rates))
        since = np.full(len(self._rates), self._last_ns)
        for at_ns, link, rate in self._changes:
            at_ns = min(max(at_ns, self._last_ns), now_ns)
            if np.isfinite(self._rates[link]):
                carried[link] += self._rates[link] * (at_ns - since[link])
            since[link] = at_ns
            self._rates[link] = rate
        self._changes.clear()
        rates = np.array(self._rates)
        with np.errstate(invalid="ignore"):
            return np.where(np.isfinite(rates), (carried + rates * (now_ns - since)) / span, np.inf)

    def _watch(self, capacity_bps: np.ndarray, seen: Rows, seen_ns: int) -> None:
        """Adds up what each link carried, and what it should have, while its queue held enough to keep it busy."""
        span_ns = seen_ns - self._seen_ns
        due_bits = capacity_bps * (span_ns / 1e9)
        busy = (capacity_bps > 0) & (self._last["queue_bytes"] * 8.0 >= due_bits) & (span_ns > 0)
        passed_bits = (seen["bytes"] - self._last["bytes"]) * 8.0
        self._busy[busy] += np.stack([passed_bits, due_bits, np.full(len(busy), span_ns)], axis=1)[busy]
        for link in np.flatnonzero(busy):
            behind_bits = due_bits[link] - passed_bits[link] - 8.0 * WIRE_BYTES  # one packet goes at once
            self._behind_ns[link].append(behind_bits / capacity_bps[link] * 1e9)
        self._seen_ns = seen_ns

    def late(self, part: float, over_ns: int) -> list[tuple[int, float]]:
        """Returns (link, ms) of links that were over ``over_ns`` behind in more than ``part`` of the polls while busy.

        ``ms`` is that quantile. Such links carried all they should, but in bursts after pauses of the machine.
        """
        quantiles = [np.quantile(behind, 1.0 - part) if behind else 0.0 for behind in self._behind_ns]
        return [(link, float(behind) / 1e6) for link, behind in enumerate(quantiles) if behind > over_ns]

    def slow(self, part: float, over_ns: int) -> list[tuple[int, float]]:
        """Returns (link, part of its rate) of links that carried less than ``part`` of their rate while busy.

        Only links that were busy for at least ``over_ns`` count. The machine had no time for them.
        """
        passed, due, busy_ns = self._busy.T
        return [
            (link, float(passed[link] / due[link]))
            for link in np.flatnonzero((busy_ns >= over_ns) & (passed < part * due)).tolist()
        ]

    def take(self) -> Rows:
        """Returns the rows since the last call."""
        rows = [self._rows.popleft() for _ in range(len(self._rows))]
        return np.concatenate(rows) if rows else np.empty(0, dtype("nenc_path_row"))

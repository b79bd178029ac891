"""The path's queues over time: polled counters of the kernel as path rows, with the capacity that was really set."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from nenc_lab.kernels import dtype
from nenc_lab.network.base import Rows


class Queues:
    """Fed by polls and changes of rate; ``take`` gives rows of nenc_path_row."""

    def __init__(self, rates_bps: Sequence[float | None], first: Rows) -> None:
        """``rates_bps`` at time 0, None: no bottleneck; ``first``: a poll of before the run."""
        self._rates = [np.inf if rate is None else rate for rate in rates_bps]
        self._last = first
        self._last_ns = 0
        self._changes: list[tuple[int, int, float]] = []
        self._rows: deque[Rows] = deque()  # taken by another thread than fills it

    def rate(self, at_ns: int, link: int, rate_bps: float) -> None:
        """The kernel has had this rate since ``at_ns``."""
        self._changes.append((at_ns, link, rate_bps))

    def poll(self, now_ns: int, seen: Rows) -> None:
        """What the kernel said at ``now_ns``."""
        rows = np.zeros(len(seen), dtype("nenc_path_row"))
        rows["t_ns"], rows["link"] = now_ns, seen["link"]
        rows["capacity_bps"] = self._capacities(now_ns)
        rows["queue_bytes"] = seen["queue_bytes"]
        rates = np.array(self._rates)
        with np.errstate(divide="ignore", invalid="ignore"):
            wait_ms = np.where(seen["queue_bytes"] > 0, seen["queue_bytes"] * 8e3 / rates, 0.0)
        rows["queue_delay_ms"] = np.where(np.isfinite(wait_ms), wait_ms, np.nan)  # an outage: nobody knows how long
        for name, of in (("packets", "packets"), ("drops_queue", "drops_queue"), ("drops_loss", "drops_loss")):
            rows[name] = np.maximum(0, seen[of] - self._last[of])
        rows["marked"] = np.maximum(0, seen["marked"] - self._last["marked"])
        self._last, self._last_ns = seen, now_ns
        self._rows.append(rows)

    def _capacities(self, now_ns: int) -> np.ndarray:
        """Mean of each link since the last poll."""
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

    def take(self) -> Rows:
        """Rows since the last call."""
        rows = [self._rows.popleft() for _ in range(len(self._rows))]
        return np.concatenate(rows) if rows else np.empty(0, dtype("nenc_path_row"))

"""Figures of the run as a whole: its length, speed and fairness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nenc_lab.analysis.arrays import SECOND_NS
from nenc_lab.analysis.metrics.delivery import mean_rate_bps
from nenc_lab.analysis.metrics.metric import Value
from nenc_lab.analysis.rows import FlowRows, RunRows

LAST_NS = 20 * SECOND_NS


def simulated_s(run: RunRows) -> float:
    """Scenario time that the run covered."""
    return run.end_ns / SECOND_NS


def wall_s(run: RunRows) -> Value:
    """Wall time that the run took, including its tables."""
    return _number(run.timing.get("wall_s"))


def speed(run: RunRows) -> float | None:
    """Simulated time / wall time; null when the wall time is unknown."""
    wall = _number(run.timing.get("wall_s"))
    return simulated_s(run) / wall if wall else None


def packets(run: RunRows) -> Value:
    """Packets that the run sent."""
    return _number(run.timing.get("packets"))


def jain_last20s(run: RunRows) -> float | None:
    """Jain's fairness index of the flows' goodput in the last 20 s of the run, over the flows active then."""
    goodputs = [goodput_last_bps(rows, run.end_ns) for rows in run.flows]
    return jain([goodput for goodput in goodputs if goodput is not None])


def lateness_ms(run: RunRows) -> dict[str, Value]:
    """Lateness of the emulated network's events; null on the virtual network, where nothing can be late."""
    lateness = run.timing.get("lateness_ms")
    found = lateness if isinstance(lateness, Mapping) else {}
    return {"p99": _number(found.get("p99")), "max": _number(found.get("max"))}


def goodput_last_bps(rows: FlowRows, ended_ns: int) -> float | None:
    """Goodput over the time that the flow was active in the last 20 s of the run; None when it was not active."""
    start_ns = max(rows.start_ns, ended_ns - LAST_NS)
    return mean_rate_bps(rows.t_ns, rows.ticks["received_bytes"], start_ns, rows.last_ns)


def jain(rates: Sequence[float]) -> float | None:
    """Jain's fairness index (sum x)^2 / (n sum x^2): 1 when all are equal, 1/n when one has all; None for zeros."""
    squares = sum(rate * rate for rate in rates)
    return sum(rates) ** 2 / (len(rates) * squares) if squares > 0 else None


def _number(value: object) -> float | int | None:
    return value if isinstance(value, float | int) else None

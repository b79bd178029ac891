"""The run as a whole: how long, how fast, how fair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nenc_lab.analysis.arrays import SECOND_NS
from nenc_lab.analysis.metrics.delivery import mean_rate_bps
from nenc_lab.analysis.metrics.metric import Value
from nenc_lab.analysis.rows import FlowRows, RunRows

LAST_NS = 20 * SECOND_NS


def simulated_s(run: RunRows) -> float:
    """How far the run went, in the time of the scenario."""
    return run.end_ns / SECOND_NS


def wall_s(run: RunRows) -> Value:
    """Wall time of the run's loop and tables, as the session measured it."""
    return _number(run.timing.get("wall_s"))


def speed(run: RunRows) -> float | None:
    """Simulated time / wall time; null when the wall time is not known."""
    wall = _number(run.timing.get("wall_s"))
    return simulated_s(run) / wall if wall else None


def packets(run: RunRows) -> Value:
    """Packets of the whole run, as the session counted them."""
    return _number(run.timing.get("packets"))


def jain_last20s(run: RunRows) -> float | None:
    """Jain's index of the goodput, in the last 20 s of the run, of the flows that were active then."""
    goodputs = [goodput_last_bps(rows, run.end_ns) for rows in run.flows]
    return jain([goodput for goodput in goodputs if goodput is not None])


def lateness_ms(run: RunRows) -> dict[str, Value]:
    """How late the emulated network's events were; null on the virtual network, where nothing can be late."""
    lateness = run.timing.get("lateness_ms")
    found = lateness if isinstance(lateness, Mapping) else {}
    return {"p99": _number(found.get("p99")), "max": _number(found.get("max"))}


def goodput_last_bps(rows: FlowRows, ended_ns: int) -> float | None:
    """Goodput over the time the flow was active in the last 20 s of the run; None when it was not."""
    start_ns = max(rows.start_ns, ended_ns - LAST_NS)
    return mean_rate_bps(rows.t_ns, rows.ticks["received_bytes"], start_ns, rows.last_ns)


def jain(rates: Sequence[float]) -> float | None:
    """Jain's fairness index (sum x)^2 / (n sum x^2): 1 when all are equal, 1/n when one has all; None for zeros."""
    squares = sum(rate * rate for rate in rates)
    return sum(rates) ** 2 / (len(rates) * squares) if squares > 0 else None


def _number(value: object) -> float | int | None:
    return value if isinstance(value, float | int) else None

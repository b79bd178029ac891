"""The capacity that a flow's path had over time, and the part of it that random loss let through."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from nenc_lab.analysis.arrays import SECOND_NS, Floats, Ints, nanoseconds
from nenc_lab.analysis.series import Held, held_pieces

if TYPE_CHECKING:
    from nenc_lab.recording.open import Run
    from nenc_lab.scenario.schema import Flow
    from nenc_lab.scenario.timeline import Timeline


def capacity(run: Run, hops: Iterable[str]) -> Held | None:
    """The lowest measured capacity among the named hops, in bit/s on the wire, per row of path.parquet (10 ms).

    It is infinite where no hop is a bottleneck. Returns None when the run has no rows of these hops.
    """
    least: Floats | None = None
    edges: Ints = np.empty(0, np.int64)
    for hop in hops:
        rows = run.columns("path", hop, ("t_s", "capacity_bps"))
        if not len(rows["t_s"]):
            return None
        ends = nanoseconds(rows["t_s"])
        if least is None:
            period = ends[1] - ends[0] if len(ends) > 1 else ends[0]
            least, edges = rows["capacity_bps"], np.insert(ends, 0, max(0, ends[0] - period))
        else:
            count = min(len(least), len(ends))  # a killed run may hold more rows of one hop than of the next
            least, edges = np.minimum(least[:count], rows["capacity_bps"][:count]), edges[: count + 1]
    return None if least is None else Held(edges, least)


def passing(timeline: Timeline, flow: Flow) -> Held:
    """The part of packets, 0..1, that the scenario's random loss lets through on the flow's hops, over the run."""
    return held_pieces(timeline.passing(flow), timeline.scenario.duration)


def usable_bits(path: Held, passed: Held, most_bps: float, start_ns: int, end_ns: int) -> float:
    """Bits that could have been delivered in [start, end): the integral of min(capacity, most) x (1 - loss).

    ``most_bps`` is what the flow's ``rate.max`` needs on the wire.
    """
    path, passed = path.between(start_ns, end_ns), passed.between(start_ns, end_ns)
    edges = np.sort(np.concatenate((path.edges_ns, passed.edges_ns)))
    edges = edges[np.diff(edges, prepend=-1) > 0]  # each once; numpy's union1d would import numpy.ma first
    if len(edges) < 2:
        return 0.0
    usable = np.minimum(_in_force(path, edges), most_bps) * _in_force(passed, edges)
    return float(np.sum(usable * np.diff(edges)) / SECOND_NS)


def _in_force(series: Held, edges: Ints) -> Floats:
    """The value of the series in each interval between two edges, which include its own."""
    return series.values[np.searchsorted(series.edges_ns, edges[:-1], side="right") - 1]

"""What the path could carry to a flow, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nenc_lab.analysis.arrays import SECOND_NS, Floats, Ints, nanoseconds
from nenc_lab.analysis.series import Held

if TYPE_CHECKING:
    from nenc_lab.recording.open import Run
    from nenc_lab.scenario.schema import Flow, Scenario


def capacity(run: Run, scenario: Scenario, flow: Flow) -> Held | None:
    """The least capacity of the hops the flow crosses, in bit/s on the wire, per row of path.parquet (10 ms).

    Infinite where no hop is a bottleneck. None when the run has no rows of these hops.
    """
    from nenc_lab.scenario.timeline import crossed

    least: Floats | None = None
    edges: Ints = np.empty(0, np.int64)
    for index in crossed(scenario, flow):
        rows = run.columns("path", f"forward.{scenario.path.forward.hops[index].name}", ("t_s", "capacity_bps"))
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


def passing(scenario: Scenario, flow: Flow) -> Held:
    """What the scenario's random loss lets through on the flow's hops, 0..1, over the run: the product of 1 - loss.

    Of Gilbert-Elliott loss its long-run mean. Queue drops are no random loss. The timeline's changes included.
    """
    from nenc_lab.scenario.timeline import crossed, steps

    hops = scenario.path.forward.hops
    loss = {index: hops[index].loss.mean for index in crossed(scenario, flow)}
    edges, values = [0], [_product(loss)]
    for step in steps(scenario):
        if step.direction != "forward" or step.loss is None or step.hop not in loss:
            continue
        loss[step.hop] = step.loss.mean
        if step.at_ns == edges[-1]:
            values[-1] = _product(loss)
        elif step.at_ns < scenario.duration:
            edges.append(step.at_ns)
            values.append(_product(loss))
    return Held(np.array([*edges, scenario.duration], np.int64), np.array(values))


def _product(loss: dict[int, float]) -> float:
    return float(np.prod([1.0 - ratio for ratio in loss.values()]))


def usable_bits(path: Held, passed: Held, most_bps: float, start_ns: int, end_ns: int) -> float:
    """Bits the flow could have had delivered in [start, end): integral of min(capacity, most) x what loss lets through.

    ``most_bps`` is what the flow's ``rate.max`` needs on the wire.
    """
    path, passed = path.between(start_ns, end_ns), passed.between(start_ns, end_ns)
    edges = np.union1d(path.edges_ns, passed.edges_ns)
    if len(edges) < 2:
        return 0.0
    usable = np.minimum(_in_force(path, edges), most_bps) * _in_force(passed, edges)
    return float(np.sum(usable * np.diff(edges)) / SECOND_NS)


def _in_force(series: Held, edges: Ints) -> Floats:
    """The value of the series in each interval between two edges, of which its own are some."""
    return series.values[np.searchsorted(series.edges_ns, edges[:-1], side="right") - 1]

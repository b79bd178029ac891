"""Reads a run's tables, each once for all flows, into the rows from which metrics are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nenc_lab.analysis.arrays import Values, nanoseconds
from nenc_lab.analysis.capacity import capacity, passing
from nenc_lab.analysis.rows import CALM_NS, FlowRows, RunRows
from nenc_lab.analysis.series import Held, held, trailing_mean
from nenc_lab.analysis.waits import COLUMNS, Adding, Waits

if TYPE_CHECKING:
    from nenc_lab.recording.open import Run
    from nenc_lab.scenario.schema import Flow
    from nenc_lab.scenario.timeline import Change, Timeline

TICK_COLUMNS = (
    "t_s",
    "rate_bps",
    "encode_bps",
    "throughput",
    "rtt_ms",
    "loss",
    "sent_bytes",
    "received_bytes",
    "received_wire_bytes",
    "sent_packets",
    "received_packets",
    "lost_packets",
    "feedback_wire_bytes",
    "samples",
)
FRAME_COLUMNS = ("t_s", "size", "qp", "encoder", "received", "lost", "late", "psnr", "ssim")


def timeline_of(run: Run) -> Timeline:
    """The timeline of the run's scenario. Raises ScenarioError when run.json holds no scenario that can be read."""
    from nenc_lab.scenario.load import restore
    from nenc_lab.scenario.timeline import compile

    return compile(restore(run.info["scenario"], str(run.folder / "run.json")))


def run_rows(run: Run, compiled: Timeline) -> RunRows:
    """Reads the run. Flows are in the order of the scenario; a flow without ticks never ran and is left out."""
    scenario = compiled.scenario
    end_ns = ended_ns(run)
    ticks = run.by_flow("ticks", [flow.name for flow in scenario.flows], TICK_COLUMNS)
    active = {}
    for flow in scenario.flows:
        rows = _active(ticks.pop(flow.name), flow.start, min(scenario.stop_ns(flow), end_ns))
        if len(rows["t_s"]):
            active[flow.name] = rows
    frames = run.by_flow("frames", list(active), FRAME_COLUMNS)
    flows = [flow for flow in scenario.flows if flow.name in active]
    happened = {flow.name: compiled.changes(flow.name) for flow in flows}
    waits = _waits(
        run, {flow.name: _bounds(happened[flow.name], min(scenario.stop_ns(flow), end_ns)) for flow in flows}
    )
    path = _Path(run, compiled)
    found = []
    for flow in flows:
        rows, until_ns = active[flow.name], min(scenario.stop_ns(flow), end_ns)
        t_ns = nanoseconds(rows["t_s"])
        found.append(
            FlowRows(
                flow=flow,
                start_ns=flow.start,
                end_ns=until_ns,
                t_ns=t_ns,
                ticks=rows,
                frames=frames[flow.name],
                changes=happened[flow.name],
                waits=waits[flow.name],
                rate=held(t_ns, trailing_mean(t_ns, rows["rate_bps"]), until_ns),
                path=path.capacity(flow),
                passing=path.passing(flow),
            )
        )
    return RunRows(end_ns=end_ns, timing=run.info.get("timing") or {}, flows=found)


def ended_ns(run: Run) -> int:
    """End of the run in ns: as recorded or, for a killed run, the last time in its tables; 0 when they are empty."""
    said = (run.info.get("timing") or {}).get("simulated_s")
    if said is not None:
        return round(float(said) * 1e9)
    times = [nanoseconds(run.columns(table, only=("t_s",))["t_s"]) for table in ("ticks", "path")]
    last: list[int] = [int(t[-1]) for t in times if len(t)]  # rows are in time order
    return max(last, default=0)


def _active(ticks: dict[str, Values], start_ns: int, end_ns: int) -> dict[str, Values]:
    """The ticks in which the flow was active."""
    t_ns = nanoseconds(ticks["t_s"])
    active = (t_ns >= start_ns) & (t_ns < end_ns)
    return ticks if active.all() else {name: values[active] for name, values in ticks.items()}


def _bounds(changes: tuple[Change, ...], end_ns: int) -> set[int]:
    """The times between which queue delays are needed."""
    spans = [(change.at_ns, min(change.until_ns, end_ns)) for change in changes]
    return {bound for start, end in spans for bound in (start, min(start + CALM_NS, end), end)}


def _waits(run: Run, bounds: dict[str, set[int]]) -> dict[str, Waits]:
    adding = {flow: Adding(times) for flow, times in bounds.items()}
    for batch in run.batches_by_flow("delays", list(bounds), COLUMNS):
        for flow, rows in batch.items():
            adding[flow].add(rows)
    return {flow: one.result() for flow, one in adding.items()}


class _Path:
    """Capacity and loss of the path, computed once for all flows that cross the same hops."""

    def __init__(self, run: Run, timeline: Timeline) -> None:
        self._run, self._timeline = run, timeline
        self._capacity: dict[tuple[int, ...], Held | None] = {}
        self._passing: dict[tuple[int, ...], Held] = {}

    def capacity(self, flow: Flow) -> Held | None:
        hops = self._hops(flow)
        if hops not in self._capacity:
            names = self._timeline.scenario.path.forward.hops
            self._capacity[hops] = capacity(self._run, (f"forward.{names[hop].name}" for hop in hops))
        return self._capacity[hops]

    def passing(self, flow: Flow) -> Held:
        hops = self._hops(flow)
        if hops not in self._passing:
            self._passing[hops] = passing(self._timeline, flow)
        return self._passing[hops]

    def _hops(self, flow: Flow) -> tuple[int, ...]:
        return tuple(self._timeline.crossed(flow))

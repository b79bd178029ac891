"""One flow's rows of a run, read once: the times and counters that the metrics work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nenc_lab.analysis.arrays import SECOND_NS, Ints, Values, nanoseconds
from nenc_lab.analysis.capacity import capacity, passing
from nenc_lab.analysis.series import Held, held, trailing_mean
from nenc_lab.analysis.waits import COLUMNS, Waits, add_up

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
CALM_NS = 5 * SECOND_NS
"""Queue delay is judged from this long after a change."""


@dataclass(frozen=True, slots=True, eq=False)
class FlowRows:
    """What a run recorded of one flow. It was active in [start_ns, end_ns): to its stop, or to the end of the run."""

    flow: Flow
    start_ns: int
    end_ns: int
    t_ns: Ints
    ticks: dict[str, Values]
    frames: dict[str, Values]
    changes: tuple[Change, ...]
    waits: Waits
    rate: Held
    """The judged rate."""
    path: Held | None
    """Capacity of the hops it crosses; None when the run has no row of them."""
    passing: Held
    """What the set random loss lets through."""

    @property
    def last_ns(self) -> int:
        """The last tick: counters are known up to here."""
        return int(self.t_ns[-1])


def flow_rows(run: Run, timeline: Timeline, flow: Flow, ended_ns: int) -> FlowRows | None:
    """Reads one flow of a run that went on to ``ended_ns``. None when the flow has no tick: it never ran."""
    scenario = timeline.scenario
    end_ns = min(scenario.stop_ns(flow), ended_ns)
    ticks = run.columns("ticks", flow.name, TICK_COLUMNS)
    t_ns = nanoseconds(ticks["t_s"])
    active = (t_ns >= flow.start) & (t_ns < end_ns)
    if not active.any():
        return None
    if not active.all():
        t_ns = t_ns[active]
        ticks = {name: values[active] for name, values in ticks.items()}
    happened = timeline.changes(flow.name)
    crossed = (scenario.path.forward.hops[index].name for index in timeline.crossed(flow))
    spans = [(change.at_ns, min(change.until_ns, end_ns)) for change in happened]
    bounds = {bound for start, end in spans for bound in (start, min(start + CALM_NS, end), end)}
    return FlowRows(
        flow=flow,
        start_ns=flow.start,
        end_ns=end_ns,
        t_ns=t_ns,
        ticks=ticks,
        frames=run.columns("frames", flow.name, FRAME_COLUMNS),
        changes=happened,
        waits=add_up(run.batches("delays", flow.name, COLUMNS), bounds),
        rate=held(t_ns, trailing_mean(t_ns, ticks["rate_bps"]), end_ns),
        path=capacity(run, (f"forward.{name}" for name in crossed)),
        passing=passing(timeline, flow),
    )


def ended_ns(run: Run) -> int:
    """How far the run went: what the session said, else (it was killed) the last time in its tables; 0 when nowhere."""
    said = (run.info.get("timing") or {}).get("simulated_s")
    if said is not None:
        return round(float(said) * 1e9)
    times = [nanoseconds(run.columns(table, only=("t_s",))["t_s"]) for table in ("ticks", "path")]
    last: list[int] = [int(t[-1]) for t in times if len(t)]  # rows are in time order
    return max(last, default=0)

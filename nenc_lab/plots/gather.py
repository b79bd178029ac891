"""Reads the data of a run's figure from its folder: a `Story` of flows, capacity and events, and the verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nenc_lab.analysis.capacity import capacity
from nenc_lab.analysis.read import timeline_of
from nenc_lab.plots.curves import WINDOW_S, frame_rate_bps, growth_rate, loss_ratio, period_means, stairs
from nenc_lab.plots.events import Event, events
from nenc_lab.plots.words import duration
from nenc_lab.units import NS_PER_S

if TYPE_CHECKING:
    from nenc_lab.recording.open import Run
    from nenc_lab.scenario import flow as scenario_flow
    from nenc_lab.scenario.timeline import Timeline

Floats = npt.NDArray[np.float64]
_NONE: Floats = np.empty(0)
_LONG_WARNING = 24
"""Largest number of characters of a warning in the figure."""
_BUSY = 0.1
"""A capacity that changes in more than this fraction of its periods (a trace) is averaged over the rate window."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a flow's ``changes`` in the summary; None where that has null."""

    kind: str
    at_s: float
    until_s: float
    share_mbps: float | None
    settling_s: float | None
    overshoot: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """One flow's curves in s, Mbit/s, ms, loss in percent, terms relative to the operating point; NaN if unknown."""

    name: str
    rate_max_mbps: float
    t: Floats
    target: Floats
    goodput: Floats
    output_t: Floats
    output: Floats
    queue_delay: Floats
    rtt: Floats
    loss: Floats
    terms: dict[str, Floats]
    changes: tuple[Change, ...]
    figures: Mapping[str, Any]
    """The flow's part of the summary; empty if the run has none."""


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """The data of a run's panels."""

    flows: tuple[Flow, ...]
    capacity: tuple[Floats, Floats]
    """Corners of the forward capacity as a step function: s, Mbit/s."""
    end_s: float
    """Where the time axis ends."""
    covered: str
    """The extent of a partial run, such as "27.4 s of 60 s"; empty for a complete one."""
    steady: bool
    """Whether the capacity is not from a trace, so that there are shares at which a rate can settle."""
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One expectation of the scenario and whether it held."""

    text: str
    passed: bool


_TICKS = (
    "t_s",
    "rate_bps",
    "p",
    "i",
    "d",
    "rtt_ms",
    "queue_delay_ms",
    "received_bytes",
    "received_packets",
    "lost_packets",
)


def story(run: Run) -> Story:
    """Reads the data of the panels of ``run``, complete or not. Raises InputError when a table cannot be read."""
    timeline = timeline_of(run)
    scenario = timeline.scenario
    found, capacity = tuple(_flow(run, flow) for flow in scenario.flows), capacity_mbps(run, timeline)
    seen = max([0.0, *(float(flow.t[-1]) for flow in found if flow.t.size), *capacity[0][-1:].tolist()])
    wanted = scenario.duration / NS_PER_S
    whole = run.status == "complete"
    end = wanted if whole else seen or wanted
    covered = "" if whole else f"{duration(seen)} of {duration(wanted)}"
    on_trace = any(hop.trace for hop in scenario.path.forward.hops)
    return Story(found, capacity, end, covered, not on_trace, _happened(run, timeline, end))


def _happened(run: Run, timeline: Timeline, end: float) -> tuple[Event, ...]:
    """Returns the scenario's events and the run's warnings by time, without warnings at the time of an event."""
    announced = events(timeline, end)
    extra = [
        Event(t_s, text if len(text) <= _LONG_WARNING else f"{text[:_LONG_WARNING].rstrip()}\N{HORIZONTAL ELLIPSIS}")
        for t_s, text in run.warnings()
        if t_s < end and not any(abs(t_s - event.t_s) < 0.1 for event in announced)
    ]
    return tuple(sorted((*announced, *extra), key=lambda event: event.t_s))


def _flow(run: Run, described: scenario_flow.Flow) -> Flow:
    name = described.name
    ticks, frames = run.columns("ticks", name, _TICKS), run.columns("frames", name, ("t_s", "size"))
    t = _floats(ticks, "t_s")
    frame_t = _floats(frames, "t_s")
    end = float(max(t[-1] if t.size else 0.0, frame_t[-1] if frame_t.size else 0.0))
    output_t, output = frame_rate_bps(frame_t, _floats(frames, "size"), end)
    figures = _mapping(_mapping(_mapping(run.info.get("summary")).get("flows")).get(name))
    lost, received = _floats(ticks, "lost_packets"), _floats(ticks, "received_packets")
    return Flow(
        name=name,
        rate_max_mbps=described.rate.max / 1e6,
        t=t,
        target=_floats(ticks, "rate_bps") / 1e6,
        goodput=growth_rate(t, t, _floats(ticks, "received_bytes") * 8e-6),
        output_t=output_t,
        output=output / 1e6,
        queue_delay=_floats(ticks, "queue_delay_ms"),
        rtt=_floats(ticks, "rtt_ms"),
        loss=loss_ratio(t, lost, received) * 100.0,
        terms={term: _floats(ticks, term) for term in ("p", "i", "d")},
        changes=_changes(figures.get("changes") or ()),
        figures=figures,
    )


def _changes(entries: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    return tuple(
        Change(
            kind=str(entry.get("kind", "")),
            at_s=float(entry["at_s"]),
            until_s=float(entry["until_s"]),
            share_mbps=_number(entry.get("to_mbps")),
            settling_s=_number(entry.get("settling_s")),
            overshoot=_number(entry.get("overshoot")),
        )
        for entry in entries
        if _number(entry.get("at_s")) is not None and _number(entry.get("until_s")) is not None
    )


def capacity_mbps(run: Run, timeline: Timeline) -> tuple[Floats, Floats]:
    """Returns the corners of the forward capacity, the least over the hops that flows cross; inf without bottleneck."""
    hops = timeline.scenario.path.forward.hops
    crossed = {hop for flow in timeline.scenario.flows for hop in timeline.crossed(flow)}
    measured = capacity(run, (f"forward.{hops[hop].name}" for hop in sorted(crossed)))
    ends = _NONE if measured is None else measured.edges_ns[1:] / 1e9
    least = _NONE if measured is None else measured.values / 1e6
    if least.size > 1 and np.count_nonzero(least[1:] != least[:-1]) > _BUSY * least.size:
        ends, least = period_means(ends, least, WINDOW_S)
    return stairs(0.0, ends, least)


def verdicts(run: Run) -> tuple[Verdict, ...]:
    """Returns the scenario's expectations with their outcome; empty when the run has none."""
    return tuple(
        Verdict(str(entry.get("text", "")), bool(entry["passed"]))
        for entry in run.info.get("expectations") or ()
        if isinstance(entry, Mapping) and "passed" in entry
    )


def _floats(table: Mapping[str, Any], name: str) -> Floats:
    return np.asarray(table[name], dtype=np.float64) if name in table else _NONE


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else None

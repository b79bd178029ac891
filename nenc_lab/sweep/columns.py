"""The figures of one run, flat: a row per flow. Names are those of the summary (design section 5) where it has them.

What a run answered to its changes is summed up, because their number differs from scenario to scenario: the worst of
them counts, and one that never settled makes the whole ``settling_s`` null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from nenc_lab.records import Column

Change = Mapping[str, Any]

OUTCOME = (
    Column("flow", "text", "", "name of the flow, null when the run has no figures"),
    Column("status", "text", "", "complete; failed: the run ended in an error; died: its process did"),
    Column("error", "text", "", "what went wrong, null when nothing did"),
    Column("passed", "i8", "", "expectations of the scenario that were met"),
    Column("failed", "i8", "", "expectations of the scenario that were not met"),
)
FLOW = (
    Column("utilisation", "f8", "", "wire bits delivered / usable capacity"),
    Column("goodput_mbps", "f8", "Mbit/s", "media payload delivered"),
    Column("rate_mbps.mean", "f8", "Mbit/s", "mean target"),
    Column("rate_mbps.min", "f8", "Mbit/s", "lowest target"),
    Column("rate_mbps.max", "f8", "Mbit/s", "highest target"),
    Column("rate_mbps.std", "f8", "Mbit/s", "standard deviation of the target"),
    Column("queue_delay_ms.p50", "f8", "ms", "median queue delay of packets"),
    Column("queue_delay_ms.p95", "f8", "ms", "95th percentile of the queue delay"),
    Column("queue_delay_ms.p99", "f8", "ms", "99th percentile of the queue delay"),
    Column("queue_delay_ms.max", "f8", "ms", "longest queue delay"),
    Column("rtt_ms.p50", "f8", "ms", "median round-trip time"),
    Column("rtt_ms.p95", "f8", "ms", "95th percentile of the round-trip time"),
    Column("rtt_ms.p99", "f8", "ms", "99th percentile of the round-trip time"),
    Column("loss", "f8", "", "packets lost / (lost + received)"),
    Column("frame_delay_ms.p50", "f8", "ms", "median time from capture to last packet in"),
    Column("frame_delay_ms.p95", "f8", "ms", "95th percentile of it"),
    Column("frame_delay_ms.p99", "f8", "ms", "99th percentile of it"),
    Column("late_frames", "i8", "", "frames past their deadline"),
    Column("damaged_frames", "i8", "", "frames shown with packets missing"),
    Column("freezes", "i8", "", "times the picture stood still"),
    Column("freeze_s", "f8", "s", "how long in all"),
    Column("oscillations_per_min", "f8", "1/min", "swings of the rate over 15 % of the share"),
    Column("encoder_error", "f8", "", "|output - target| / target over 1 s, mean"),
    Column("psnr_db", "f8", "dB", "mean PSNR, null for the model encoder"),
    Column("ssim", "f8", "", "mean SSIM, null for the model encoder"),
    Column("feedback_overhead", "f8", "", "wire bytes of feedback / of media sent"),
)
CHANGES = (
    Column("changes", "i8", "", "changes the flow was judged on"),
    Column("settled", "i8", "", "changes after which its rate settled"),
    Column("rise_s", "f8", "s", "slowest rise; null when one was never at 80 % of the way"),
    Column("settling_s", "f8", "s", "slowest settling; null when one never settled"),
    Column("settling_s.mean", "f8", "s", "mean settling time; null when one never settled"),
    Column("overshoot", "f8", "", "highest overshoot of the changes that give the flow no less than before"),
    Column("overshoot.start", "f8", "", "overshoot of its start"),
    Column("iae_mbit", "f8", "Mbit", "integral of |rate - share|, all changes together"),
    Column("to_80pct_s", "f8", "s", "slowest way to 80 % of the share; null when one never came there"),
    Column("to_floor_s", "f8", "s", "slowest way to the floor; null when one never came there"),
    Column("utilisation_last5s", "f8", "", "lowest utilisation of the share in the last 5 s of a change"),
    Column("queue_delay_p95_ms", "f8", "ms", "highest p95 from 5 s after a change"),
    Column("queue_delay_max_ms", "f8", "ms", "longest queue delay of a change"),
    Column("oscillations_last5s", "i8", "", "most oscillations in the last 5 s of a change"),
)
RUN = (
    Column("simulated_s", "f8", "s", "simulated time"),
    Column("packets", "i8", "", "packets of the whole run"),
    Column("jain_last20s", "f8", "", "fairness of the flows in the last 20 s"),
)
COLUMNS = (*OUTCOME, *FLOW, *CHANGES, *RUN)
"""Of the dataset, after the columns that say which run it was."""

TIMINGS = (
    Column("wall_s", "f8", "s", "wall time of the run's loop and tables"),
    Column("task_s", "f8", "s", "wall time of the whole task: set-up, run, summary"),
)
"""Kept apart: they are never the same twice."""


def rows(summary: Mapping[str, Any], expectations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row per flow of a complete run, in the order of the scenario; every column of `COLUMNS` is there."""
    passed = sum(bool(verdict["passed"]) for verdict in expectations)
    outcome = {"status": "complete", "error": None, "passed": passed, "failed": len(expectations) - passed}
    run = {column.name: summary["run"][column.name] for column in RUN}
    return [
        {"flow": name, **outcome, **_flow(figures), **of_changes(figures["changes"]), **run}
        for name, figures in summary["flows"].items()
    ]


def without_figures(status: str, error: str) -> list[dict[str, Any]]:
    """The one row of a run that has none."""
    return [{**{column.name: None for column in COLUMNS}, "status": status, "error": error}]


def of_changes(changes: Sequence[Change]) -> dict[str, Any]:
    """The columns of `CHANGES` from the summary's list; null where there is nothing to say."""
    settling = [change["settling_s"] for change in changes]
    settled = [value for value in settling if value is not None]
    all_settled = bool(changes) and len(settled) == len(settling)
    start = next((change for change in changes if "start" in str(change["kind"]).split("+")), None)
    return {
        "changes": len(changes),
        "settled": len(settled),
        "rise_s": _worst(changes, "rise_s"),
        "settling_s": max(settled) if all_settled else None,
        "settling_s.mean": sum(settled) / len(settled) if all_settled else None,
        "overshoot": _any_worst(upward(changes), "overshoot"),
        "overshoot.start": start["overshoot"] if start is not None else None,
        "iae_mbit": sum(found) if (found := _known(changes, "iae_mbit")) else None,
        "to_80pct_s": _worst(changes, "to_80pct_s"),
        "to_floor_s": _worst(changes, "to_floor_s"),
        "utilisation_last5s": _any_worst(changes, "utilisation_last5s", min),
        "queue_delay_p95_ms": _any_worst(changes, "queue_delay_p95_ms"),
        "queue_delay_max_ms": _any_worst(changes, "queue_delay_max_ms"),
        "oscillations_last5s": _any_worst(changes, "oscillations_last5s"),
    }


def upward(changes: Sequence[Change]) -> list[Change]:
    """The changes after which the share is no smaller than before: after the others the rate is over it by nature."""
    return list(_upward(changes))


def _upward(changes: Sequence[Change]) -> Iterator[Change]:
    before = 0.0
    for change in changes:
        if change["to_mbps"] >= before:
            yield change
        before = change["to_mbps"]


def _flow(figures: Mapping[str, Any]) -> dict[str, Any]:
    values = {}
    for column in FLOW:
        value: Any = figures
        for part in column.name.split("."):
            value = value[part]
        values[column.name] = value
    return values


def _known(changes: Sequence[Change], name: str) -> list[Any]:
    return [change[name] for change in changes if change[name] is not None]


def _worst(changes: Sequence[Change], name: str) -> Any:
    """The largest, null when one is: it never happened."""
    known = _known(changes, name)
    return max(known) if known and len(known) == len(changes) else None


def _any_worst(changes: Sequence[Change], name: str, worst: Callable[[list[Any]], Any] = max) -> Any:
    """The worst of those that are known; null when none is."""
    known = _known(changes, name)
    return worst(known) if known else None

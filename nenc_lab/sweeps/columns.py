"""Flattens the figures of a run to one row per flow, with the columns that `analysis.metrics.table` asks for.

The number of changes differs between scenarios, so each metric of changes says how it is reduced to one value. One
change that never settled makes ``settling_s`` null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nenc_lab.analysis.metrics.metric import ChangeFigures, ChangeMetric, FlowMetric, RunMetric, Value
from nenc_lab.analysis.metrics.shape import figure
from nenc_lab.analysis.metrics.table import in_scope
from nenc_lab.records import Column

OUTCOME = (
    Column("flow", "text", "", "name of the flow, null when the run has no figures"),
    Column("status", "text", "", "complete; failed: the run ended in an error; died: its process did"),
    Column("error", "text", "", "what went wrong, null when nothing did"),
    Column("passed", "i8", "", "expectations of the scenario that were met"),
    Column("failed", "i8", "", "expectations of the scenario that were not met"),
)
COUNTS = (
    Column("changes", "i8", "", "changes the flow was judged on"),
    Column("settled", "i8", "", "changes after which its rate settled"),
)
FLOW = tuple(metric for metric in in_scope(FlowMetric) if metric.sweep)
CHANGES = tuple((metric, over) for metric in in_scope(ChangeMetric) for over in metric.sweep)
RUN = tuple(metric for metric in in_scope(RunMetric) if metric.sweep)
COLUMNS = (
    *OUTCOME,
    *(Column(metric.name, metric.kind, metric.unit, metric.meaning) for metric in FLOW),
    *COUNTS,
    *(Column(over.column, over.kind, metric.unit, over.meaning) for metric, over in CHANGES),
    *(Column(metric.name, metric.kind, metric.unit, metric.meaning) for metric in RUN),
)
"""Columns of the dataset, after those that identify the run."""

TIMINGS = (
    Column("wall_s", "f8", "s", "wall time of the run's loop and tables"),
    Column("task_s", "f8", "s", "wall time of the whole task: set-up, run, summary"),
)
"""Columns of the table of timings, which is a separate file because wall times are never the same twice."""


def rows(summary: Mapping[str, Any], expectations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row per flow of a complete run, in the order of the scenario, with every column of `COLUMNS`."""
    passed = sum(bool(verdict["passed"]) for verdict in expectations)
    outcome = {"status": "complete", "error": None, "passed": passed, "failed": len(expectations) - passed}
    run = {metric.name: figure(summary["run"], metric.name) for metric in RUN}
    return [
        {
            "flow": name,
            **outcome,
            **{metric.name: figure(figures, metric.name) for metric in FLOW},
            **of_changes(figures["changes"]),
            **run,
        }
        for name, figures in summary["flows"].items()
    ]


def without_figures(status: str, error: str) -> list[dict[str, Any]]:
    """The single row of a run that has no figures."""
    return [{**{column.name: None for column in COLUMNS}, "status": status, "error": error}]


def of_changes(changes: Sequence[ChangeFigures]) -> dict[str, Value]:
    """The number of changes, the number that settled, and the columns that metrics of changes ask for."""
    return {
        "changes": len(changes),
        "settled": sum(change["settling_s"] is not None for change in changes),
        **{over.column: over.function(changes, metric.name) for metric, over in CHANGES},
    }

"""Writes the reference of all figures, nenc_lab/analysis/README.md, from the table of metrics.

Run it as ``python -m nenc_lab.analysis.metrics.reference``.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path

from nenc_lab.analysis.metrics.metric import ChangeMetric, FlowMetric, Metric, RunMetric
from nenc_lab.analysis.metrics.table import in_scope

FILE = Path(__file__).parents[1] / "README.md"
_TEXT = """# Figures

These are all the figures that `nenc-lab` computes for a run. `run.json` holds them under `summary`; expectations,
sweeps and the tables that `nenc-lab run` prints use the same names. A figure that does not exist is null (a rate that
never settled has no settling time), and null fails every expectation. Times are in seconds or milliseconds, rates in
Mbit/s, and ratios are 0 to 1. The judged rate is the controller's target averaged over the last 200 ms.

This file is generated from the [table of metrics](metrics/table.py) by
`python -m nenc_lab.analysis.metrics.reference`.
"""
_SCOPES: tuple[tuple[type[FlowMetric | ChangeMetric | RunMetric], str, str], ...] = (
    (FlowMetric, "A flow", "`flows.NAME` holds figures over the time in which the flow was active."),
    (
        ChangeMetric,
        "A change of a flow",
        "`flows.NAME.changes[N]` holds figures of one change of the flow's conditions (its `kind` is `start`,\n"
        "`capacity`, `loss`, `delay`, `join`, `leave` ...), up to the next one. Times count from the change, except\n"
        "`at_s` and `until_s`.",
    ),
    (RunMetric, "The run", "`run` holds figures of the run as a whole."),
)


def markdown() -> str:
    """The text of the whole file."""
    return "\n".join([_TEXT, *(line for scope in _SCOPES for line in _section(*scope))])


def _section(scope: type[FlowMetric | ChangeMetric | RunMetric], title: str, text: str) -> Iterator[str]:
    metrics = in_scope(scope)
    yield from (f"## {title}", "", text, "", "| figure | unit | better | meaning |", "|---|---|---|---|")
    yield from (_row(metric) for metric in metrics)
    yield ""
    for names, definition in _definitions(metrics):
        yield from (f"**{names}**: {definition}", "")


def _row(metric: Metric) -> str:
    meaning = metric.meaning.replace("|", "\\|")
    return f"| `{metric.name}` | {metric.unit} | {metric.better or ''} | {meaning} |"


def _definitions(metrics: Sequence[FlowMetric | ChangeMetric | RunMetric]) -> Iterator[tuple[str, str]]:
    """Yields the names of the figures that each function computes, and the function's docstring."""
    by_function: dict[object, list[str]] = {}
    for metric in metrics:
        name = metric.name.partition(".")[0]
        names = by_function.setdefault(metric.function, [])
        if name not in names:
            names.append(name)
    for function, names in by_function.items():
        text = inspect.getdoc(function)
        assert text, f"{function} has no docstring"
        yield ", ".join(f"`{name}`" for name in names), text.replace("``", "`").replace("\n\n", "\n")


if __name__ == "__main__":
    FILE.write_text(markdown(), encoding="utf-8")

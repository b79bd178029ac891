"""Converts between dotted names of figures and their nested form in run.json."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from nenc_lab.analysis.metrics.metric import ChangeMetric, FlowMetric, Found, Metric, RunMetric, Value
from nenc_lab.analysis.metrics.table import in_scope

Rows = TypeVar("Rows")
Figures = dict[str, object]
"""Figures by name; a group of figures is a nested dict."""


def flow_shape() -> Figures:
    """``flows.NAME`` of a flow that never ran: every figure is None, and there are no changes."""
    return {**empty(in_scope(FlowMetric)), "changes": []}


def change_shape() -> Figures:
    """The figures of one change, all None."""
    return empty(in_scope(ChangeMetric))


def run_shape() -> Figures:
    """The figures of ``run``, all None."""
    return empty(in_scope(RunMetric))


def empty(metrics: Iterable[Metric]) -> Figures:
    """These figures, all None."""
    return nested((metric.name, None) for metric in metrics)


def computed(metrics: Iterable[tuple[Metric, Callable[[Rows], Found]]], rows: Rows) -> Figures:
    """Computes these figures from ``rows``. A function that several figures share is called once."""
    found: dict[object, Found] = {}
    values: list[tuple[str, Value]] = []
    for metric, function in metrics:
        if function not in found:
            found[function] = function(rows)
        result = found[function]
        values.append((metric.name, result[metric.word] if isinstance(result, Mapping) else result))
    return nested(values)


def nested(values: Iterable[tuple[str, Value]]) -> Figures:
    """Turns dotted names into groups: ``("rtt_ms.p95", 40.0)`` becomes ``{"rtt_ms": {"p95": 40.0}}``."""
    figures: Figures = {}
    for name, value in values:
        group, dot, word = name.partition(".")
        if not dot:
            figures[name] = value
            continue
        inner = figures.setdefault(group, {})
        assert isinstance(inner, dict)
        inner[word] = value
    return figures


def figure(figures: Mapping[str, object], name: str) -> Value:
    """The figure with a dotted name; None when the summary does not have it."""
    here: object = figures
    for word in name.split("."):
        here = here.get(word) if isinstance(here, Mapping) else None
    return here if isinstance(here, float | int | str) else None

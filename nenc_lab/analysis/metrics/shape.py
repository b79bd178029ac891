"""The nested form of figures in run.json, from and to their dotted names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from nenc_lab.analysis.metrics.metric import ChangeMetric, FlowMetric, Found, Metric, RunMetric, Value
from nenc_lab.analysis.metrics.table import in_scope

Rows = TypeVar("Rows")
Figures = dict[str, object]
"""Figures by name; a group is a dict of its own."""


def flow_shape() -> Figures:
    """``flows.NAME`` of a flow that never ran: every figure None, and no change."""
    return {**empty(in_scope(FlowMetric)), "changes": []}


def change_shape() -> Figures:
    """The figures of one change, every one None."""
    return empty(in_scope(ChangeMetric))


def run_shape() -> Figures:
    """``run``, every figure None."""
    return empty(in_scope(RunMetric))


def empty(metrics: Iterable[Metric]) -> Figures:
    """These figures, every one None."""
    return nested((metric.name, None) for metric in metrics)


def computed(metrics: Iterable[tuple[Metric, Callable[[Rows], Found]]], rows: Rows) -> Figures:
    """These figures of ``rows``, each by its function. A function that several share is called once."""
    found: dict[object, Found] = {}
    values: list[tuple[str, Value]] = []
    for metric, function in metrics:
        if function not in found:
            found[function] = function(rows)
        result = found[function]
        values.append((metric.name, result[metric.word] if isinstance(result, Mapping) else result))
    return nested(values)


def nested(values: Iterable[tuple[str, Value]]) -> Figures:
    """Dotted names as groups: ``("rtt_ms.p95", 40.0)`` is ``{"rtt_ms": {"p95": 40.0}}``."""
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
    """The figure of a dotted name; None where a summary does not have it."""
    here: object = figures
    for word in name.split("."):
        here = here.get(word) if isinstance(here, Mapping) else None
    return here if isinstance(here, float | int | str) else None

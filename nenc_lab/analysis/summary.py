"""Computes the summary of a run from its folder: every figure in the table of metrics. Start reading here.

summarise(run) -- read       reads each table of the run once and splits it by flow and change
               |-- metrics/  the table of figures, and the functions that compute them from such rows
               `-- metrics/shape   the nested form that figures have in run.json
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nenc_lab.analysis.metrics.metric import ChangeMetric, FlowMetric, RunMetric
from nenc_lab.analysis.metrics.shape import Figures, computed, flow_shape
from nenc_lab.analysis.metrics.table import in_scope
from nenc_lab.analysis.read import run_rows, timeline_of
from nenc_lab.analysis.rows import ChangeRows, FlowRows, change_rows

if TYPE_CHECKING:
    from nenc_lab.recording.open import Run


def summarise(run: Run) -> dict[str, Any]:
    """Returns ``{"flows": {name: ...}, "run": ...}`` in plain JSON values; a figure that does not exist is None.

    For a partial or killed run it covers the part that ran. Raises InputError when the run's scenario or tables cannot
    be read.
    """
    timeline = timeline_of(run)
    rows = run_rows(run, timeline)
    flows = {flow.name: flow_shape() for flow in timeline.scenario.flows}
    flows.update({one.flow.name: flow_figures(one) for one in rows.flows})
    figures = {"flows": flows, "run": computed([(one, one.function) for one in in_scope(RunMetric)], rows)}
    plain = _plain(figures)
    assert isinstance(plain, dict)
    return plain


def flow_figures(rows: FlowRows) -> Figures:
    """``flows.NAME``."""
    figures = computed([(one, one.function) for one in in_scope(FlowMetric)], rows)
    return {**figures, "changes": [change_figures(change) for change in change_rows(rows)]}


def change_figures(change: ChangeRows) -> Figures:
    """One entry of ``changes``: the kind of the change, and its figures."""
    return {"kind": change.kind, **computed([(one, one.function) for one in in_scope(ChangeMetric)], change)}


def _plain(value: object) -> object:
    """Converts to plain Python values; a number that is not finite becomes None."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value

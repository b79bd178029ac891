"""The summary of a run: every figure of the table of metrics, from the run folder alone. START HERE.

summarise(run) -- read       the run's tables, each read once for all flows: rows of flows, of changes, of the run
               |-- metrics/  the table of figures, and the functions that compute them from such rows
               `-- metrics/shape   figures in the nested form that run.json has
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nenc_lab.analysis.metrics.metric import ChangeMetric, FlowMetric, RunMetric
from nenc_lab.analysis.metrics.shape import Figures, computed, flow_shape
from nenc_lab.analysis.metrics.table import in_scope
from nenc_lab.analysis.read import run_rows
from nenc_lab.analysis.rows import ChangeRows, FlowRows, change_rows

if TYPE_CHECKING:
    from nenc_lab.recording.open import Run


def summarise(run: Run) -> dict[str, Any]:
    """``{"flows": {name: ...}, "run": ...}``: plain JSON values, what cannot be said is None, nothing is NaN.

    Of a partial or killed run: up to where it went. Raises InputError when the run's scenario or tables are unreadable.
    """
    from nenc_lab.scenario.load import restore

    scenario = restore(run.info["scenario"], str(run.folder / "run.json"))
    rows = run_rows(run, scenario)
    flows = {flow.name: flow_shape() for flow in scenario.flows}
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
    """One entry of ``changes``: what kind of change it was, and its figures."""
    return {"kind": change.kind, **computed([(one, one.function) for one in in_scope(ChangeMetric)], change)}


def _plain(value: object) -> object:
    """The same in plain Python values, None for what is not a finite number."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value

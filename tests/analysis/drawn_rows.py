"""Rows of one flow drawn by hand, for metrics that look at a few columns of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nenc_lab.analysis.rows import FlowRows
from nenc_lab.analysis.series import held
from nenc_lab.analysis.waits import Adding
from nenc_lab.scenario.load import parse

FLOW = {"name": "video", "encoder": {"kind": "model", "resolution": "1080p", "fps": 60}}
S = 1_000_000_000


def flow_rows(
    ticks: Mapping[str, np.ndarray] | None = None,
    frames: Mapping[str, np.ndarray] | None = None,
    t_ns: np.ndarray | None = None,
    start_ns: int = 0,
    end_ns: int = 3600 * S,
) -> FlowRows:
    """A flow at 60 fps with these columns, without changes and queue delays, on a path without loss."""
    scenario = parse(
        {"version": 1, "name": "drawn", "duration": "3600s", "path": {"forward": {"rate": "50Mbps"}}, "flows": [FLOW]}
    )
    t_ns = np.array([start_ns]) if t_ns is None else t_ns
    steady = held(np.array([0]), np.array([1.0]), 3600 * S)
    return FlowRows(
        flow=scenario.flows[0],
        start_ns=start_ns,
        end_ns=end_ns,
        t_ns=t_ns,
        ticks=ticks or {},
        frames=frames or {},
        changes=(),
        waits=Adding([]).result(),
        rate=steady,
        path=None,
        passing=steady,
    )

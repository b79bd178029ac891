"""Figures of the controller's target rate: its distribution and its oscillations around the flow's share."""

from __future__ import annotations

import numpy as np

from nenc_lab.analysis.arrays import SECOND_NS
from nenc_lab.analysis.metrics import oscillation
from nenc_lab.analysis.metrics.metric import Value
from nenc_lab.analysis.rows import ChangeRows, FlowRows


def rate_mbps(rows: FlowRows) -> dict[str, Value]:
    """The controller's target over the flow's ticks, not averaged; std is the population standard deviation."""
    rate = rows.ticks["rate_bps"] / 1e6
    return {
        "mean": float(np.mean(rate)),
        "min": float(np.min(rate)),
        "max": float(np.max(rate)),
        "std": float(np.std(rate)),
    }


def oscillations_per_min(rows: FlowRows) -> float | None:
    """Oscillations around the share of each change, divided by the minutes that the changes last.

    An oscillation is a fall of the judged rate by over 15 % of the share and a climb by as much. Oscillations are
    counted within changes, because a path that goes down and up again is no oscillation of the controller. Changes with
    a zero share are left out; the figure is null when there is no other.
    """
    total, time_ns = 0, 0
    for change in rows.changes:
        end_ns = min(change.until_ns, rows.end_ns)
        count = _swings(rows, change.share_bps, change.at_ns, end_ns) if end_ns > change.at_ns else None
        if count is not None:
            total, time_ns = total + count, time_ns + end_ns - change.at_ns
    return total * 60.0 * SECOND_NS / time_ns if time_ns else None


def oscillations_last5s(change: ChangeRows) -> int | None:
    """Oscillations of the judged rate in the last 5 s of the change; null when the share is zero."""
    return _swings(change.flow, change.share_bps, change.late_ns, change.end_ns)


def _swings(rows: FlowRows, share_bps: float, start_ns: int, end_ns: int) -> int | None:
    """Oscillations of the judged rate in [start, end) around this share; None when the share is zero."""
    if share_bps <= 0:
        return None
    return oscillation.count(rows.rate.between(start_ns, end_ns).values, oscillation.SWING * share_bps)

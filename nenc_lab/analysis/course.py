"""The course of a flow through a run, or through repeats of it, in steps of 200 ms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nenc_lab.analysis.arrays import Floats, Ints
from nenc_lab.analysis.series import JUDGED_OVER_NS

if TYPE_CHECKING:
    from nenc_lab.recording.open import Run

STEP_S = JUDGED_OVER_NS / 1e9
"""The length of a step: the time over which the judged rate is averaged."""
_TICKS = ("t_s", "rate_bps", "queue_delay_ms", "lost_packets", "received_packets")


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """One flow of one run: a value per step from the start of the run, NaN where the flow has none."""

    rate: Floats
    """Mean of the controller's target, Mbit/s."""
    queue_delay: Floats
    """Mean queue delay over the ticks, ms."""
    loss: Floats
    """Lost packets in percent of lost and received ones."""
    share: Floats
    """The flow's fair share, Mbit/s."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Mean, minimum and maximum of repeated runs, per step."""

    mean: Floats
    low: Floats
    high: Floats

    @property
    def end_s(self) -> float:
        """End of the last step, s."""
        return len(self.mean) * STEP_S

    @property
    def t_s(self) -> Floats:
        """Middle of each step, s."""
        return STEP_S * (np.arange(len(self.mean), dtype=np.float64) + 0.5)


def course(run: Run, flow: str) -> Course:
    """Reads one flow of a run; the course has no step when the flow has fewer than two ticks."""
    ticks = run.columns("ticks", flow, _TICKS)
    t = ticks["t_s"].astype(np.float64)
    if len(t) < 2:
        nothing = np.empty(0)
        return Course(nothing, nothing, nothing, nothing)
    period = float(np.median(np.diff(t)))
    end = t[-1] + period
    edges = np.arange(round(end / STEP_S) + 1) * STEP_S
    # A missing tick must not remove the first or the last step.
    whole = (edges[:-1] >= t[0] - period) & (edges[1:] <= end + period)
    rate = np.diff(np.interp(edges, np.append(t, end), _integral(t, end, ticks["rate_bps"]))) / STEP_S / 1e6
    lost, received = (np.diff(np.interp(edges, t, ticks[name])) for name in ("lost_packets", "received_packets"))
    return Course(
        rate=np.where(whole, rate, np.nan),
        queue_delay=_step_means(t, ticks["queue_delay_ms"].astype(np.float64), edges),
        loss=np.where(whole, _ratio(100.0 * lost, lost + received), np.nan),
        share=_share(run, flow, edges),
    )


def spread(curves: Sequence[Floats]) -> Spread:
    """Mean, minimum and maximum of curves that may differ in length; NaN values are ignored."""
    length = max((len(curve) for curve in curves), default=0)
    table = np.full((max(1, len(curves)), length), np.nan)
    for row, curve in zip(table, curves, strict=False):
        row[: len(curve)] = curve
    there = ~np.isnan(table)
    count = there.sum(axis=0)
    mean = _ratio(np.where(there, table, 0.0).sum(axis=0), count)
    low = np.where(count > 0, np.where(there, table, np.inf).min(axis=0), np.nan)
    high = np.where(count > 0, np.where(there, table, -np.inf).max(axis=0), np.nan)
    # The mean of equal curves must be exactly that curve, whatever rounding their sum had.
    return Spread(np.clip(mean, low, high), low, high)


def _integral(t: Floats, end: float, values: Floats) -> Floats:
    return np.concatenate(([0.0], np.cumsum(values * np.diff(np.append(t, end)))))


def _step_means(t: Floats, values: Floats, edges: Floats) -> Floats:
    known = np.isfinite(values)
    step = np.clip(np.searchsorted(edges, t[known] + 1e-9, side="right") - 1, 0, len(edges) - 2)
    count = np.bincount(step, minlength=len(edges) - 1)
    return _ratio(np.bincount(step, weights=values[known], minlength=len(edges) - 1), count)


def _ratio(parts: Floats | Ints, of: Floats | Ints) -> Floats:
    result: Floats = np.divide(parts, of, out=np.full(len(parts), np.nan), where=of > 0)
    return result


def _share(run: Run, flow: str, edges: Floats) -> Floats:
    """The flow's share per step, from the changes of the run's summary, as it is in the middle of the step."""
    middle = (edges[:-1] + edges[1:]) / 2
    share = np.full(len(middle), np.nan)
    for change in ((run.summary.get("flows") or {}).get(flow) or {}).get("changes") or ():
        share[(middle >= change["at_s"]) & (middle < change["until_s"])] = change["to_mbps"]
    return share

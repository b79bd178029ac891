"""Figures that describe a change itself: its begin, its end, and the flow's share after it."""

from __future__ import annotations

from nenc_lab.analysis.arrays import SECOND_NS
from nenc_lab.analysis.rows import ChangeRows


def at_s(change: ChangeRows) -> float:
    """Time of the change, from the start of the run."""
    return change.start_ns / SECOND_NS


def until_s(change: ChangeRows) -> float:
    """Time of the next change, or of the end of the flow or the run."""
    return change.end_ns / SECOND_NS


def to_mbps(change: ChangeRows) -> float:
    """The flow's share after the change: its fair part of the capacity, less packet headers, capped by its maximum
    rate.
    """
    return change.share_bps / 1e6

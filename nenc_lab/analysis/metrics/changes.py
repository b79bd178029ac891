"""What a change of a flow was: when it began and ended, and what it gave the flow."""

from __future__ import annotations

from nenc_lab.analysis.arrays import SECOND_NS
from nenc_lab.analysis.rows import ChangeRows


def at_s(change: ChangeRows) -> float:
    """When the change happened, from the start of the run."""
    return change.start_ns / SECOND_NS


def until_s(change: ChangeRows) -> float:
    """When the next change happened, or the flow or the run ended."""
    return change.end_ns / SECOND_NS


def to_mbps(change: ChangeRows) -> float:
    """The flow's share from the change on: its fair part of the capacity, less packet headers, capped by its maximum
    rate.
    """
    return change.share_bps / 1e6

"""Reduces one figure of all changes of a run to a single value for a sweep's table."""

from __future__ import annotations

from collections.abc import Sequence

from nenc_lab.analysis.metrics.metric import ChangeFigures, Value


def slowest(changes: Sequence[ChangeFigures], name: str) -> Value:
    """The largest value; None when any change has none, because there it never happened."""
    known = _known(changes, name)
    return max(known) if known and len(known) == len(changes) else None


def mean(changes: Sequence[ChangeFigures], name: str) -> Value:
    """The mean value; None when any change has none."""
    known = _known(changes, name)
    return sum(known) / len(known) if known and len(known) == len(changes) else None


def highest(changes: Sequence[ChangeFigures], name: str) -> Value:
    """The largest known value; None when there is none."""
    return max(_known(changes, name), default=None)


def lowest(changes: Sequence[ChangeFigures], name: str) -> Value:
    """The smallest known value; None when there is none."""
    return min(_known(changes, name), default=None)


def total(changes: Sequence[ChangeFigures], name: str) -> Value:
    """The sum of the known values; None when there is none."""
    known = _known(changes, name)
    return sum(known) if known else None


def highest_upward(changes: Sequence[ChangeFigures], name: str) -> Value:
    """The largest value over the changes that do not reduce the flow's share.

    After a reduction the rate is above the share at first, whatever the controller does.
    """
    upward, before = [], 0.0
    for change in changes:
        share = float(change["to_mbps"] or 0.0)
        if share >= before:
            upward.append(change)
        before = share
    return highest(upward, name)


def at_start(changes: Sequence[ChangeFigures], name: str) -> Value:
    """The value at the start of the flow; None when there is none."""
    return next((change[name] for change in changes if "start" in str(change["kind"]).split("+")), None)


def _known(changes: Sequence[ChangeFigures], name: str) -> list[float]:
    return [value for change in changes if isinstance(value := change[name], float | int)]

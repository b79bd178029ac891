"""How a sweep sums up one figure of all changes of a run: their number differs from scenario to scenario."""

from __future__ import annotations

from collections.abc import Sequence

from nenc_lab.analysis.metrics.metric import ChangeFigures, Value


def slowest(changes: Sequence[ChangeFigures], name: str) -> Value:
    """The largest; None when a change has none, for then it never happened."""
    known = _known(changes, name)
    return max(known) if known and len(known) == len(changes) else None


def mean(changes: Sequence[ChangeFigures], name: str) -> Value:
    """The mean; None when a change has none."""
    known = _known(changes, name)
    return sum(known) / len(known) if known and len(known) == len(changes) else None


def highest(changes: Sequence[ChangeFigures], name: str) -> Value:
    """The largest of those that are known; None when none is."""
    return max(_known(changes, name), default=None)


def lowest(changes: Sequence[ChangeFigures], name: str) -> Value:
    """The smallest of those that are known; None when none is."""
    return min(_known(changes, name), default=None)


def total(changes: Sequence[ChangeFigures], name: str) -> Value:
    """The sum of those that are known; None when none is."""
    known = _known(changes, name)
    return sum(known) if known else None


def highest_upward(changes: Sequence[ChangeFigures], name: str) -> Value:
    """The largest over the changes that leave the flow no smaller a share than before.

    After the others the rate is above its share by nature.
    """
    upward, before = [], 0.0
    for change in changes:
        share = float(change["to_mbps"] or 0.0)
        if share >= before:
            upward.append(change)
        before = share
    return highest(upward, name)


def at_start(changes: Sequence[ChangeFigures], name: str) -> Value:
    """That of the change with which the flow began; None when there is none."""
    return next((change[name] for change in changes if "start" in str(change["kind"]).split("+")), None)


def _known(changes: Sequence[ChangeFigures], name: str) -> list[float]:
    return [value for change in changes if isinstance(value := change[name], float | int)]

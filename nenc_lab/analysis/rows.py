"""What a run recorded of a flow, of one of its changes, and as a whole: what the metrics are computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nenc_lab.analysis.arrays import SECOND_NS, Ints, Values
from nenc_lab.analysis.series import Held
from nenc_lab.analysis.waits import Waits

if TYPE_CHECKING:
    from nenc_lab.scenario.schema import Flow
    from nenc_lab.scenario.timeline import Change

CALM_NS = 5 * SECOND_NS
"""Queue delay is judged from this long after a change."""
LATE_NS = 5 * SECOND_NS
"""How much of a change counts as its end."""


@dataclass(frozen=True, slots=True, eq=False)
class FlowRows:
    """What a run recorded of one flow. It was active in [start_ns, end_ns): to its stop, or to the end of the run."""

    flow: Flow
    start_ns: int
    end_ns: int
    t_ns: Ints
    """Of the ticks."""
    ticks: Mapping[str, Values]
    frames: Mapping[str, Values]
    changes: tuple[Change, ...]
    waits: Waits
    rate: Held
    """The judged rate: the controller's target as a mean over 200 ms."""
    path: Held | None
    """Capacity of the hops it crosses; None when the run has no row of them."""
    passing: Held
    """What the set random loss lets through."""

    @property
    def last_ns(self) -> int:
        """The last tick: counters are known up to here."""
        return int(self.t_ns[-1])


@dataclass(frozen=True, slots=True, eq=False)
class ChangeRows:
    """One change of a flow, in [start_ns, end_ns): to the next change, or to the end of the flow or the run."""

    flow: FlowRows
    kind: str
    start_ns: int
    end_ns: int
    share_bps: float
    """The flow's fair part of the capacity from here on."""
    rate: Held
    """The judged rate in it."""

    @property
    def late_ns(self) -> int:
        """Where its last five seconds begin."""
        return max(self.start_ns, self.end_ns - LATE_NS)


@dataclass(frozen=True, slots=True, eq=False)
class RunRows:
    """A run as a whole: how far it went, what the session measured of itself, and every flow that ran."""

    end_ns: int
    timing: Mapping[str, object]
    """``timing`` of run.json."""
    flows: Sequence[FlowRows]


def change_rows(rows: FlowRows) -> list[ChangeRows]:
    """The flow's changes as far as the run went."""
    found = []
    for change in rows.changes:
        start_ns, end_ns = change.at_ns, min(change.until_ns, rows.end_ns)
        if end_ns > start_ns:
            rate = rows.rate.between(start_ns, end_ns)
            found.append(ChangeRows(rows, change.kind, start_ns, end_ns, change.share_bps, rate))
    return found

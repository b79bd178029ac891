"""The inputs of the metrics: what a run recorded of a flow, of a change, and as a whole."""

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
"""Time after a change from which queue delay is judged."""
LATE_NS = 5 * SECOND_NS
"""Length of the end of a change, over which late figures are computed."""


@dataclass(frozen=True, slots=True, eq=False)
class FlowRows:
    """What a run recorded of one flow, which was active in [start_ns, end_ns): to its stop or the end of the run."""

    flow: Flow
    start_ns: int
    end_ns: int
    t_ns: Ints
    """Times of the ticks."""
    ticks: Mapping[str, Values]
    frames: Mapping[str, Values]
    changes: tuple[Change, ...]
    waits: Waits
    rate: Held
    """The judged rate: the controller's target as a mean over 200 ms."""
    path: Held | None
    """Lowest capacity of the hops that the flow crosses; None when the run has no rows of them."""
    passing: Held
    """The part of packets, 0..1, that the scenario's random loss lets through."""

    @property
    def last_ns(self) -> int:
        """Time of the last tick, up to which counters are known."""
        return int(self.t_ns[-1])


@dataclass(frozen=True, slots=True, eq=False)
class ChangeRows:
    """One change of a flow, in [start_ns, end_ns): to the next change or the end of the flow or the run."""

    flow: FlowRows
    kind: str
    start_ns: int
    end_ns: int
    share_bps: float
    """The flow's fair part of the capacity from this change on."""
    rate: Held
    """The judged rate from this change to the next."""

    @property
    def late_ns(self) -> int:
        """Begin of the last five seconds of the change."""
        return max(self.start_ns, self.end_ns - LATE_NS)


@dataclass(frozen=True, slots=True, eq=False)
class RunRows:
    """A run as a whole: its length, its timing, and every flow that ran."""

    end_ns: int
    timing: Mapping[str, object]
    """``timing`` of run.json."""
    flows: Sequence[FlowRows]


def change_rows(rows: FlowRows) -> list[ChangeRows]:
    """The flow's changes that the run reached."""
    found = []
    for change in rows.changes:
        start_ns, end_ns = change.at_ns, min(change.until_ns, rows.end_ns)
        if end_ns > start_ns:
            rate = rows.rate.between(start_ns, end_ns)
            found.append(ChangeRows(rows, change.kind, start_ns, end_ns, change.share_bps, rate))
    return found

"""Measures during a run in real time how the machine fell short, and reports it as warnings at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from nenc_lab.real.live.flow import LiveFlow
from nenc_lab.real.live.programs import Program
from nenc_lab.real.live.queues import Queues
from nenc_lab.real.live.telemetry import percentile_ms

LATE_NS = 5_000_000
"""A change, a packet or a queue that is later than this gets a warning."""
RATE_PASSED, BUSY_NS = 0.97, 500_000_000
"""A bottleneck gets a warning when it carries less than this part of its rate over this time with a queue."""
COUNTED = (
    ("sender", "refused", "packets were not sent: the sender's own buffer was full"),
    ("receiver", "overflow", "packets that had arrived were lost: the receiver's buffer was full"),
    ("sender", "skipped", "frames were not captured: the encoder was still busy"),
)
"""Shortfalls of the machine, not of the network: the program, its counter, and the warning that follows the count."""


@dataclass(slots=True)
class Lateness:
    """How late the loop was, in ns."""

    changes_ns: list[int] = field(default_factory=list)
    """Lateness of every change of the path and every fault."""
    polls_ns: list[int] = field(default_factory=list)
    """Lateness of every poll of the queues."""
    late_steps: int = 0
    """Number of steps of ramps and traces that were later than `LATE_NS`; no event names them."""

    def plain(self) -> dict[str, float | None]:
        """Returns ``lateness_ms`` of run.json: p99 and max over the changes, or over the polls when nothing changed."""
        late = self.changes_ns or self.polls_ns
        if not late:
            return {"p99": None, "max": None}
        return {"p99": float(np.percentile(late, 99)) / 1e6, "max": max(late) / 1e6}


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A warning. When ``flow`` is None, it concerns the whole run."""

    flow: str | None
    text: str
    detail: dict[str, object] = field(default_factory=dict)
    """Details as JSON values."""


def of_programs(flows: Sequence[LiveFlow], crosses: Sequence[Program]) -> Iterator[Shortfall]:
    """Yields the programs that failed. All must have ended."""
    for flow in flows:
        for text in flow.failures:
            yield Shortfall(flow.name, text)
    for program in crosses:
        if program.failure is not None:
            yield Shortfall(None, f"{program.name}: {program.failure}")


def of_links(queues: Queues, hops: Sequence[str], lateness: Lateness) -> Iterator[Shortfall]:
    """Yields late changes, and links that did not keep up with their rates."""
    if lateness.late_steps:
        text = f"{lateness.late_steps} steps of ramps and traces were more than {LATE_NS / 1e6:g} ms late"
        yield Shortfall(None, f"{text}: the machine was busy", {"late_ms": max(lateness.changes_ns) / 1e6})
    for link, part in queues.slow(RATE_PASSED, BUSY_NS):
        text = f"{hops[link]} passed {part:.0%} of its rate while it had a queue: the machine was busy"
        yield Shortfall(None, text, {"part": round(part, 4)})
    for link, behind_ms in queues.late(0.01, LATE_NS):
        text = f"{hops[link]} was over {behind_ms:.1f} ms behind its rate for 1 % of the time it had a queue"
        yield Shortfall(None, f"{text}: the machine was busy", {"late_ms": round(behind_ms, 3)})


def of_flow(flow: LiveFlow) -> Iterator[Shortfall]:
    """Yields what a flow's programs could not do in time."""
    if flow.missed:
        yield Shortfall(flow.name, f"{flow.missed} records came too fast to be read")
    for end, counter, text in COUNTED:
        if count := (flow.counters.get(end) or {}).get(counter):
            yield Shortfall(flow.name, f"{count} {text}", {"count": count})
    pacing = (flow.counters.get("sender") or {}).get("pacing")
    late_ms = percentile_ms(pacing, 99) if pacing else None
    if late_ms is not None and late_ms * 1e6 > LATE_NS:
        text = f"1 % of the packets left more than {late_ms:.1f} ms late: the machine was busy"
        yield Shortfall(flow.name, text, {"late_ms": late_ms})

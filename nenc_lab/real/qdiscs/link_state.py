"""The state of a hop, and the qdiscs that emulate it: one calculation for the kernel and for the printed commands."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nenc_lab.network.base import (
    JitterSetting,
    LinkChange,
    LinkSetting,
    LossSetting,
    QueueSetting,
)
from nenc_lab.real.qdiscs import limits
from nenc_lab.real.qdiscs.aqm import managed
from nenc_lab.real.qdiscs.jitter import sigma_ns, table
from nenc_lab.real.qdiscs.qdiscs import FIFO_RATE_BPS, NO_LOSS, Bfifo, Codel, HfscClass, Netem, Options, Pfifo
from nenc_lab.scenario.capacity import Opportunities, RateProgram

ORDERED_HEADROOM = 1.05
"""The packets that a late one held up follow it at the link's rate (RFC 8868 section 4.5.2). The delay line is slightly
faster, so that it never becomes a second bottleneck.
"""
_NO_TARGET_NS = 1_000_000_000_000
"""The target of a CoDel that only marks by a threshold: no packet ever waits that long."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """One hop at one instant."""

    rate_bps: float | None
    last_rate_bps: float | None
    """The last rate that was not 0."""
    highest_bps: float | None
    """The highest rate of the whole run; None for no limit."""
    queue_rate_bps: float
    delay_ns: int
    queue: QueueSetting
    loss: LossSetting
    loss_at_entry: bool
    jitter: JitterSetting
    duplicate: float
    ecn_ns: int | None
    hold_ns: int = 0
    """How long this rate is known to hold; 0: until further notice."""

    def after(self, change: LinkChange, hold_ns: int = 0) -> LinkState:
        """Returns the hop after ``change``. ``hold_ns`` is the time until its new rate changes again."""
        rate = self.rate_bps if change.rate_bps is None else change.rate_bps
        return replace(
            self,
            rate_bps=rate,
            hold_ns=self.hold_ns if change.rate_bps is None else hold_ns,
            last_rate_bps=rate if rate else self.last_rate_bps,
            highest_bps=None if self.highest_bps is None else max(self.highest_bps, rate or 0.0),
            delay_ns=self.delay_ns if change.delay_ns is None else change.delay_ns,
            queue=change.queue or self.queue,
            loss=change.loss or self.loss,
            jitter=change.jitter or self.jitter,
            duplicate=self.duplicate if change.duplicate is None else change.duplicate,
        )

    # ---- the three stages

    def entry(self) -> Netem:
        """Returns the qdisc for loss before the queue."""
        return Netem(limit_packets=limits.delay_line_packets(0, 0), loss=self.loss)

    def bottleneck(self) -> HfscClass:
        """Returns the serialiser."""
        return HfscClass(
            limits.UNLIMITED_BPS if self.rate_bps is None else limits.shaped_bps(self.rate_bps, self.hold_ns)
        )

    def queue_options(self) -> Options:
        """Returns the queue of the bottleneck."""
        law = managed(self.queue, self.ecn_ns)
        if law is not None:
            return law
        if self.ecn_ns is not None:
            return Codel(_NO_TARGET_NS, _NO_TARGET_NS, self.limit_packets(), ecn=True, ce_ns=self.ecn_ns)
        if self.queue.unit == "packets":
            return Pfifo(self.queue.limit)
        return Bfifo(self.limit_bytes())

    def exit(self) -> Netem:
        """Returns the qdisc for delay, jitter, duplication, and loss after the queue."""
        jitter = sigma_ns(self.jitter)
        rate, delay = FIFO_RATE_BPS, self.delay_ns
        if jitter and self.jitter.kind == "reorder":
            rate = 0
        elif jitter and self.last_rate_bps:
            rate = round(self.last_rate_bps * ORDERED_HEADROOM)
            # netem adds a packet's transmission time to its delay
            delay = max(0, delay - round(limits.WIRE_BYTES * 8e9 / rate))
        longest = self.delay_ns + (self.jitter.max_ns if jitter else 0)
        return Netem(
            limit_packets=limits.delay_line_packets(self.highest_bps or limits.UNLIMITED_BPS, longest),
            delay_ns=delay,
            jitter_ns=jitter,
            table=table(self.jitter.std_ns, self.jitter.max_ns) if jitter else (),
            loss=NO_LOSS if self.loss_at_entry else self.loss,
            duplicate=self.duplicate,
            rate_bps=rate,
        )

    # ---- its queue

    def limit_bytes(self) -> int:
        """Returns the queue's limit in bytes. One given in time follows the rate; at rate 0, the last rate above it."""
        if self.queue.unit == "bytes":
            return max(limits.MTU_BYTES, self.queue.limit)
        if self.queue.unit == "packets":
            return self.queue.limit * limits.WIRE_BYTES
        rate = self.queue_rate_bps or self.last_rate_bps
        return limits.queue_bytes(self.queue.limit, rate) if rate else limits.UNLIMITED_BYTES

    def limit_packets(self) -> int:
        """Returns the same limit for a queue that counts packets."""
        return self.queue.limit if self.queue.unit == "packets" else limits.queue_packets(self.limit_bytes())


def first_state(link: LinkSetting, changes: list[LinkChange]) -> LinkState:
    """Returns the state of a hop before a run with these changes.

    A capacity that varies over time starts at its mean, so that the path can be measured before the run.
    """
    rate = link.rate_bps
    match link.capacity:
        case RateProgram(_, rates, _):
            rate, highest = link.queue_rate_bps or float(np.mean(rates)), link.capacity.highest_bps
        case Opportunities(times, size, period_ns):
            span_ns = period_ns or int(times[-1] - times[0]) or 1_000_000_000
            rate, highest = link.queue_rate_bps or len(times) * size * 8e9 / span_ns, float(limits.UNLIMITED_BPS)
        case _:
            highest = 0.0 if rate is None else rate
    highest = max([highest, *(change.rate_bps for change in changes if change.rate_bps is not None)])
    return LinkState(
        rate_bps=rate,
        last_rate_bps=rate if rate else (link.queue_rate_bps or None),
        highest_bps=None if rate is None else highest,
        queue_rate_bps=link.queue_rate_bps,
        delay_ns=link.delay_ns,
        queue=link.queue,
        loss=link.loss,
        loss_at_entry=link.loss_at == "entry",
        jitter=link.jitter,
        duplicate=link.duplicate,
        ecn_ns=link.ecn_ns,
    )

"""Before each run: what this machine and this path really do, and whether that is enough for the scenario.

load      as much as the scenario may ever send, over a path opened for it     -> can this machine?
rate      a little more than the bottleneck carries                            -> the rate it has
base      single packets over the empty path                                   -> delays without queues
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from nenc_lab.errors import EnvironmentError_
from nenc_lab.live.flow import Ends
from nenc_lab.live.probe import probe
from nenc_lab.network.base import LinkChange, Rows

LOAD_S, RATE_S, BASE_S = 0.8, 0.8, 0.5
OVER = 1.15
"""What is offered of the bottleneck's rate, to see the rate itself."""
ENOUGH = 0.97
"""Less than this part of the load asked for is not enough."""
RATE_KEPT = 0.99
BASE_BPS = 400_000
DRAIN_S = 10.0
SETTLE_S = 0.15
MBPS = 1e6
ATTEMPTS = 3
"""A shared machine may have been busy for a moment."""


class Links(Protocol):
    """What a path can be asked and told."""

    def apply(self, change: LinkChange) -> None: ...

    def poll(self) -> Rows: ...


@dataclass(frozen=True, slots=True)
class Needs:
    """What the scenario asks of the machine. Rates bit/s on the wire, None: no bottleneck."""

    load_bps: float
    """Flows at their ``rate.max`` and cross traffic, as far as the path ever lets it through."""
    rates_bps: tuple[float | None, ...]
    """Of the forward links at the start."""
    base_rtt_ns: int
    """Propagation asked for, both ways."""
    base_owd_ns: int
    packet_bytes: int
    wire_bytes: int
    media_share: float
    """Media bits per wire bit."""
    settle_s: float
    """Longest a packet may be under way."""


@dataclass(slots=True)
class Calibration:
    """``calibration`` in run.json. None: was not measured."""

    load_asked_mbps: float = 0.0
    load_mbps: float = 0.0
    packets_per_s: float = 0.0
    pacing_error_ms_p99: float | None = None
    wakeup_ms_p99: float | None = None
    rate_asked_mbps: float | None = None
    rate_mbps: float | None = None
    base_rtt_asked_ms: float = 0.0
    base_rtt_ms: float | None = None
    base_owd_asked_ms: float = 0.0
    base_owd_ms: float = 0.0
    burst_ms: float = 0.0
    """Of the bottleneck: what passes without queueing after a pause."""
    reordered: int = 0
    took_s: float = 0.0

    @property
    def rate_kept(self) -> float:
        """Part of the bottleneck's rate that it really has; 1 when it was not measured."""
        return self.rate_mbps / self.rate_asked_mbps if self.rate_mbps and self.rate_asked_mbps else 1.0

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def calibrate(links: Links, ends: Ends, folder: str, needs: Needs) -> Calibration:
    """Measures; the path is afterwards as it was, and empty.

    Raises EnvironmentError_ when the machine cannot carry the load, with what it can.
    """
    began = time.monotonic()
    found = Calibration()
    for attempt in range(ATTEMPTS):
        _load(links, ends, folder, needs, found)
        if found.load_mbps >= ENOUGH * found.load_asked_mbps:
            break
        if attempt == ATTEMPTS - 1:
            raise EnvironmentError_(
                f"this machine is too slow for the scenario: it needs {found.load_asked_mbps:.0f} Mbit/s on the wire "
                f"({needs.load_bps / 8 / needs.wire_bytes:.0f} packets/s), and reached {found.load_mbps:.0f} Mbit/s "
                f"({found.packets_per_s:.0f} packets/s): lower rate.max of the flows to that, "
                "or run it on the virtual network"
            )
    _rate(links, ends, folder, needs, found)
    _empty(links)
    _base(ends, folder, needs, found)
    found.took_s = time.monotonic() - began
    return found


def _load(links: Links, ends: Ends, folder: str, needs: Needs, found: Calibration) -> None:
    narrow = {n: rate for n, rate in enumerate(needs.rates_bps) if rate is not None and rate < 1.1 * needs.load_bps}
    for link in narrow:
        links.apply(LinkChange(link, rate_bps=1.2 * needs.load_bps))
    try:
        seen = probe(ends, folder, needs.load_bps * needs.media_share, LOAD_S, needs.packet_bytes, needs.settle_s)
    finally:
        for link, rate in narrow.items():
            links.apply(LinkChange(link, rate_bps=rate))
    sent, _ = seen.rates_bps()
    found.load_asked_mbps = needs.load_bps / MBPS
    found.load_mbps = sent / MBPS
    found.packets_per_s = sent / 8 / needs.wire_bytes
    found.pacing_error_ms_p99 = seen.pacing_ms(99)
    found.wakeup_ms_p99 = seen.wakeup_ms(99)


def _rate(links: Links, ends: Ends, folder: str, needs: Needs, found: Calibration) -> None:
    rates = [rate for rate in needs.rates_bps if rate]
    if not rates or OVER * min(rates) > 1.2 * needs.load_bps:
        return
    bottleneck = min(rates)
    media = OVER * bottleneck * needs.media_share
    seen = probe(ends, folder, media, RATE_S, needs.packet_bytes, needs.settle_s)
    found.rate_asked_mbps = bottleneck / MBPS
    _, received = seen.rates_bps()
    found.rate_mbps = received / MBPS
    found.reordered += seen.reordered


def _empty(links: Links) -> None:
    """Waits until no queue holds a packet."""
    end = time.monotonic() + DRAIN_S
    while links.poll()["queue_packets"].any() and time.monotonic() < end:
        time.sleep(0.02)


def _base(ends: Ends, folder: str, needs: Needs, found: Calibration) -> None:
    seen = probe(ends, folder, BASE_BPS, BASE_S, needs.packet_bytes, needs.settle_s)
    owd = seen.owd_ns
    if not len(owd):
        raise EnvironmentError_("calibration: not one of the probe's packets arrived; is the path all loss or outage?")
    found.base_owd_asked_ms, found.base_rtt_asked_ms = needs.base_owd_ns / 1e6, needs.base_rtt_ns / 1e6
    found.base_owd_ms = float(owd.min()) / 1e6
    found.base_rtt_ms = seen.rtt_ms
    found.reordered += seen.reordered

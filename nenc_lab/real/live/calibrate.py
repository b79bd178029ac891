"""Calibrates each run: measures what machine and path can do, and whether that suffices for the scenario.

load      as much as the scenario may ever send, over a path widened for it    -> can the machine carry it?
rate      a little more than the bottleneck carries                            -> its real rate
base      single packets over the empty path                                   -> its delays without queues

Meanwhile no link has the scenario's loss, which would count against the machine, and no link is in an outage.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from nenc_lab.errors import MachineError
from nenc_lab.network.base import LinkChange, LossSetting, Rows
from nenc_lab.real.live.flow_settings import Ends
from nenc_lab.real.live.probe import probe

LOAD_S, RATE_S, BASE_S = 0.8, 0.8, 0.5
OVER = 1.15
"""Load offered to measure the bottleneck's rate, relative to that rate."""
ENOUGH = 0.97
"""The part of the load that the machine must carry."""
RATE_KEPT = 0.99
LOST = 0.001
"""The part of the packets that the machine itself may lose."""
BASE_OFF_MS = 1.5
OPENED = 1.2
"""Rate of a link that is widened, relative to the load."""
BASE_BPS = 400_000
DRAIN_S = 10.0
SETTLE_S = 0.15
MBPS = 1e6
ATTEMPTS = 3
"""Number of attempts, because a shared machine may have been busy for a moment."""


class Links(Protocol):
    """What calibration needs of the path."""

    def apply(self, change: LinkChange) -> None: ...

    def poll(self) -> Rows: ...


@dataclass(frozen=True, slots=True)
class Needs:
    """What the scenario demands of the machine. Rates are in bit/s on the wire; None for no bottleneck."""

    load_bps: float
    """Flows at their ``rate.max`` and cross traffic, as far as the path ever lets them through."""
    rates_bps: Mapping[int, float | None]
    """Rates at the start of the forward links that the probes cross, by link number."""
    losses: Mapping[int, LossSetting]
    """Loss of the same links."""
    base_rtt_ns: int
    """Propagation delay of the scenario, both ways."""
    base_owd_ns: int
    packet_bytes: int
    wire_bytes: int
    media_share: float
    """Media bits per wire bit."""
    settle_s: float
    """Longest time that a packet may be under way."""


@dataclass(slots=True)
class Calibration:
    """The object ``calibration`` of run.json. None for figures that were not measured."""

    load_asked_mbps: float = 0.0
    load_mbps: float = 0.0
    load_lost: float = 0.0
    """The part of the packets that the machine lost, as opposed to queues or loss of the path."""
    packets_per_s: float = 0.0
    pacing_error_ms_p99: float | None = None
    wakeup_ms_p99: float | None = None
    rate_asked_mbps: float | None = None
    rate_mbps: float | None = None
    base_rtt_asked_ms: float = 0.0
    base_rtt_ms: float | None = None
    base_owd_asked_ms: float = 0.0
    base_owd_ms: float = 0.0
    reordered: int = 0
    took_s: float = 0.0

    @property
    def rate_kept(self) -> float:
        """The measured rate of the bottleneck relative to the one asked for; 1 when it was not measured."""
        return self.rate_mbps / self.rate_asked_mbps if self.rate_mbps and self.rate_asked_mbps else 1.0

    def complaints(self) -> list[str]:
        """Returns what differs from the scenario but does not prevent the run."""
        texts = []
        if self.rate_kept < RATE_KEPT:
            texts.append(
                f"the bottleneck has {self.rate_mbps:.2f} of {self.rate_asked_mbps:.2f} Mbit/s on this machine"
            )
        if self.load_lost > LOST:
            texts.append(f"this machine itself loses {self.load_lost:.1%} of the packets at the highest rate")
        if self.base_rtt_ms is not None and abs(self.base_rtt_ms - self.base_rtt_asked_ms) > BASE_OFF_MS:
            texts.append(
                f"the empty path's rtt is {self.base_rtt_ms:.1f} ms, and {self.base_rtt_asked_ms:.1f} was asked for"
            )
        return texts

    def plain(self) -> dict[str, Any]:
        """Returns the fields as a dict for JSON."""
        return asdict(self)


def calibrate(links: Links, ends: Ends, folder: str, needs: Needs) -> Calibration:
    """Measures machine and path; afterwards the path is as it was, and empty.

    Raises MachineError, which names what was reached, when the machine cannot carry the load.
    """
    began = time.monotonic()
    found = Calibration()
    with _unhindered(links, needs):
        _machine(links, ends, folder, needs, found)
        _rate(ends, folder, needs, found)
        _empty(links)
        _base(ends, folder, needs, found)
    found.took_s = time.monotonic() - began
    return found


@contextmanager
def _unhindered(links: Links, needs: Needs) -> Iterator[None]:
    """Removes loss and outages from the path, and restores them at the end."""
    lossy = {link: loss for link, loss in needs.losses.items() if loss.kind != "none"}
    out = [link for link, rate in needs.rates_bps.items() if rate == 0.0]
    for link in lossy:
        links.apply(LinkChange(link, loss=LossSetting()))
    for link in out:
        links.apply(LinkChange(link, rate_bps=OPENED * needs.load_bps))
    yield
    for link in out:
        links.apply(LinkChange(link, rate_bps=0.0))
    for link, loss in lossy.items():
        links.apply(LinkChange(link, loss=loss))


def _machine(links: Links, ends: Ends, folder: str, needs: Needs, found: Calibration) -> None:
    for attempt in range(ATTEMPTS):
        _load(links, ends, folder, needs, found)
        if found.load_mbps >= ENOUGH * found.load_asked_mbps:
            break
        if attempt == ATTEMPTS - 1:
            raise MachineError(
                f"this machine is too slow for the scenario: it needs {found.load_asked_mbps:.0f} Mbit/s on the wire "
                f"({needs.load_bps / 8 / needs.wire_bytes:.0f} packets/s), and reached {found.load_mbps:.0f} Mbit/s "
                f"({found.packets_per_s:.0f} packets/s): lower rate.max of the flows to that rate, "
                "or run it on the virtual network"
            )


def _load(links: Links, ends: Ends, folder: str, needs: Needs, found: Calibration) -> None:
    narrow = {link: rate for link, rate in needs.rates_bps.items() if rate and rate < 1.1 * needs.load_bps}
    for link in narrow:
        links.apply(LinkChange(link, rate_bps=OPENED * needs.load_bps))
    before = _dropped(links, needs)
    try:
        seen = probe(ends, folder, needs.load_bps * needs.media_share, LOAD_S, needs.packet_bytes, needs.settle_s)
    finally:
        for link, rate in narrow.items():
            links.apply(LinkChange(link, rate_bps=rate))
    sent, _ = seen.rates_bps()
    missing = max(0, seen.missing - (_dropped(links, needs) - before))
    found.load_lost = missing / max(1, int(seen.pacing["packets"]))
    carried = sent * (1.0 - found.load_lost)
    found.load_asked_mbps = needs.load_bps / MBPS
    found.load_mbps = carried / MBPS
    found.packets_per_s = carried / 8 / needs.wire_bytes
    found.pacing_error_ms_p99 = seen.pacing_ms(99)
    found.wakeup_ms_p99 = seen.wakeup_ms(99)


def _dropped(links: Links, needs: Needs) -> int:
    """Returns the packets that the path has dropped so far, in full queues or by an AQM."""
    rows = links.poll()
    return int(sum(rows["drops_queue"][link] + rows["drops_loss"][link] for link in needs.rates_bps))


def _rate(ends: Ends, folder: str, needs: Needs, found: Calibration) -> None:
    rates = [rate for rate in needs.rates_bps.values() if rate]
    if not rates or OVER * min(rates) > OPENED * needs.load_bps:
        return
    bottleneck = min(rates)
    media = OVER * bottleneck * needs.media_share
    seen = probe(ends, folder, media, RATE_S, needs.packet_bytes, needs.settle_s)
    found.rate_asked_mbps = bottleneck / MBPS
    _, received = seen.rates_bps()
    found.rate_mbps = received / MBPS
    found.reordered += seen.reordered


def _empty(links: Links) -> None:
    """Waits until all queues are empty."""
    end = time.monotonic() + DRAIN_S
    while links.poll()["queue_packets"].any() and time.monotonic() < end:
        time.sleep(0.02)


def _base(ends: Ends, folder: str, needs: Needs, found: Calibration) -> None:
    seen = probe(ends, folder, BASE_BPS, BASE_S, needs.packet_bytes, needs.settle_s)
    owd = seen.owd_ns
    if not len(owd):
        raise MachineError("calibration: none of the probe's packets arrived")
    found.base_owd_asked_ms, found.base_rtt_asked_ms = needs.base_owd_ns / 1e6, needs.base_rtt_ns / 1e6
    found.base_owd_ms = float(owd.min()) / 1e6
    found.base_rtt_ms = seen.rtt_ms
    found.reordered += seen.reordered

"""``net``: how many real packets per second a sandbox carries, and how exactly the sender paces them."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

from nenc_lab.bench import Figure, Say
from nenc_lab.errors import MachineError

PACKETS_PER_S = (12_500, 20_000, 30_000, 45_000, 60_000)
"""Rates that are tried in turn; 12 500 is 120 Mbit/s in packets of 1200 B."""
PACED = PACKETS_PER_S[0]
SECONDS = 2.0
PACKET_BYTES = 1200
DELAY_NS = 20_000_000
ENOUGH, LOST = 0.99, 0.001
"""A rate counts as reached when at least the first part of it was sent and at most the second part lost."""
INSIDE = "nenc_lab.bench.net:inside"


def measure(repeats: int, say: Say) -> list[Figure]:
    """The figures of this group. Without a sandbox they are left out and reported to ``say``."""
    from nenc_lab.real.sandbox import open_sandbox

    try:
        with open_sandbox("auto", preload=("nenc_lab.real.live.probe", "nenc_lab.real.qdiscs.path")) as sandbox:
            seen = [sandbox.call(INSIDE, timeout_s=300) for _ in range(repeats)]
            name = sandbox.name
    except MachineError as error:
        say(f"net.guest_pps is left out: {error}")
        return []
    return [
        Figure(
            "net.guest_pps",
            median(one["pps"] for one in seen),
            f"packets/s of {PACKET_BYTES} B, sent and received ({name})",
        ),
        Figure(
            "net.pacing_error_ms_p99", median(one["pacing_ms"] for one in seen), f"how late packets left at {PACED}/s"
        ),
        Figure(
            "net.wakeup_ms_p99", median(one["wakeup_ms"] for one in seen), "of this, how late the pacing thread woke up"
        ),
        Figure(
            "net.base_owd_error_ms", median(one["owd_error_ms"] for one in seen), "one-way delay over the one asked for"
        ),
    ]


def inside(_: Any, send: Callable[[Any], None]) -> dict[str, float]:
    """Measures all rates once; this function runs in the sandbox."""
    import shutil

    from nenc_lab.network.base import FlowSetting, LinkSetting
    from nenc_lab.real.live.flow_settings import Ends
    from nenc_lab.real.live.probe import probe
    from nenc_lab.real.live.programs import scratch
    from nenc_lab.real.qdiscs.layout import plan
    from nenc_lab.real.qdiscs.path import Path

    links = [LinkSetting("forward", None, DELAY_NS), LinkSetting("reverse", None, DELAY_NS)]
    folder = scratch()
    found = {"pps": 0.0, "pacing_ms": float("nan"), "wakeup_ms": float("nan"), "owd_error_ms": float("nan")}
    try:
        with Path(plan(links, [FlowSetting(0, 0, PACKET_BYTES, 1.0, 0, False)])) as path:
            ends = Ends(path.sender(0).netns_fd, path.receiver(0).netns_fd, path.receiver(0).address)
            for rate in PACKETS_PER_S:
                seen = probe(ends, folder, rate * (PACKET_BYTES - 12) * 8.0, SECONDS, PACKET_BYTES, 0.3)
                if rate == PACED:
                    found["pacing_ms"] = seen.pacing_ms(99) or float("nan")
                    found["wakeup_ms"] = seen.wakeup_ms(99) or float("nan")
                    found["owd_error_ms"] = (float(seen.owd_ns.min()) - DELAY_NS) / 1e6
                if len(seen.sent) < ENOUGH * rate * SECONDS or len(seen.arrivals) < (1 - LOST) * len(seen.sent):
                    break
                found["pps"] = float(rate)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return found

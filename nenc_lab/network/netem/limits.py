"""The numbers a real qdisc needs and a scenario does not say: burst, bytes of a queue, packets of a delay line."""

from __future__ import annotations

import math

MTU_BYTES = 1514
"""The largest packet on the wire, Ethernet header included."""
WIRE_BYTES = 1242
"""A full media packet."""
SMALLEST_BYTES = 64
OUTAGE_BPS = 8
"""tc knows no rate of 0: the one packet that the bucket holds passes, and the next one some 20 minutes later."""
UNLIMITED_BPS = 32_000_000_000
"""A hop that is no bottleneck yet."""
UNLIMITED_BYTES = 1 << 30
BURST_NS = 1_000_000
"""Timers of a guest are late by 0.2 ms in the median; a bucket of this many ns of the rate makes up for it."""


def burst_bytes(rate_bps: float) -> int:
    """Of a tbf: at least two packets. It is also what a queue lets through at once when its rate changes: the kernel
    fills the bucket then."""
    if rate_bps <= 0:
        return MTU_BYTES
    return max(2 * MTU_BYTES, math.ceil(rate_bps * BURST_NS / 8e9))


def queue_bytes(limit_ns: int, rate_bps: float) -> int:
    """A queue in ms at this rate; never less than a packet."""
    return min(max(MTU_BYTES, int(limit_ns * rate_bps / 8e9)), UNLIMITED_BYTES)


def queue_packets(limit_bytes: int) -> int:
    """The same in full packets, for queues of the kernel that count nothing else."""
    return max(1, limit_bytes // WIRE_BYTES)


def delay_line_packets(rate_bps: float, longest_ns: int) -> int:
    """netem's limit counts all it holds: twice the smallest packets that fit into its delay at this rate."""
    return 1000 + 2 * math.ceil(rate_bps * longest_ns / 8e9 / SMALLEST_BYTES)

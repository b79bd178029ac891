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
UNLIMITED_BURST_BYTES = 20_000_000
UNLIMITED_BYTES = 1 << 30
BURST_NS = 5_000_000
"""A bucket of this many ns of the rate makes up for late timers: those of a guest are late by 0.2 ms in the median and
by 4 ms at p99 on a machine that has other work. With 5 ms 10, 50 and 100 Mbit/s were reached to 0.1 %, with 2 ms to
6 %. It is also what passes without a wait after a pause."""
_LEAST_SHARE = 0.5


def burst_bytes(rate_bps: float, burst_ns: int = BURST_NS) -> int:
    """Of a tbf: at least two packets."""
    if rate_bps <= 0:
        return MTU_BYTES
    return max(2 * MTU_BYTES, math.ceil(rate_bps * burst_ns / 8e9))


def tbf_rate_bps(rate_bps: float, burst_bytes: int, hold_ns: int) -> int:
    """The rate at which a backlogged tbf passes rate x hold in hold_ns: its bucket is full after each change. 0: it
    stays, and the bucket counts for nothing."""
    extra_bps = (burst_bytes - WIRE_BYTES / 2) * 8e9 / hold_ns if hold_ns else 0.0
    return max(OUTAGE_BPS, round(max(rate_bps - extra_bps, rate_bps * _LEAST_SHARE)))


def queue_bytes(limit_ns: int, rate_bps: float) -> int:
    """A queue in ms at this rate; never less than a packet."""
    return min(max(MTU_BYTES, int(limit_ns * rate_bps / 8e9)), UNLIMITED_BYTES)


def queue_packets(limit_bytes: int) -> int:
    """The same in full packets, for queues of the kernel that count nothing else."""
    return max(1, limit_bytes // WIRE_BYTES)


def delay_line_packets(rate_bps: float, longest_ns: int) -> int:
    """netem's limit counts all it holds: twice the smallest packets that fit into its delay at this rate."""
    return 1000 + 2 * math.ceil(rate_bps * longest_ns / 8e9 / SMALLEST_BYTES)

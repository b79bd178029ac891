"""The numbers a real qdisc needs and a scenario does not say: bytes of a queue, packets of a delay line."""

from __future__ import annotations

import math

MTU_BYTES = 1514
"""The largest packet on the wire, Ethernet header included."""
WIRE_BYTES = 1242
"""A full media packet."""
SMALLEST_BYTES = 64
UNLIMITED_BPS = 32_000_000_000
"""A hop that is no bottleneck yet; a class carries little more, 32 bits of byte/s."""
UNLIMITED_BYTES = 1 << 30


def shaped_bps(rate_bps: float, hold_ns: int) -> int:
    """The rate at which a backlogged serialiser passes rate x hold in hold_ns: a change forgets how much of the packet
    in service was still to come, half a one in the mean. ``hold_ns`` 0: it stays, and that counts for nothing.
    Never more than `UNLIMITED_BPS`."""
    extra_bps = WIRE_BYTES / 2 * 8e9 / hold_ns if hold_ns else 0.0
    return round(min(max(rate_bps - extra_bps, rate_bps / 2), UNLIMITED_BPS))


def queue_bytes(limit_ns: int, rate_bps: float) -> int:
    """A queue in ms at this rate; never less than a packet."""
    return min(max(MTU_BYTES, int(limit_ns * rate_bps / 8e9)), UNLIMITED_BYTES)


def queue_packets(limit_bytes: int) -> int:
    """The same in full packets, for queues of the kernel that count nothing else."""
    return max(1, limit_bytes // WIRE_BYTES)


def delay_line_packets(rate_bps: float, longest_ns: int) -> int:
    """netem's limit counts all it holds: twice the smallest packets that fit into its delay at this rate."""
    return 1000 + 2 * math.ceil(rate_bps * longest_ns / 8e9 / SMALLEST_BYTES)

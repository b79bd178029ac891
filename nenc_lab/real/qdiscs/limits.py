"""The limits that a real qdisc needs and a scenario does not give: bytes of a queue, packets of a delay line."""

from __future__ import annotations

import math

MTU_BYTES = 1514
"""The largest packet on the wire, including its Ethernet header."""
WIRE_BYTES = 1242
"""A full media packet on the wire."""
SMALLEST_BYTES = 64
UNLIMITED_BPS = 32_000_000_000
"""Rate of a hop that is no bottleneck yet. A class cannot carry much more: its rate is 32 bits of byte/s."""
UNLIMITED_BYTES = 1 << 30


def shaped_bps(rate_bps: float, hold_ns: int) -> int:
    """Returns the rate at which a backlogged serialiser forwards rate x hold bits in ``hold_ns``.

    A change forgets how much of the packet in service was left to send, half a packet on average, so the rate is lower
    by that. With ``hold_ns`` 0 the rate stays, and this does not matter. The result is at most `UNLIMITED_BPS`.
    """
    extra_bps = WIRE_BYTES / 2 * 8e9 / hold_ns if hold_ns else 0.0
    return round(min(max(rate_bps - extra_bps, rate_bps / 2), UNLIMITED_BPS))


def queue_bytes(limit_ns: int, rate_bps: float) -> int:
    """Returns the bytes of a queue given in time, at this rate: at least one packet."""
    return min(max(MTU_BYTES, int(limit_ns * rate_bps / 8e9)), UNLIMITED_BYTES)


def queue_packets(limit_bytes: int) -> int:
    """Returns the same limit in full packets, for queues of the kernel that count only packets."""
    return max(1, limit_bytes // WIRE_BYTES)


def delay_line_packets(rate_bps: float, longest_ns: int) -> int:
    """Returns netem's limit, which covers all packets it holds: twice the smallest packets that fit into its delay."""
    return 1000 + 2 * math.ceil(rate_bps * longest_ns / 8e9 / SMALLEST_BYTES)

"""Computes the delay of packets without queueing, by the time at which they arrive."""

from __future__ import annotations

from collections.abc import Sequence

from nenc_lab.scenario.timeline.pieces import Pieces


def base_delay(beside_ns: int, delays: Sequence[Pieces[int]]) -> Pieces[int]:
    """Returns the sum, in ns, of the constant ``beside_ns`` and the hops' delays, given in the order of crossing.

    Packets in a delay line keep their old delay; those that enter later get the new one. When a delay grows, nothing
    arrives for a while, and the new delay counts from the middle of that gap. When it shrinks, packets do not overtake,
    and the new delay counts once the last packet with the old one has arrived. Queueing at later hops is ignored.
    """
    now = [delay.first for delay in delays]
    times: list[int] = []
    bases: list[int] = []
    for at_ns, hop, new_ns in sorted(
        (at_ns, hop, new_ns)
        for hop, delay in enumerate(delays)
        for at_ns, new_ns in zip(delay.times_ns, delay.values, strict=True)
    ):
        from_here = beside_ns + sum(now[hop:])
        grown = new_ns - now[hop]
        now[hop] = new_ns
        times.append(max([*times[-1:], at_ns + from_here + max(0, grown) // 2]))
        bases.append(beside_ns + sum(now))
    return Pieces(beside_ns + sum(delay.first for delay in delays), tuple(times), tuple(bases))

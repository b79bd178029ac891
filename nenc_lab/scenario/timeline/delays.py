"""The delay that packets have without queues, by the time at which they arrive."""

from __future__ import annotations

from collections.abc import Sequence

from nenc_lab.scenario.timeline.pieces import Pieces


def base_delay(beside_ns: int, delays: Sequence[Pieces[int]]) -> Pieces[int]:
    """The sum of ``beside_ns`` and of the hops' delays, in the order in which packets cross them; ns.

    What is in a delay line keeps its old delay, and what waits before it gets the new one. When a delay grows nothing
    arrives for a while, and the new one counts from the middle of that; when it shrinks nothing overtakes, and the new
    one counts once the last packet with the old one is there. Waits in the queues of later hops are not reckoned with.
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

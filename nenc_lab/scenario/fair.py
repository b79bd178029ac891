"""Computes max-min fair rates of flows that share hops."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence


def max_min(capacities: Sequence[float], routes: Sequence[Collection[int]], limits: Sequence[float]) -> list[float]:
    """Returns one rate per flow, such that no flow can gain without taking from one that has no more than it.

    ``capacities`` are per hop (infinite: no bottleneck), ``routes`` are the hops that each flow crosses, ``limits`` the
    most that each flow can use, in the same unit. By progressive filling (Bertsekas and Gallager, Data Networks,
    section 6.5.2), all rates rise together; a flow stops at its limit or when a hop on its route is full.
    """
    rates = [0.0] * len(routes)
    left = list(capacities)
    rising = set(range(len(routes)))
    while rising:
        share = {
            hop: left[hop] / count for hop in range(len(left)) if (count := sum(hop in routes[flow] for flow in rising))
        }
        level = min([*share.values(), *(limits[flow] for flow in rising)], default=math.inf)
        full = {hop for hop, part in share.items() if part <= level}
        stopped = {flow for flow in rising if limits[flow] <= level or full & set(routes[flow])}
        for flow in stopped:
            rates[flow] = level
            for hop in routes[flow]:
                left[hop] = max(0.0, left[hop] - level)
        rising -= stopped
    return rates

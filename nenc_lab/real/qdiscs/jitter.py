"""Jitter as netem needs it: a table of the distribution |N(0, std^2)| cut at max (RFC 8868 section 4.5.3)."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

from nenc_lab.network.base import JitterSetting

TABLE_ENTRIES = 4096
SCALE = 8192
"""The kernel adds sigma * table[random] / 8192."""
_TOP = 32767
"""The largest entry of a table: it reaches to 4 sigma."""


def sigma_ns(jitter: JitterSetting) -> int:
    """Returns the kernel's sigma, with which the table's largest entry is the longest delay; 0 for no jitter."""
    if jitter.kind == "none" or jitter.std_ns == 0:
        return 0
    return -(-jitter.max_ns * SCALE // _TOP)


@lru_cache(maxsize=64)
def table(std_ns: int, max_ns: int) -> tuple[int, ...]:
    """Returns quantiles in the middle of equal probabilities, in 1/8192 of `sigma_ns`; values above max become max."""
    if std_ns == 0 or max_ns == 0:
        return ()
    sigma = -(-max_ns * SCALE // _TOP)
    normal = NormalDist()
    quantiles = (normal.inv_cdf(0.5 + (i + 0.5) / TABLE_ENTRIES / 2) * std_ns for i in range(TABLE_ENTRIES))
    return tuple(min(round(min(value, max_ns) * SCALE / sigma), _TOP) for value in quantiles)

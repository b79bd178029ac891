"""What was sent and what arrived: ratios and rates from a flow's counters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nenc_lab.analysis.arrays import SECOND_NS, Bools, Ints, Values
from nenc_lab.analysis.series import at
from nenc_lab.records import PACKET_OVERHEAD_BYTES, RTP_HEADER_BYTES


def loss_ratio(lost: int, received: int) -> float | None:
    """lost / (lost + received), packets; queue drops and random loss alike. None when there were none."""
    return lost / (lost + received) if lost + received > 0 else None


def mean_rate_bps(t_ns: Ints, sum_bytes: Values, start_ns: int, end_ns: int) -> float | None:
    """Mean rate of a byte counter in [start, end], bit/s; None when that is no time."""
    if end_ns <= start_ns or not len(t_ns):
        return None
    grown = at(t_ns, sum_bytes, end_ns) - at(t_ns, sum_bytes, start_ns)
    return 8.0 * grown * SECOND_NS / (end_ns - start_ns)


def lowest_rate_mbps(
    t_ns: Ints, sum_bytes: Values, start_ns: int, end_ns: int, over_ns: int = SECOND_NS
) -> float | None:
    """Lowest mean rate over any ``over_ns`` that begin at a tick and lie within [start, end], Mbit/s; else None.

    For ``send_mbps_min``: media bytes out of the pacer, over 1 s.
    """
    if not len(t_ns):
        return None
    begin = t_ns[(t_ns >= start_ns) & (t_ns + over_ns <= min(end_ns, int(t_ns[-1])))]
    if not len(begin):
        return None
    grown = np.interp(begin + over_ns, t_ns, sum_bytes) - np.interp(begin, t_ns, sum_bytes)
    return float(np.min(grown)) * 8.0 * SECOND_NS / over_ns / 1e6


def feedback_overhead(feedback_wire_bytes: int, sent_bytes: int, sent_packets: int) -> float | None:
    """Feedback bytes on the wire / media packets' bytes on the wire; None when nothing was sent.

    A media packet has its media, its RTP header and 42 bytes below.
    """
    sent_wire = sent_bytes + sent_packets * (RTP_HEADER_BYTES + PACKET_OVERHEAD_BYTES)
    return feedback_wire_bytes / sent_wire if sent_wire > 0 else None


def new_samples(samples: Values) -> Bools:
    """Which ticks show a feedback sample that the tick before did not: where the count of samples has grown.

    A tick shows the newest sample, so one sample fills several ticks, or many while feedback is away.
    """
    return np.diff(samples, prepend=0) > 0


def jain(rates: Sequence[float]) -> float | None:
    """Jain's fairness index (sum x)^2 / (n sum x^2): 1 when all are equal, 1/n when one has all; None for zeros."""
    squares = sum(rate * rate for rate in rates)
    return sum(rates) ** 2 / (len(rates) * squares) if squares > 0 else None

"""Figures of delivery: utilisation, rates, loss, and the overhead of feedback."""

from __future__ import annotations

import numpy as np

from nenc_lab.analysis.arrays import SECOND_NS, Ints, Values
from nenc_lab.analysis.capacity import usable_bits
from nenc_lab.analysis.rows import ChangeRows, FlowRows
from nenc_lab.analysis.series import at, last_known
from nenc_lab.records import PACKET_OVERHEAD_BYTES, RTP_HEADER_BYTES, payload_fraction


def utilisation(rows: FlowRows) -> float | None:
    """Wire bits received while the flow was active / wire bits that it could have received.

    What it could have received is the integral of (1 - random loss of the scenario) x the lowest capacity of the hops
    it crosses, capped by what ``rate.max`` needs on the wire. This is the whole capacity, even where flows share it.
    Both are counted up to the last tick. Null when nothing could be sent.
    """
    if rows.path is None:
        return None
    end_ns = min(rows.last_ns, rows.path.end_ns)
    usable = usable_bits(rows.path, rows.passing, rows.flow.wire_max_bps, rows.start_ns, end_ns)
    rate = mean_rate_bps(rows.t_ns, rows.ticks["received_wire_bytes"], rows.start_ns, end_ns)
    return rate * (end_ns - rows.start_ns) / SECOND_NS / usable if usable > 0 and rate is not None else None


def share_utilisation(change: ChangeRows) -> float | None:
    """Wire bits received in the last 5 s of the change / (wire bits of the flow's share x (1 - random loss)).

    Unlike the flow's ``utilisation``, it relates to the share and not to the whole capacity: each of two flows that
    share a link fairly has full utilisation of its half. It is counted up to the last tick. Null with a zero share.
    """
    rows, share_bps = change.flow, change.share_bps
    end_ns = min(change.end_ns, rows.last_ns)
    start_ns = max(change.late_ns, int(rows.t_ns[0]))
    if end_ns <= start_ns or share_bps <= 0:
        return None
    counter = rows.ticks["received_wire_bytes"]
    delivered = 8.0 * (at(rows.t_ns, counter, end_ns) - at(rows.t_ns, counter, start_ns))
    usable = share_bps / payload_fraction(rows.flow.packet) * rows.passing.between(start_ns, end_ns).integral()
    return delivered / usable if usable > 0 else None


def goodput_mbps(rows: FlowRows) -> float | None:
    """Media payload received, as a mean rate from the flow's start to its last tick."""
    goodput = mean_rate_bps(rows.t_ns, rows.ticks["received_bytes"], rows.start_ns, rows.last_ns)
    return None if goodput is None else goodput / 1e6


def send_mbps_min(change: ChangeRows) -> float | None:
    """Lowest mean rate at which media left the pacer, over all seconds of the change that begin at a tick."""
    rows = change.flow
    return lowest_rate_mbps(rows.t_ns, rows.ticks["sent_bytes"], change.start_ns, change.end_ns)


def loss(rows: FlowRows) -> float | None:
    """Packets lost / (lost + received), with queue drops and random loss alike. Null when there were none."""
    return loss_ratio(int(rows.ticks["lost_packets"][-1]), int(rows.ticks["received_packets"][-1]))


def change_loss(change: ChangeRows) -> float | None:
    """Packets lost / (lost + received), by the counters in the ticks of the change."""
    rows = change.flow
    lost, received = (
        last_known(rows.t_ns, rows.ticks[name], change.end_ns)
        - last_known(rows.t_ns, rows.ticks[name], change.start_ns)
        for name in ("lost_packets", "received_packets")
    )
    return loss_ratio(lost, received)


def feedback_overhead(rows: FlowRows) -> float | None:
    """Feedback bytes on the wire / media packets' bytes on the wire; null when nothing was sent.

    A media packet is its media, its RTP header, and 42 bytes of Ethernet, IP and UDP headers.
    """
    ticks = rows.ticks
    media = int(ticks["sent_bytes"][-1]), int(ticks["sent_packets"][-1])
    sent_wire = media[0] + media[1] * (RTP_HEADER_BYTES + PACKET_OVERHEAD_BYTES)
    return int(ticks["feedback_wire_bytes"][-1]) / sent_wire if sent_wire > 0 else None


def loss_ratio(lost: int, received: int) -> float | None:
    """lost / (lost + received); None when both are 0."""
    return lost / (lost + received) if lost + received > 0 else None


def mean_rate_bps(t_ns: Ints, sum_bytes: Values, start_ns: int, end_ns: int) -> float | None:
    """Mean rate of a byte counter in [start, end], bit/s; None when the interval is empty."""
    if end_ns <= start_ns or not len(t_ns):
        return None
    grown = at(t_ns, sum_bytes, end_ns) - at(t_ns, sum_bytes, start_ns)
    return 8.0 * grown * SECOND_NS / (end_ns - start_ns)


def lowest_rate_mbps(
    t_ns: Ints, sum_bytes: Values, start_ns: int, end_ns: int, over_ns: int = SECOND_NS
) -> float | None:
    """Lowest mean rate, Mbit/s, over windows of ``over_ns`` in [start, end] that begin at a tick; None without one."""
    if not len(t_ns):
        return None
    begin = t_ns[(t_ns >= start_ns) & (t_ns + over_ns <= min(end_ns, int(t_ns[-1])))]
    if not len(begin):
        return None
    grown = np.interp(begin + over_ns, t_ns, sum_bytes) - np.interp(begin, t_ns, sum_bytes)
    return float(np.min(grown)) * 8.0 * SECOND_NS / over_ns / 1e6

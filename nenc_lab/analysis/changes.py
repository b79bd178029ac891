"""The figures of one change of a flow: what happened from it to the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nenc_lab.analysis import oscillation, response
from nenc_lab.analysis.arrays import SECOND_NS
from nenc_lab.analysis.delivery import loss_ratio, lowest_rate_mbps
from nenc_lab.analysis.flow import CALM_NS, FlowRows
from nenc_lab.analysis.series import at, last_known
from nenc_lab.records import payload_fraction

if TYPE_CHECKING:
    from nenc_lab.scenario.timeline import Change

LAST_NS = 5 * SECOND_NS


def change_figures(rows: FlowRows, change: Change) -> dict[str, Any] | None:
    """One entry of ``changes``; None when the run ended before it. The last one lasts to the end of the run.

    ``to_mbps`` is the share. Times are seconds from the change. ``queue_delay_p95_ms`` (by packets) is of those that
    arrived from 5 s after the change on, null when the next one comes sooner; ``queue_delay_max_ms`` of all.
    """
    start, end = change.at_ns, min(change.until_ns, rows.end_ns)
    if end <= start:
        return None
    rate, share = rows.rate.between(start, end), change.share_bps
    late = max(start, end - LAST_NS)
    ticks = rows.ticks
    lost, received = (
        last_known(rows.t_ns, ticks[name], end) - last_known(rows.t_ns, ticks[name], start)
        for name in ("lost_packets", "received_packets")
    )
    return {
        "kind": change.kind,
        "at_s": start / SECOND_NS,
        "until_s": end / SECOND_NS,
        "to_mbps": share / 1e6,
        "rise_s": response.rise_s(rate, share),
        "settling_s": response.settling_s(rate, share),
        "overshoot": response.overshoot(rate, share),
        "iae_mbit": response.iae_mbit(rate, share),
        "to_80pct_s": response.to_80pct_s(rate, share),
        "to_floor_s": response.to_floor_s(rate, rows.flow.rate.min),
        "utilisation_last5s": share_utilisation(rows, share, late, end),
        "queue_delay_p95_ms": rows.waits.percentiles_between(start + CALM_NS, end, 95)[0],
        "queue_delay_max_ms": rows.waits.percentiles_between(start, end, 100)[0],
        "loss": loss_ratio(lost, received),
        "oscillations_last5s": swings(rows, share, late, end),
        "send_mbps_min": lowest_rate_mbps(rows.t_ns, ticks["sent_bytes"], start, end),
    }


def share_utilisation(rows: FlowRows, share_bps: float, start_ns: int, end_ns: int) -> float | None:
    """Wire bits received in [start, end] / wire bits of the flow's share x what set random loss lets through.

    Against the share (share_bps / payload fraction is its part of the capacity on the wire), not the whole capacity as
    in the flow's ``utilisation``: two flows that share a link fairly use half of it each, and both do well. Up to the
    last tick. None with a zero share.
    """
    end_ns = min(end_ns, rows.last_ns)
    start_ns = max(start_ns, int(rows.t_ns[0]))
    if end_ns <= start_ns or share_bps <= 0:
        return None
    counter = rows.ticks["received_wire_bytes"]
    delivered = 8.0 * (at(rows.t_ns, counter, end_ns) - at(rows.t_ns, counter, start_ns))
    usable = share_bps / payload_fraction(rows.flow.packet) * rows.passing.between(start_ns, end_ns).integral()
    return delivered / usable if usable > 0 else None


def swings(rows: FlowRows, share_bps: float, start_ns: int, end_ns: int) -> int | None:
    """Oscillations of the judged rate in [start, end), against this share; None when the share is zero."""
    if share_bps <= 0:
        return None
    return oscillation.count(rows.rate.between(start_ns, end_ns).values, oscillation.SWING * share_bps)

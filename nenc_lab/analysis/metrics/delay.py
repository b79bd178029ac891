"""Figures of delay: of packets in queues, of round trips, and of frames from capture to arrival."""

from __future__ import annotations

import numpy as np

from nenc_lab.analysis.arrays import Bools, Values
from nenc_lab.analysis.metrics.metric import Value
from nenc_lab.analysis.percentile import summary_of
from nenc_lab.analysis.rows import CALM_NS, ChangeRows, FlowRows


def queue_delay_ms(rows: FlowRows) -> dict[str, Value]:
    """Queue delay over all hops of the packets that arrived, from the queues' histograms (bins at most 1 % wide)."""
    p50, p95, p99, highest = rows.waits.percentiles(50, 95, 99, 100)
    return {"p50": p50, "p95": p95, "p99": p99, "max": highest}


def queue_delay_p95_ms(change: ChangeRows) -> float | None:
    """95th percentile of the queue delay of the packets that arrived 5 s or more after the change.

    Null when the next change comes sooner.
    """
    return change.flow.waits.percentiles_between(change.start_ns + CALM_NS, change.end_ns, 95)[0]


def queue_delay_max_ms(change: ChangeRows) -> float | None:
    """Longest queue delay of the packets that arrived between this change and the next."""
    return change.flow.waits.percentiles_between(change.start_ns, change.end_ns, 100)[0]


def rtt_ms(rows: FlowRows) -> dict[str, Value]:
    """Round-trip time of the feedback samples. Each sample counts once, however many ticks show it."""
    return {**summary_of(rows.ticks["rtt_ms"][new_samples(rows.ticks["samples"])])}


def frame_delay_ms(rows: FlowRows) -> dict[str, Value]:
    """Time from a frame's capture to the arrival of its last packet, over the frames that were shown."""
    return {**summary_of((rows.frames["received"] - rows.frames["t_s"]) * 1e3)}


def new_samples(samples: Values) -> Bools:
    """Marks the ticks whose count of feedback samples is higher than that of the tick before.

    A tick shows the newest sample, so one sample may fill several ticks, or many while no feedback arrives.
    """
    return np.diff(samples, prepend=0) > 0

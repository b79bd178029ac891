"""Figures of how well the encoder met its target rate, and when its quantiser limited it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nenc_lab.analysis.arrays import SECOND_NS, Floats, Ints, Values, nanoseconds
from nenc_lab.analysis.metrics.metric import Value
from nenc_lab.analysis.rows import FlowRows

if TYPE_CHECKING:
    from nenc_lab.scenario.schema import Flow


def encoder_error(rows: FlowRows) -> float | None:
    """Mean over whole seconds of |output - target| / target.

    Seconds count from the flow's start, and a last incomplete one is left out. The output is 8 x the bytes of the
    frames captured in that second; the target is the mean rate that the encoder was asked for. Null when there is no
    whole second.
    """
    seconds = (rows.end_ns - rows.start_ns) // SECOND_NS
    if seconds <= 0:
        return None
    output = _per_second(nanoseconds(rows.frames["t_s"]), 8.0 * rows.frames["size"], rows.start_ns, seconds)
    ticks = _per_second(rows.t_ns, np.ones(len(rows.t_ns)), rows.start_ns, seconds)
    asked = _per_second(rows.t_ns, rows.ticks["encode_bps"], rows.start_ns, seconds)
    with np.errstate(divide="ignore", invalid="ignore"):
        target = asked / ticks
        errors = np.abs(output - target) / target
    known = np.isfinite(errors)
    return float(np.mean(errors[known])) if known.any() else None


def encoder_limited_s(rows: FlowRows) -> dict[str, Value]:
    """Whole seconds in which a limit of the quantiser, and not rate control, kept the encoder from its target.

    ``min`` counts seconds in which the output was over 10 % below the target and 80 % of the frames had the smallest
    QP, so the picture needs no more. ``max`` counts those in which the output was over 10 % above the target and 80 %
    of the frames had the largest QP. Null for an encoder without such limits.
    """
    seconds, limits = (rows.end_ns - rows.start_ns) // SECOND_NS, _quantiser(rows.flow)
    if limits is None or seconds <= 0:
        return {"min": None, "max": None}
    captured_ns, qp = nanoseconds(rows.frames["t_s"]), rows.frames["qp"]
    output = _per_second(captured_ns, 8.0 * rows.frames["size"], rows.start_ns, seconds)
    frames = np.maximum(_per_second(captured_ns, np.ones(len(captured_ns)), rows.start_ns, seconds), 1.0)
    ticks = np.maximum(_per_second(rows.t_ns, np.ones(len(rows.t_ns)), rows.start_ns, seconds), 1.0)
    target = _per_second(rows.t_ns, rows.ticks["encode_bps"], rows.start_ns, seconds) / ticks
    smallest = _per_second(captured_ns, (qp <= limits[0] + 0.5).astype(np.float64), rows.start_ns, seconds) / frames
    largest = _per_second(captured_ns, (qp >= limits[1] - 0.5).astype(np.float64), rows.start_ns, seconds) / frames
    return {
        "min": int(np.count_nonzero((output < 0.9 * target) & (smallest >= 0.8))),
        "max": int(np.count_nonzero((output > 1.1 * target) & (largest >= 0.8))),
    }


def software_frames(rows: FlowRows) -> int:
    """Frames that the software encoder made, whether the scenario asked for it or it took over from hardware."""
    return int(np.count_nonzero(rows.frames["encoder"] == "software"))


def _quantiser(flow: Flow) -> tuple[int, int] | None:
    """Smallest and largest QP of a real encoder."""
    from nenc_lab.scenario.schema import VideoEncoder

    return (flow.encoder.qp.min, flow.encoder.qp.max) if isinstance(flow.encoder, VideoEncoder) else None


def _per_second(t_ns: Ints, weights: Values, start_ns: int, seconds: int) -> Floats:
    """The sum of the weights in each whole second from ``start_ns``."""
    second = (t_ns - start_ns) // SECOND_NS
    inside = (second >= 0) & (second < seconds)
    sums: Floats = np.bincount(second[inside], weights=weights[inside], minlength=seconds).astype(np.float64)
    return sums

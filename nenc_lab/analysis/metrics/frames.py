"""Figures of what the viewer saw: late and damaged frames, freezes, picture quality."""

from __future__ import annotations

import numpy as np

from nenc_lab.analysis.arrays import SECOND_NS, Floats
from nenc_lab.analysis.metrics.metric import Value
from nenc_lab.analysis.rows import FlowRows


def late_frames(rows: FlowRows) -> int:
    """Frames received later than the flow's deadline after their capture."""
    return int(np.count_nonzero(rows.frames["late"].astype(np.bool_)))


def damaged_frames(rows: FlowRows) -> int:
    """Frames that were shown although at least one of their packets was lost."""
    return int(np.count_nonzero(~np.isnan(rows.frames["received"]) & (rows.frames["lost"] > 0)))


def freezes(rows: FlowRows) -> dict[str, Value]:
    """Number and total length of freezes: times without a frame shown of max(3 x nominal, nominal + 150 ms) or more.

    ``nominal`` is one over the scenario's frame rate. A frame is shown when its last surviving packet arrives. The time
    from the last frame shown to the end of the flow, or of the run, counts like the time between two frames; the time
    before the first frame does not. A freeze lasts from one frame shown to the next (W3C webrtc-stats, freezeCount).
    """
    count, seconds = frozen(rows.frames["received"], 1.0 / rows.flow.encoder.fps, rows.end_ns / SECOND_NS)
    return {"freezes": count, "freeze_s": seconds}


def frozen(received_s: Floats, nominal_s: float, end_s: float) -> tuple[int, float]:
    """`freezes` of frames received at these times, in seconds; NaN is a frame that was never received."""
    shown = np.sort(received_s[~np.isnan(received_s)])
    if not len(shown):
        return 0, 0.0
    gaps = np.diff(np.append(shown, max(end_s, float(shown[-1]))))
    # The added nanosecond makes a gap of exactly the limit a freeze, whatever the rounding of its seconds.
    frozen = gaps[gaps >= max(3 * nominal_s, nominal_s + 0.150) - 1e-9]
    return len(frozen), float(np.sum(frozen))


def psnr_db(rows: FlowRows) -> float | None:
    """Mean PSNR over the frames for which it was measured; null when it was measured for none."""
    return mean_measured(rows.frames["psnr"])


def ssim(rows: FlowRows) -> float | None:
    """Mean SSIM over the frames for which it was measured; null when it was measured for none."""
    return mean_measured(rows.frames["ssim"])


def mean_measured(values: Floats) -> float | None:
    """Mean of the values that are not NaN; None when there is none."""
    known = values[~np.isnan(values)]
    return float(np.mean(known, dtype=np.float64)) if len(known) else None

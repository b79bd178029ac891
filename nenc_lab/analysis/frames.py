"""What the viewer saw: delay, late, damaged and missing frames, freezes; and how well the encoder hit its target."""

from __future__ import annotations

import numpy as np

from nenc_lab.analysis.arrays import SECOND_NS, Bools, Floats, Ints, Values
from nenc_lab.analysis.percentile import summary_of


def frame_delay_ms(captured_s: Floats, received_s: Floats) -> dict[str, float | None]:
    """From capture to the last packet in, of the frames that were shown."""
    return summary_of((received_s - captured_s) * 1e3)


def late_frames(late: Bools) -> int:
    """Frames received later than the flow's deadline after their capture."""
    return int(np.count_nonzero(late))


def damaged_frames(received_s: Floats, lost: Values) -> int:
    """Frames that were shown although at least one of their packets was lost."""
    return int(np.count_nonzero(~np.isnan(received_s) & (lost > 0)))


def freezes(received_s: Floats, nominal_s: float, end_s: float) -> tuple[int, float]:
    """How often, and for how many seconds in all, no frame was shown for max(3 x nominal, nominal + 150 ms) or more.

    A frame is shown when its last surviving packet arrives; ``nominal_s`` is one over the scenario's frame rate. The
    time from the last frame shown to ``end_s`` (of the flow, or of the run) counts like the time between two; that
    before the first frame does not. A freeze lasts from one frame shown to the next (as W3C webrtc-stats has it).
    """
    shown = np.sort(received_s[~np.isnan(received_s)])
    if not len(shown):
        return 0, 0.0
    gaps = np.diff(np.append(shown, max(end_s, float(shown[-1]))))
    # A nanosecond, that a gap of exactly the limit is one whatever its seconds were rounded to.
    frozen = gaps[gaps >= max(3 * nominal_s, nominal_s + 0.150) - 1e-9]
    return len(frozen), float(np.sum(frozen))


def encoder_error(
    captured_ns: Ints, size: Values, tick_ns: Ints, target_bps: Floats, start_ns: int, end_ns: int
) -> float | None:
    """Mean over whole seconds of |output - target| / target.

    Seconds count from the flow's start, a last incomplete one is left out. Output: 8 x the bytes of the frames captured
    in that second. Target: mean of what the encoder was told to make in it. None when there is no whole second.
    """
    seconds = (end_ns - start_ns) // SECOND_NS
    if seconds <= 0:
        return None
    output = _per_second(captured_ns, 8.0 * size, start_ns, seconds)
    ticks = _per_second(tick_ns, np.ones(len(tick_ns)), start_ns, seconds)
    asked = _per_second(tick_ns, target_bps, start_ns, seconds)
    with np.errstate(divide="ignore", invalid="ignore"):
        target = asked / ticks
        errors = np.abs(output - target) / target
    known = np.isfinite(errors)
    return float(np.mean(errors[known])) if known.any() else None


def encoder_limited_s(
    captured_ns: Ints,
    size: Values,
    qp: Floats,
    tick_ns: Ints,
    target_bps: Floats,
    start_ns: int,
    end_ns: int,
    limits: tuple[int, int] | None,
) -> dict[str, int | None]:
    """Whole seconds in which a limit of the quantiser kept the encoder from its target, not its rate control.

    ``min``: output over 10 % under the target, and 80 % of the frames at the smallest QP: the picture needs no more.
    ``max``: over 10 % above it, and 80 % at the largest. ``limits``: both; None for an encoder without them.
    """
    seconds = (end_ns - start_ns) // SECOND_NS
    if limits is None or seconds <= 0:
        return {"min": None, "max": None}
    output = _per_second(captured_ns, 8.0 * size, start_ns, seconds)
    frames = np.maximum(_per_second(captured_ns, np.ones(len(captured_ns)), start_ns, seconds), 1.0)
    ticks = np.maximum(_per_second(tick_ns, np.ones(len(tick_ns)), start_ns, seconds), 1.0)
    target = _per_second(tick_ns, target_bps, start_ns, seconds) / ticks
    lowest = _per_second(captured_ns, (qp <= limits[0] + 0.5).astype(np.float64), start_ns, seconds) / frames
    highest = _per_second(captured_ns, (qp >= limits[1] - 0.5).astype(np.float64), start_ns, seconds) / frames
    return {
        "min": int(np.count_nonzero((output < 0.9 * target) & (lowest >= 0.8))),
        "max": int(np.count_nonzero((output > 1.1 * target) & (highest >= 0.8))),
    }


def _per_second(t_ns: Ints, weights: Values, start_ns: int, seconds: int) -> Floats:
    second = (t_ns - start_ns) // SECOND_NS
    inside = (second >= 0) & (second < seconds)
    sums: Floats = np.bincount(second[inside], weights=weights[inside], minlength=seconds).astype(np.float64)
    return sums


def mean_measured(values: Floats) -> float | None:
    """Mean of the frames it was measured for (PSNR in dB, SSIM); None when it was for none."""
    known = values[~np.isnan(values)]
    return float(np.mean(known, dtype=np.float64)) if len(known) else None

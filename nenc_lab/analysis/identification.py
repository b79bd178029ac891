"""Identifies an encoder from its step responses: dead time, time constant, overshoot, key frames, rate error.

The target steps from a to b at frame 0. y is the size of frames in units of the step, 0 before it and 1 after it:

    y(n) = 0                               n <  d
    y(n) = 1 - exp(-(n + 1 - d) / tau)     n >= d

This is a first-order system with dead time (Ljung, System Identification, 1999, section 4.2), fitted by least squares.
Time is counted in frames, because rate control works frame by frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LONGEST_DEAD = 30
"""Longest dead time that is tried, in frames."""
SETTLED = 0.5
"""Part of a phase, at its end, from which the steady figures are taken."""
WINDOW_FRAMES = 15
"""Frames over which the overshoot is averaged, because the pacer smooths a single large frame."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Frames at one target rate. The first phase begins with the first frame of the stream."""

    target_bps: float
    fps: float
    bits: Floats
    """Size of each frame, in bits."""
    key: Bools


@dataclass(frozen=True, slots=True)
class StepResponse:
    """The response to one step. Times are in seconds; overshoot is a ratio of the step, error one of the target."""

    from_bps: float
    to_bps: float
    dead_s: float
    tau_s: float
    overshoot: float
    error: float
    """(mean output - target) / target, over the settled part of the phase."""
    y: Floats
    """The response per frame: 0 is the output before the step, 1 the settled output after it."""
    fit: Floats


def step_response(before: Phase, after: Phase) -> StepResponse | None:
    """The response to the step between two phases. None when the output did not move, so that nothing can be fitted."""
    low, high = _settled(before), _settled(after)
    y = _without_keys(after)
    if not np.isfinite(low + high) or abs(high - low) < 0.02 * max(low, high):
        return None
    y = (y - low) / (high - low)
    dead, tau = _fit(y)
    n = np.arange(len(y))
    averaged = np.convolve(y, np.ones(WINDOW_FRAMES) / WINDOW_FRAMES, mode="valid") if len(y) >= WINDOW_FRAMES else y
    output_bps = high * after.fps
    return StepResponse(
        before.target_bps,
        after.target_bps,
        dead / after.fps,
        tau / after.fps,
        _overshoot(averaged),
        (output_bps - after.target_bps) / after.target_bps,
        y,
        _model(n, dead, tau),
    )


def _overshoot(averaged: Floats) -> float:
    """The highest mean while settling, relative to the highest mean in a settled time of equal length, since noise
    raises both."""
    half = len(averaged) // 2
    return max(0.0, float(np.max(averaged[:half]) - np.max(averaged[half:]))) if half else 0.0


def key_ratio(phases: Sequence[Phase]) -> float | None:
    """Mean size of key frames / mean size of other frames, without the first frame of the stream; None without any."""
    ratios = []
    for number, phase in enumerate(phases):
        keys = phase.key.copy()
        if number == 0:
            keys[0] = False
        if keys.any():
            ratios.append(float(np.mean(phase.bits[keys])) / _settled(phase))
    return float(np.mean(ratios)) if ratios else None


def transient_frames(phases: Sequence[Phase]) -> int | None:
    """Frames until smaller frames have made up for the size of a key frame; None when they never do."""
    spans = []
    for phase in phases:
        mean = _settled(phase)
        for at in np.flatnonzero(phase.key)[1 if phase.key[0] else 0 :]:
            debt = np.cumsum(phase.bits[at:] - mean)
            paid = np.flatnonzero(debt[1:] <= 0.05 * (phase.bits[at] - mean))
            if len(paid):
                spans.append(int(paid[0]) + 2)
    return round(float(np.median(spans))) if spans else None


def size_scale(phases: Sequence[Phase]) -> float:
    """Scale of the Laplace distribution of (B - B0) / B0 over settled frames: mean absolute deviation from median."""
    spread = []
    for phase in phases:
        sizes = phase.bits[_settled_from(phase) :][~phase.key[_settled_from(phase) :]]
        if len(sizes):
            spread.append(float(np.mean(np.abs(sizes - np.median(sizes))) / np.mean(sizes)))
    return float(np.mean(spread))


def _settled_from(phase: Phase) -> int:
    return int(len(phase.bits) * (1.0 - SETTLED))


def _settled(phase: Phase) -> float:
    """Mean bits per frame, key frames included, in the settled part."""
    return float(np.mean(phase.bits[_settled_from(phase) :]))


def _without_keys(phase: Phase) -> Floats:
    """Sizes with key frames replaced by the frame before, since a key frame is not a response to the step."""
    sizes = phase.bits.copy()
    for at in np.flatnonzero(phase.key):
        sizes[at] = sizes[at - 1] if at else (sizes[1] if len(sizes) > 1 else sizes[0])
    return sizes


def _model(n: npt.NDArray[np.int64], dead: float, tau: float) -> Floats:
    late = np.maximum(n + 1 - dead, 0.0)
    return np.where(late > 0, 1.0 - np.exp(-late / max(tau, 1e-3)), 0.0)


def _fit(y: Floats) -> tuple[float, float]:
    """Dead time and time constant in frames: tries every whole dead time with its best time constant."""
    from scipy.optimize import minimize_scalar

    n = np.arange(len(y))
    best = (np.inf, 0.0, 0.0)
    for dead in range(min(LONGEST_DEAD, len(y) - 1) + 1):
        found = minimize_scalar(
            lambda tau, dead=dead: float(np.sum((y - _model(n, dead, tau)) ** 2)),
            bounds=(1e-3, max(2.0, len(y) / 3)),
            method="bounded",
        )
        if found.fun < best[0] * (1.0 - 1e-6):
            best = (float(found.fun), float(dead), float(found.x))
    return best[1], best[2]

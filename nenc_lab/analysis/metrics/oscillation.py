"""Counts oscillations: swings from peak to trough and back that exceed 15 % of the share."""

from __future__ import annotations

import numpy as np

from nenc_lab.analysis.arrays import Floats

SWING = 0.15
"""The part of the share that a swing must exceed in each direction."""


def count(values: Floats, swing: float) -> int:
    """How often the values fall by more than ``swing`` from a peak and then climb by more than ``swing`` again.

    That is the largest k for which there are 2k + 1 values in time order, going down, up, down, up ... and each
    differing from the one before by more than ``swing``. A climb at the start (the rise after a step) and a fall at the
    end are not counted.
    """
    if len(values) < 3:
        return 0
    slope = np.sign(np.diff(values))
    moving = slope != 0
    ends = np.append(values[:-1][moving], values[-1])  # without repetitions
    slope = slope[moving]
    turning = np.concatenate(([True], slope[1:] != slope[:-1], [True])) if len(slope) else np.array([True])
    swings, falling = 0, True
    extreme = -np.inf
    for value in ends[turning].tolist():
        if falling:  # waiting for a fall: from the highest so far
            extreme = max(extreme, value)
            if value < extreme - swing:
                falling, extreme = False, value
        else:  # waiting for the way back: from the lowest since
            extreme = min(extreme, value)
            if value > extreme + swing:
                falling, extreme, swings = True, value, swings + 1
    return swings

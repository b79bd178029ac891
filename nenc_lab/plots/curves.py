"""Computes curves from counters and samples: rates over a window, loss ratios, steps, envelopes. Needs only numpy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
WINDOW_S = 0.25
"""Length of the centred window for rates and loss: 15 frames at 60 fps, 6 at 24 fps, so no beat with the frames."""


def window_ends(t: Floats, window_s: float, first: float, last: float) -> tuple[Floats, Floats]:
    """Returns start and end of the window centred on each ``t``, shifted (not cut) to lie in ``first`` to ``last``."""
    begin = np.clip(t - window_s / 2, first, max(first, last - window_s))
    return begin, np.minimum(begin + window_s, last)


def growth_rate(at: Floats, t: Floats, counter: Floats, window_s: float = WINDOW_S) -> Floats:
    """Returns the growth per second of a ``counter`` known at ``t``, over the window around each ``at``, or NaN."""
    if t.size < 2:
        return np.full(at.shape, np.nan)
    begin, end = window_ends(at, window_s, t[0], t[-1])
    span = end - begin
    grown = np.interp(end, t, counter) - np.interp(begin, t, counter)
    rate: Floats = np.divide(grown, span, out=np.full(at.shape, np.nan), where=span > window_s / 4)
    return rate


def frame_rate_bps(t: Floats, sizes: Floats, end: float, window_s: float = WINDOW_S) -> tuple[Floats, Floats]:
    """Returns times and the encoder's output in bit/s, from capture times ``t`` and frame ``sizes`` in bytes.

    A frame counts from its capture to the next one; the last counts for a median interval, but at most to ``end``.
    """
    if t.size < 2:
        return np.empty(0), np.empty(0)
    last = min(t[-1] + float(np.median(np.diff(t))), max(end, np.nextafter(t[-1], np.inf)))
    edges = np.append(t, last)
    total = np.concatenate(([0.0], np.cumsum(sizes * 8.0)))
    return t, growth_rate(t, edges, total, window_s)


def loss_ratio(t: Floats, lost: Floats, received: Floats, window_s: float = WINDOW_S) -> Floats:
    """Returns lost / (lost + received) of two packet counters over the window around each ``t``; NaN if no packets."""
    if t.size < 2:
        return np.full(t.shape, np.nan)
    begin, end = window_ends(t, window_s, t[0], t[-1])
    lost_here = np.interp(end, t, lost) - np.interp(begin, t, lost)
    received_here = np.interp(end, t, received) - np.interp(begin, t, received)
    total = lost_here + received_here
    ratio: Floats = np.divide(lost_here, total, out=np.full(t.shape, np.nan), where=total > 1e-9)
    return ratio


def period_means(t: Floats, values: Floats, window_s: float) -> tuple[Floats, Floats]:
    """Averages ``values`` of equal periods ending at ``t`` over ``window_s``; returns the windows' ends and means."""
    if t.size < 2:
        return t, values
    size = max(1, round(window_s / float(np.median(np.diff(t)))))
    starts = np.arange(0, t.size, size)
    counts = np.diff(np.append(starts, t.size))
    return t[np.minimum(starts + size, t.size) - 1], np.add.reduceat(values, starts) / counts


def stairs(begin: float, ends: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Returns the corners of a step function with ``values[k]`` up to ``ends[k]``; equal neighbours become one step."""
    if ends.size == 0:
        return np.empty(0), np.empty(0)
    change = np.flatnonzero(values[1:] != values[:-1])
    last = np.append(change, ends.size - 1)
    right = ends[last]
    left = np.concatenate(([begin], right[:-1]))
    return np.column_stack((left, right)).ravel(), np.repeat(values[last], 2)


def envelope(x: Floats, y: Floats, buckets: int) -> tuple[Floats, Floats]:
    """Reduces a curve to two points per bucket, its minimum and maximum in their order, so that no peak is lost.

    A bucket of NaN stays a gap. Short curves are returned unchanged.
    """
    if x.size <= 2 * buckets:
        return x, y
    size = -(-x.size // buckets)
    rows = -(-x.size // size)
    padded = np.full(rows * size, np.nan)
    padded[: x.size] = y
    table = padded.reshape(rows, size)
    empty = np.isnan(table).all(axis=1)
    low = np.where(np.isnan(table), np.inf, table).argmin(axis=1)
    high = np.where(np.isnan(table), -np.inf, table).argmax(axis=1)
    base = np.arange(rows) * size
    index = np.column_stack((base + np.minimum(low, high), base + np.maximum(low, high)))
    index[empty] = base[empty, None]
    flat = index.ravel()
    keep = np.append(True, flat[1:] != flat[:-1])
    return x[flat[keep]], y[flat[keep]]

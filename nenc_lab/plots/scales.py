"""Axes in plain arithmetic: limits, ticks, and where a value lands between them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nenc_lab.plots.text import number

Floats = npt.NDArray[np.float64]
_TIME_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400)


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from ``low`` to ``high``: linear, or symlog (linear within +-``threshold``, a decade per unit beyond).

    symlog is matplotlib's: base 10, ``linscale`` 1, so 0 stays 0 and small values stay visible beside large ones.
    """

    low: float
    high: float
    kind: Literal["linear", "symlog"] = "linear"
    threshold: float = 1.0

    def transform(self, value: Any) -> Any:
        """``value`` (float or array) on a straight ruler."""
        if self.kind == "linear":
            return np.asarray(value, dtype=np.float64)
        value = np.asarray(value, dtype=np.float64)
        magnitude = np.maximum(np.abs(value), self.threshold)
        beyond = np.sign(value) * self.threshold * (1.0 / 0.9 + np.log10(magnitude / self.threshold))
        return np.where(np.abs(value) <= self.threshold, value / 0.9, beyond)

    def fraction(self, value: Any) -> Any:
        """Where ``value`` lands: 0 at ``low``, 1 at ``high``."""
        bottom, top = self.transform(self.low), self.transform(self.high)
        return (self.transform(value) - bottom) / (top - bottom)


def step_for(span: float, count: int) -> float:
    """The smallest 1-2-5 step that cuts ``span`` into at most ``count`` parts."""
    raw = span / max(count, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= raw * (1 - 1e-9))


def linear_ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    """At most ``count`` + 1 ticks on multiples of a 1-2-5 step, with their texts."""
    step = step_for(high - low, count)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return [(k * step, f"{k * step:.{digits}f}".replace("-", "\N{MINUS SIGN}")) for k in range(first, last + 1)]


def symlog_ticks(scale: Scale, say: Callable[[float], str] = number) -> list[tuple[float, str]]:
    """0 and the decades from the threshold on, both signs, within the limits; ``say`` turns a value into its text."""
    values = [0.0]
    decade = scale.threshold
    while decade <= max(abs(scale.low), abs(scale.high)) * (1 + 1e-9):
        values += [decade, -decade]
        decade *= 10.0
    inside = sorted(v for v in values if scale.low * (1 + 1e-9) <= v <= scale.high * (1 + 1e-9))
    return [(v, say(v)) for v in inside]


def spaced(ticks: list[tuple[float, str]], scale: Scale, room: float, gap: float) -> list[tuple[float, str]]:
    """The ticks that stay at least ``gap`` apart on an axis ``room`` long; zero goes first, then the outermost."""
    kept: list[tuple[float, str]] = []
    for tick in sorted(ticks, key=lambda t: (t[0] != 0, -abs(t[0]))):
        if all(abs(scale.fraction(tick[0]) - scale.fraction(k[0])) * room >= gap for k in kept):
            kept.append(tick)
    return sorted(kept)


def time_ticks(start: float, end: float, count: int) -> tuple[str, list[tuple[float, str]]]:
    """Unit ("s", "min" or "h") and ticks of a time axis in seconds, at most ``count`` + 1 of them."""
    span = end - start
    unit, size = ("s", 1.0) if span < 600 else ("min", 60.0) if span < 6 * 3600 else ("h", 3600.0)
    raw = span / max(count, 1)
    step = next((s for s in _TIME_STEPS if s >= raw * (1 - 1e-9)), None) or step_for(span, count)
    if step < 0.1 or raw < 0.1:
        step = step_for(span, count)
    first, last = math.ceil(start / step - 1e-9), math.floor(end / step + 1e-9)
    return unit, [(k * step, number(round(k * step / size, 6))) for k in range(first, last + 1)]

"""Formats numbers for figures: "2.1 s", "50 Mbit/s", "3.4 %"."""

from __future__ import annotations

import math

MINUS = "\N{MINUS SIGN}"
UP = "\N{UPWARDS ARROW}"
CHECK = "\N{CHECK MARK}"
CROSS = "\N{BALLOT X}"
DASH = "\N{EN DASH}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def number(value: float) -> str:
    """Formats a number with about two significant digits (0.12, 3.4, 56, 1234) and a true minus sign."""
    if value == 0:
        return "0"
    magnitude = abs(value)
    digits = 0 if magnitude >= 99.5 else 1 if magnitude >= 9.95 else 2
    if magnitude < 0.995:
        digits = min(6, 1 - math.floor(math.log10(magnitude)))
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", MINUS)


def rate(bps: float) -> str:
    """Formats a rate in a suitable unit: 1 Gbit/s, 50 Mbit/s, 800 kbit/s."""
    for scale, unit in ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s")):
        if abs(bps) >= scale * 0.9995:
            return f"{number(bps / scale)} {unit}"
    return f"{number(bps)} bit/s"


def duration(seconds: float) -> str:
    """Formats a time span in a suitable unit: 250 ms, 2.1 s, 12 min, 1.5 h."""
    if abs(seconds) < 1.0:
        return f"{number(round(seconds * 1e3, 1))} ms"
    if abs(seconds) < 600:
        return f"{number(round(seconds, 1))} s"
    if abs(seconds) < 2 * 3600:
        return f"{number(round(seconds / 60, 1))} min"
    return f"{number(round(seconds / 3600, 1))} h"


def settling(seconds: float) -> str:
    """Formats a settling time to a tenth of a second: 2.1 s, 3.0 s."""
    return f"{seconds:.1f} s"


def milliseconds(value: float) -> str:
    """Formats a tick of a delay axis in milliseconds; from 1000 ms on as 1 s, 10 s."""
    return number(value) if value < 1000 else f"{number(value / 1000)} s"


def percent(ratio: float) -> str:
    """Formats a ratio in percent: 0 %, 0.02 %, 3.4 %, 93 %."""
    value = ratio * 100.0
    if value >= 10:
        value = round(value)
    elif value >= 1:
        value = round(value, 1)
    elif value >= 0.01:
        value = round(value, 2)
    elif value > 0:
        return "< 0.01 %"
    return f"{number(value)} %"

"""Converts the quantities between which a range is spread: ``50Mbps`` <-> 5e7 bit/s."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nenc_lab import units
from nenc_lab.errors import InputError

DIGITS = 6
"""Significant digits of a value inside a range. They read well and drop the last bits of a logarithm, which differ
between machines."""

_UNIT = re.compile(r"\s*[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?\s*([A-Za-zµμ%/]*)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of comparable values: how to parse and how to format them."""

    name: str
    unit: str
    """Unit of the numbers in the dataset."""
    per_unit: float
    """Internal units (ns, bit/s, ...) per ``unit``."""
    read: Callable[[object], float]
    write: Callable[[float], Any]


def _whole(format: Callable[[int], str]) -> Callable[[float], str]:
    return lambda value: format(round(value))


def _percent(value: float) -> str:
    return f"{rounded(value * 100):.12g}%"


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < float("inf"):
        raise InputError(f"{units.shown(value)} is not a finite number")
    return float(value)


NUMBER = Family("a number", "", 1.0, _number, lambda value: value)
RATE = Family("a rate", "Mbit/s", 1e6, units.parse_rate, _whole(units.format_rate))
TIME = Family("a time", "s", 1e9, units.parse_time, _whole(units.format_time))
SIZE = Family("a size", "B", 1.0, units.parse_bytes, _whole(units.format_bytes))
RATIO = Family("a ratio", "", 1.0, units.parse_ratio, _percent)

_BY_UNIT: Mapping[str, Family] = {
    **dict.fromkeys(units.RATE_UNITS, RATE),
    **dict.fromkeys((*units.TIME_UNITS, "µs", "μs"), TIME),
    **dict.fromkeys(units.BYTE_UNITS, SIZE),
    "%": RATIO,
}


def family(value: object) -> Family | None:
    """The family of this value; None for a word, a group or a boolean."""
    if isinstance(value, str):
        match = _UNIT.fullmatch(value)
        return _BY_UNIT.get(match[1]) if match is not None else None
    return NUMBER if isinstance(value, int | float) and not isinstance(value, bool) else None


def rounded(value: float) -> float:
    """``value`` rounded to `DIGITS` significant digits."""
    return float(f"{value:.{DIGITS}g}")


def common(values: list[Any]) -> Family | None:
    """The family of all these values; None when they differ."""
    found = {id(one): one for one in map(family, values) if one is not None}
    return next(iter(found.values())) if len(found) == 1 and all(map(family, values)) else None

"""Converts written units to internal ones and back, exactly: ``50Mbps`` <-> 50_000_000, ``20ms`` <-> 20_000_000.

Internally a time is int nanoseconds, a rate int bit/s, a size int bytes, and a ratio a float in 0..1; files always have
units. Each ``parse_x`` raises `InputError` that says what would be valid, and ``parse_x(format_x(v)) == v`` for every
legal v. k, M and G are powers of 1000, also for bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from nenc_lab.errors import InputError

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000

TIME_UNITS: Mapping[str, int] = {
    "ns": 1,
    "us": 1_000,
    "ms": NS_PER_MS,
    "s": NS_PER_S,
    "min": 60 * NS_PER_S,
    "h": 3600 * NS_PER_S,
}
RATE_UNITS: Mapping[str, int] = {"bps": 1, "kbps": 1_000, "Mbps": 1_000_000, "Gbps": 1_000_000_000}
BYTE_UNITS: Mapping[str, int] = {"B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}

_LARGEST = 2**62
"""Largest value, so that the sum of two values still fits into the C core's int64."""
_NUMBER_AND_UNIT = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*([A-Za-zµμ%/]*)\s*", re.ASCII)
_SPELLINGS = {
    "µs": "us",
    "μs": "us",
    "sec": "s",
    "m": "min",
    "bit/s": "bps",
    "kbit/s": "kbps",
    "mbit/s": "Mbps",
    "gbit/s": "Gbps",
}
_MICRO = str.maketrans("μ", "µ")


@dataclass(frozen=True, slots=True)
class QueueSize:
    """Capacity of a queue: ``value`` whole ``unit``s. A capacity in ms is taken at the link's current rate."""

    unit: Literal["ms", "bytes", "packets"]
    value: int

    @property
    def limit(self) -> int:
        """The capacity in internal units: ns, bytes or packets."""
        return self.value * NS_PER_MS if self.unit == "ms" else self.value


def parse_rate(text: object) -> int:
    """Parses ``"50Mbps"`` as 50_000_000 bit/s; also bps, kbps, Gbps. Raises InputError for any other form."""
    return _parse(text, RATE_UNITS, "a rate", ("50Mbps", "1.5Gbps"), "Mbps", "1 bit/s")


def parse_time(text: object) -> int:
    """Parses ``"20ms"`` as 20_000_000 ns; also ns, us, s, min, h. Raises InputError for any other form."""
    return _parse(text, TIME_UNITS, "a time", ("20ms", "1.5s", "2min"), "s", "1 ns")


def parse_bytes(text: object) -> int:
    """Parses ``"250kB"`` as 250_000 bytes; also B, MB, GB. Raises InputError for any other form."""
    return _parse(text, BYTE_UNITS, "a size", ("1200B", "250kB"), "B", "1 byte")


def parse_ratio(value: object) -> float:
    """Parses ``"0.5%"`` as 0.005; a plain number such as 0.005 is a fraction. Raises InputError outside 0..100 %."""
    wanted = "a ratio such as 0.5% or 0.005"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise InputError(f"{shown(value)} is not {wanted}")
    if isinstance(value, int | float) and not 0 <= value <= _LARGEST:
        raise InputError(f"{shown(value)} is not {wanted}")
    if isinstance(value, str):
        match = _NUMBER_AND_UNIT.fullmatch(value)
        if match is None or match[2] != "%":
            fraction = " (a fraction is written without quotes)" if match is not None and not match[2] else ""
            raise InputError(f"{shown(value)} is not {wanted}{fraction}")
        ratio = float(Decimal(match[1]) / 100)
    else:
        # `loss: 1` may mean 1 % or everything; better ask than be wrong by a factor of 100.
        if isinstance(value, int) and value != 0:
            raise InputError(f"{shown(value)} is ambiguous: write {shown(value)}% or, as a fraction, 1.0 for all")
        ratio = float(value)
    if not 0.0 <= ratio <= 1.0:
        raise InputError(f"{shown(value)} is out of range: a ratio is 0% to 100% (0.0 to 1.0)")
    return ratio + 0.0  # -0.0 -> 0.0


def parse_size(text: object) -> QueueSize:
    """Parses ``"300ms"``, ``"250kB"`` or ``"100packets"`` as a `QueueSize`. Raises InputError for any other form."""
    units = {**TIME_UNITS, **BYTE_UNITS, "packets": 1}
    examples = ("300ms", "250kB", "100packets")
    value = _parse(text, units, "a queue size", examples, "ms", "1 unit")
    unit = _unit_of(str(text))
    if value == 0:
        raise InputError(f"{shown(text)} is too small: a queue holds at least one packet (such as {examples[0]})")
    if unit in TIME_UNITS:
        if value % NS_PER_MS:
            raise InputError(
                f"{shown(text)} is too fine: write a queue size in whole milliseconds, or in bytes, such as 1500B"
            )
        return QueueSize("ms", value // NS_PER_MS)
    return QueueSize("packets" if unit == "packets" else "bytes", value)


def format_rate(rate_bps: int) -> str:
    """Formats 50_000_000 bit/s as ``"50Mbps"``."""
    return _format(rate_bps, RATE_UNITS, "bps", ("Gbps", "Mbps", "kbps"))


def format_time(time_ns: int) -> str:
    """Formats 20_000_000 ns as ``"20ms"``; never uses minutes or hours."""
    return _format(time_ns, TIME_UNITS, "ns", ("s", "ms", "us"), zero="s")


def format_bytes(size: int) -> str:
    """Formats 1200 bytes as ``"1200B"`` and 250_000 as ``"250kB"``."""
    return _format(size, BYTE_UNITS, "B", ("GB", "MB", "kB"))


def format_ratio(ratio: float) -> str:
    """Formats 0.005 as ``"0.5%"``."""
    # repr is the shortest decimal that parses to this float, and shifting it by two places is exact.
    percent = (Decimal(repr(float(ratio))) * 100).normalize()
    return f"{percent:f}%"


def format_size(size: QueueSize) -> str:
    """Formats a `QueueSize` as `parse_size` reads it."""
    return format_bytes(size.value) if size.unit == "bytes" else f"{size.value}{size.unit}"


def _parse(text: object, units: Mapping[str, int], what: str, examples: tuple[str, ...], usual: str, step: str) -> int:
    wanted = f"{what} such as {' or '.join(examples)}"
    if isinstance(text, int | float) and not isinstance(text, bool):
        if not 0 <= text <= _LARGEST:  # NaN fails this as well
            raise InputError(f"{shown(text)} is not {wanted}")
        raise InputError(f"{shown(text)} has no unit: write {_with_unit(text, units, usual)}")
    if not isinstance(text, str):
        raise InputError(f"{shown(text)} is not {wanted}")
    match = _NUMBER_AND_UNIT.fullmatch(text) if len(text) <= 40 else None
    if match is None:
        raise InputError(f"{shown(text)} is not {wanted}")
    number, unit = Decimal(match[1]), match[2].translate(_MICRO)
    if not unit:
        raise InputError(f"{shown(text)} has no unit: write {_with_unit(number, units, usual)}")
    scale = units.get(_SPELLINGS["µs"] if unit == "µs" and "us" in units else unit)
    if scale is None:
        raise InputError(
            f"{shown(text)} has the unit {unit!r}{_meant(unit, units)}: write {', '.join(units)}, as in {examples[0]}"
        )
    value = number * scale
    if value < 0:
        raise InputError(f"{shown(text)} is negative: {what} is 0 or more")
    if value > _LARGEST:
        raise InputError(f"{shown(text)} is too large for {what}")
    if value != value.to_integral_value():
        raise InputError(f"{shown(text)} is finer than {step}")
    return int(value)


def _unit_of(text: str) -> str:
    match = _NUMBER_AND_UNIT.fullmatch(text)
    assert match is not None  # _parse accepted it
    return "us" if match[2].translate(_MICRO) == "µs" else match[2]


def _meant(unit: str, units: Mapping[str, int]) -> str:
    for known in units:
        if known.lower() == unit.lower():
            return f" ({known}?)"
    spelt = _SPELLINGS.get(unit.lower())
    return f" ({spelt}?)" if spelt in units else ""


def _with_unit(number: int | float | Decimal, units: Mapping[str, int], usual: str) -> str:
    """Adds the unit that a plain number most likely has: 50 becomes 50Mbps, and so does 50000000."""
    value = Decimal(str(number))
    if units is RATE_UNITS and value >= 10_000 and value == value.to_integral_value() and value <= _LARGEST:
        return format_rate(int(value))
    return f"{value:f}{usual}"


def _format(
    value: int, units: Mapping[str, int], smallest: str, larger: tuple[str, ...], zero: str | None = None
) -> str:
    if value == 0:
        return f"0{zero or smallest}"
    for unit in larger:
        if value % units[unit] == 0:
            return f"{value // units[unit]}{unit}"
    return f"{value}{smallest}"


def shown(value: object) -> str:
    """Formats a value for messages as it was written, shortened to 60 characters."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) > _LARGEST:
        return f"{'-' if value < 0 else ''}2^{value.bit_length() - 1}..."  # str() refuses more than 4300 digits
    text = str(value)
    if len(text) > 60:
        text = text[:57] + "..."
    return repr(text) if isinstance(value, str) else text

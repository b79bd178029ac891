"""Pydantic types of scenario values; they convert values with written units to internal units and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from nenc_lab import units
from nenc_lab.errors import InputError

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_-]*"
"""Names of flows, hops and cross traffic; a dot would split a dotted key."""
TITLE_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
"""Names of scenarios; they become part of a folder's name."""
LONGEST_NAME = 64
LONGEST_RUN_NS = 24 * 3600 * units.NS_PER_S
"""One day, which is 5 million rows of ticks per flow."""
TARGET_BPS = (10_000, 2**32 - 1)
MOST_PACKETS = 1_000_000


class Model(BaseModel):
    """Base of every part of a scenario; it rejects unknown keys, converts nothing silently and is immutable."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
        defer_build=True,  # builds validators once, for the whole scenario, instead of for each part as well
    )


def wrong(message: str) -> PydanticCustomError:
    """Returns the error that a validator raises; the user reads ``message``."""
    return PydanticCustomError("nenc", "{text}", {"text": message})


def read_with(parse: Callable[[object], Any]) -> BeforeValidator:
    """Returns a validator that runs ``parse``, which may raise InputError, before pydantic's own check."""

    def validate(value: object) -> object:
        try:
            return parse(value)
        except InputError as error:
            raise wrong(str(error)) from None

    return BeforeValidator(validate)


def _above_zero(parse: Callable[[object], int], example: str) -> Callable[[object], int]:
    def read(value: object) -> int:
        number = parse(value)
        if number == 0:
            raise InputError(f"{units.shown(value)} must be above zero, such as {example}")
        return number

    return read


def _between(
    parse: Callable[[object], int], low: int, high: int, write: Callable[[int], str], what: str
) -> Callable[[object], int]:
    above_zero = _above_zero(parse, write(high))

    def read(value: object) -> int:
        number = above_zero(value)
        if not low <= number <= high:
            raise InputError(f"{units.shown(value)} is out of range: {what} is {write(low)} to {write(high)}")
        return number

    return read


def _packet_size(value: object) -> int:
    size = units.parse_bytes(value)
    if not 64 <= size <= 9000:
        raise InputError(f"{units.shown(value)} is out of range: a packet is 64B to 9000B of UDP payload")
    return size


def _packet_count(value: object) -> int:
    size = units.parse_size(value)
    if size.unit != "packets":
        raise InputError(f"{units.shown(value)} is not a number of packets, such as 1000packets")
    if size.value > MOST_PACKETS:
        raise InputError(f"{units.shown(value)} is out of range: a queue holds 1packets to {MOST_PACKETS}packets")
    return size.value


def _named(pattern: str, allowed: str) -> AfterValidator:
    def check(name: str) -> str:
        if not re.fullmatch(pattern, name) or len(name) > LONGEST_NAME:
            raise wrong(
                f"{units.shown(name)} is not a usable name: write up to {LONGEST_NAME} characters, {allowed}, "
                "beginning with a letter or digit"
            )
        return name

    return AfterValidator(check)


def _text(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


_NUMBER = r"^(\d+(\.\d*)?|\.\d+) ?"
_TIME = _text(_NUMBER + r"(ns|us|µs|ms|s|min|h)$", "20ms", "1.5s", "60s")
_RATE = _text(_NUMBER + r"(bps|kbps|Mbps|Gbps)$", "50Mbps", "1Gbps", "800kbps")

Time = Annotated[int, read_with(units.parse_time), PlainSerializer(units.format_time, return_type=str), _TIME]
PositiveTime = Annotated[
    int, read_with(_above_zero(units.parse_time, "50ms")), PlainSerializer(units.format_time, return_type=str), _TIME
]
Duration = Annotated[
    int,
    read_with(_between(units.parse_time, 1, LONGEST_RUN_NS, units.format_time, "a run")),
    PlainSerializer(units.format_time, return_type=str),
    _TIME,
]
TargetRate = Annotated[
    int,
    read_with(_between(units.parse_rate, *TARGET_BPS, units.format_rate, "a controller's target")),
    PlainSerializer(units.format_rate, return_type=str),
    _RATE,
]
"""A target rate within the range that libnenc accepts (the knobs rate_min_bps and rate_max_bps in nenc.h)."""
Rate = Annotated[int, read_with(units.parse_rate), PlainSerializer(units.format_rate, return_type=str), _RATE]
PositiveRate = Annotated[
    int, read_with(_above_zero(units.parse_rate, "5Mbps")), PlainSerializer(units.format_rate, return_type=str), _RATE
]
Ratio = Annotated[
    float,
    read_with(units.parse_ratio),
    PlainSerializer(units.format_ratio, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^(100(\.0*)?|\d{1,2}(\.\d*)?|\.\d+) ?%$"},
                {"type": "number", "minimum": 0, "maximum": 1},
            ],
            "examples": ["1%", "0.5%"],
        }
    ),
]
PacketSize = Annotated[
    int,
    read_with(_packet_size),
    PlainSerializer(units.format_bytes, return_type=str),
    _text(_NUMBER + r"(B|kB)$", "1200B"),
]
Size = Annotated[
    units.QueueSize,
    read_with(units.parse_size),
    PlainSerializer(units.format_size, return_type=str),
    _text(_NUMBER + r"(us|µs|ms|s|B|kB|MB|packets)$", "300ms", "250kB", "100packets"),
]
PacketCount = Annotated[
    int,
    read_with(_packet_count),
    PlainSerializer(lambda count: f"{count}packets", return_type=str),
    _text(r"^\d+ ?packets$", "1000packets"),
]
_BYTES = _text(_NUMBER + r"(B|kB|MB|GB)$", "1514B", "4MB")


def quantity(unit: Literal["ns", "B", "bit/s"], low: int, high: int, what: str) -> Any:
    """Returns the type of a time, size or rate from ``low`` to ``high``, which messages call ``what``."""
    parse, write, text = {
        "ns": (units.parse_time, units.format_time, _TIME),
        "B": (units.parse_bytes, units.format_bytes, _BYTES),
        "bit/s": (units.parse_rate, units.format_rate, _RATE),
    }[unit]
    return Annotated[
        int, read_with(_between(parse, low, high, write, what)), PlainSerializer(write, return_type=str), text
    ]


Name = Annotated[str, _named(NAME_PATTERN, "letters, digits, - and _"), _text(f"^{NAME_PATTERN}$", "video")]
Title = Annotated[
    str, _named(TITLE_PATTERN, "letters, digits, -, _ and ."), _text(f"^{TITLE_PATTERN}$", "rtt-sweep-050ms")
]
Gain = Annotated[float, Field(ge=0, le=100)]
Resolution = Literal["360p", "480p", "720p", "1080p", "1440p", "2160p", "4320p"]
LINES: dict[str, int] = {
    "360p": 360,
    "480p": 480,
    "720p": 720,
    "1080p": 1080,
    "1440p": 1440,
    "2160p": 2160,
    "4320p": 4320,
}
"""Lines of a picture, by which tables identify a rung."""

"""Reads the C core's tables of queues, cross traffic and controllers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import isnan
from typing import Literal

from nenc_lab.ctables.walk import rows, text
from nenc_lab.kernels import CData, lib

GAINS = ("kp", "ki", "kd")
LimitUnit = Literal["bytes", "packets", "ms"]
LIMIT_UNITS: tuple[LimitUnit, ...] = ("bytes", "packets", "ms")
"""The units of a queue's limit, in the order of nenc_queue_unit."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A key of a queue or of cross traffic. ``unit`` is ns, B, bit/s, packets, bool, count (whole number) or empty."""

    name: str
    unit: str
    default: float | str
    low: float
    high: float
    about: str
    words: tuple[str, ...] = ()
    """The words that may be written, when the value is a word."""


@dataclass(frozen=True, slots=True)
class QueueKind:
    """A kind of queue: its limit, and its parameters under the names that tc gives them."""

    name: str
    about: str
    limit_key: str | None
    """Key of the limit, which may be one of the parameters; None means that the queue has no limit."""
    limit_about: str
    limit_units: tuple[LimitUnit, ...]
    limit_unit: LimitUnit
    limit: int
    """Default of the limit, in ns, bytes or packets."""
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class CrossKind:
    """A kind of cross traffic, and its parameters."""

    name: str
    about: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class ControllerKind:
    """A controller of the C core. ``gains`` holds its own defaults of kp, ki and kd where it has any."""

    name: str
    about: str
    gains: Mapping[str, float]


@cache
def queues() -> tuple[QueueKind, ...]:
    """The queues of the virtual network. A queue's index is its number in C."""
    return tuple(_queue(row) for row in rows(lib.nenc_queue_kind_at))


@cache
def cross_traffic() -> tuple[CrossKind, ...]:
    """The cross traffic of the virtual network. A kind's index is its number in C."""
    return tuple(CrossKind(text(row.name), text(row.about), _parameters(row)) for row in rows(lib.nenc_cross_kind_at))


@cache
def controllers() -> tuple[ControllerKind, ...]:
    """The controllers of the C core. A controller's index is its number in `nenc_config.law`."""
    return tuple(
        ControllerKind(
            text(row.name),
            text(row.about),
            {name: value for name in GAINS if not isnan(value := getattr(row, name))},
        )
        for row in rows(lib.nenc_controller_kind_at)
    )


def _queue(row: CData) -> QueueKind:
    return QueueKind(
        name=text(row.name),
        about=text(row.about),
        limit_key=text(row.limit_key) if row.limit_key else None,
        limit_about=text(row.limit_about) if row.limit_about else "",
        limit_units=tuple(unit for number, unit in enumerate(LIMIT_UNITS) if row.limit_units >> number & 1),
        limit_unit=LIMIT_UNITS[row.limit_unit],
        limit=row.limit,
        parameters=_parameters(row),
    )


def _parameters(row: CData) -> tuple[Parameter, ...]:
    found = (row.parameters[number] for number in range(row.parameter_count))
    return tuple(
        Parameter(text(each.name), text(each.unit), each.value, each.low, each.high, text(each.about)) for each in found
    )

"""The kinds of queue, cross traffic and controller that the C core has, read from its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import isnan
from typing import Any, Literal

from nenc_lab.kernels import CData, ffi, lib

GAINS = ("kp", "ki", "kd")
LimitUnit = Literal["bytes", "packets", "ms"]
LIMIT_UNITS: tuple[LimitUnit, ...] = ("bytes", "packets", "ms")
"""In the order of nenc_queue_unit."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A key of a queue or of cross traffic; ``unit``: ns, B, bit/s, packets, bool, count (a whole number) or none."""

    name: str
    unit: str
    default: float | str
    low: float
    high: float
    about: str
    words: tuple[str, ...] = ()
    """What may be written, when the value is a word."""


@dataclass(frozen=True, slots=True)
class QueueKind:
    """A kind of queue: what limits it, and its parameters under the names that tc has for them."""

    name: str
    about: str
    limit_key: str | None
    """Key of the limit, which may be one of the parameters; None: it has no limit."""
    limit_about: str
    limit_units: tuple[LimitUnit, ...]
    limit_unit: LimitUnit
    limit: int
    """The default, in ns, bytes or packets."""
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class CrossKind:
    """A kind of cross traffic."""

    name: str
    about: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class ControllerKind:
    """A controller of the C core. ``gains``: those of kp, ki and kd that do not start from the knobs' defaults."""

    name: str
    about: str
    gains: Mapping[str, float]


@cache
def queues() -> tuple[QueueKind, ...]:
    """The queues of the virtual network; a queue's number in C is its index."""
    return tuple(_queue(row) for row in _rows(lib.nenc_queue_kind_at))


@cache
def cross_traffic() -> tuple[CrossKind, ...]:
    """The cross traffic of the virtual network; its number in C is its index."""
    return tuple(
        CrossKind(_text(row.name), _text(row.about), _parameters(row)) for row in _rows(lib.nenc_cross_kind_at)
    )


@cache
def controllers() -> tuple[ControllerKind, ...]:
    """The controllers; `nenc_config.law` is the index."""
    return tuple(
        ControllerKind(
            _text(row.name),
            _text(row.about),
            {name: value for name in GAINS if not isnan(value := getattr(row, name))},
        )
        for row in _rows(lib.nenc_controller_kind_at)
    )


def _rows(at: Callable[[int], Any]) -> Iterator[Any]:
    number = 0
    while (row := at(number)) != ffi.NULL:
        yield row
        number += 1


def _queue(row: CData) -> QueueKind:
    return QueueKind(
        name=_text(row.name),
        about=_text(row.about),
        limit_key=_text(row.limit_key) if row.limit_key else None,
        limit_about=_text(row.limit_about) if row.limit_about else "",
        limit_units=tuple(unit for number, unit in enumerate(LIMIT_UNITS) if row.limit_units >> number & 1),
        limit_unit=LIMIT_UNITS[row.limit_unit],
        limit=row.limit,
        parameters=_parameters(row),
    )


def _parameters(row: CData) -> tuple[Parameter, ...]:
    found = (row.parameters[number] for number in range(row.parameter_count))
    return tuple(
        Parameter(_text(each.name), _text(each.unit), each.value, each.low, each.high, _text(each.about))
        for each in found
    )


def _text(pointer: CData) -> str:
    return str(ffi.string(pointer).decode())

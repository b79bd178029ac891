"""Walks a table of the C core row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from nenc_lab.kernels import CData, ffi


def rows(at: Callable[[int], Any]) -> Iterator[Any]:
    """The rows that ``at(0)``, ``at(1)`` ... return, up to the first NULL."""
    number = 0
    while (row := at(number)) != ffi.NULL:
        yield row
        number += 1


def text(pointer: CData) -> str:
    """A C string."""
    return str(ffi.string(pointer).decode())

"""Piecewise-constant values over time."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pieces(Generic[T]):
    """A piecewise-constant value: ``first`` until ``times_ns[0]``, then ``values[i]`` from ``times_ns[i]`` on."""

    first: T
    times_ns: tuple[int, ...] = ()
    values: tuple[T, ...] = ()

    def at(self, t_ns: int) -> T:
        """Returns the value from ``t_ns`` on."""
        return self._after(bisect.bisect_right(self.times_ns, t_ns))

    def before(self, t_ns: int) -> T:
        """Returns the value just before ``t_ns``."""
        return self._after(bisect.bisect_left(self.times_ns, t_ns))

    def _after(self, count: int) -> T:
        return self.values[count - 1] if count else self.first


def pieces(first: T, later: Iterable[tuple[int, T]]) -> Pieces[T]:
    """Returns ``first``, then each value from its time on.

    Times must not decrease; of equal times the last counts. Equal successive values are not joined into one piece.
    """
    by_time = dict(later)
    return Pieces(first, tuple(by_time), tuple(by_time.values()))

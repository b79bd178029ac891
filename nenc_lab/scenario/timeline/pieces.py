"""A value over time that stays what it is until it changes."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pieces(Generic[T]):
    """``first`` holds until ``times_ns[0]``, and ``values[i]`` from ``times_ns[i]`` up to the next time or for good."""

    first: T
    times_ns: tuple[int, ...] = ()
    values: tuple[T, ...] = ()

    def at(self, t_ns: int) -> T:
        """What holds from ``t_ns`` on."""
        return self._after(bisect.bisect_right(self.times_ns, t_ns))

    def before(self, t_ns: int) -> T:
        """What holds just before ``t_ns``."""
        return self._after(bisect.bisect_left(self.times_ns, t_ns))

    def _after(self, count: int) -> T:
        return self.values[count - 1] if count else self.first


def pieces(first: T, later: Iterable[tuple[int, T]]) -> Pieces[T]:
    """``first``, then each value from its time on. Times do not decrease, and the last value of an instant counts.

    A value that equals the one before it is a piece of its own.
    """
    held = dict(later)
    return Pieces(first, tuple(held), tuple(held.values()))

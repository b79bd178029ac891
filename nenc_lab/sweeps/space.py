"""Chooses points of the space: grid, random or Sobol. The same input gives the same points on every machine."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from nenc_lab.sweeps.quantity import Family, rounded

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Point = tuple[Any, ...]
"""One value per dimension, as it would be written in a scenario file."""


@dataclass(frozen=True)
class Values:
    """A dimension that lists its values."""

    key: str
    values: tuple[Any, ...]

    def at(self, share: float) -> object:
        """The value at ``share`` (0 <= share < 1) of the way through the list."""
        return self.values[int(share * len(self.values))]

    def grid(self) -> tuple[Any, ...]:
        return self.values


@dataclass(frozen=True)
class Span:
    """A dimension between two quantities of one family, in internal units."""

    key: str
    low: float
    high: float
    family: Family
    log: bool = False
    steps: int | None = None
    grain: int = 0
    """Values are multiples of this number (1 gives integers); 0 allows any value."""

    def at(self, share: float) -> object:
        """The value at ``share`` (0..1) of the way from low to high."""
        if share in (0.0, 1.0):  # the ends are exact, without rounding
            return self.family.write(self._grained(self.high if share else self.low))
        if self.log:
            value = self.low * math.exp(share * math.log(self.high / self.low))
        else:
            value = self.low + share * (self.high - self.low)
        return self.family.write(self._grained(min(max(rounded(value), self.low), self.high)))

    def _grained(self, value: float) -> float:
        return round(value / self.grain) * self.grain if self.grain else value

    def grid(self) -> tuple[Any, ...]:
        """``steps`` values from low to high; fewer when the grain is too coarse for so many."""
        steps = self.steps or 2
        return tuple(dict.fromkeys(self.at(number / (steps - 1)) for number in range(steps)))


Dimension = Values | Span


@dataclass(frozen=True)
class Choice:
    """How points are chosen. A grid ignores ``points`` and ``seed``."""

    kind: Literal["grid", "random", "sobol"] = "grid"
    points: int = 0
    seed: int = 1


def points(dimensions: tuple[Dimension, ...], choice: Choice) -> Iterator[Point]:
    """The points in their order, each once. More ``points`` of the same seed begin with the same ones.

    A grid varies its last dimension fastest. Random and Sobol samples of listed values can meet the same point twice,
    and are then fewer than asked for.
    """
    if choice.kind == "grid":
        yield from itertools.product(*(dimension.grid() for dimension in dimensions))
        return
    shares = _random(dimensions, choice) if choice.kind == "random" else _sobol(dimensions, choice)
    seen = set()
    for row in shares.tolist():
        point = tuple(dimension.at(share) for dimension, share in zip(dimensions, row, strict=True))
        if repr(point) not in seen:
            seen.add(repr(point))
            yield point


def count(dimensions: tuple[Dimension, ...], choice: Choice) -> int:
    """How many points there are (at most, of a random choice)."""
    return math.prod(len(dimension.grid()) for dimension in dimensions) if choice.kind == "grid" else choice.points


def _random(dimensions: tuple[Dimension, ...], choice: Choice) -> npt.NDArray[np.float64]:
    import numpy as np

    return np.random.Generator(np.random.PCG64(choice.seed)).random((choice.points, len(dimensions)))


def _sobol(dimensions: tuple[Dimension, ...], choice: Choice) -> npt.NDArray[np.float64]:
    import numpy as np
    from scipy.stats import qmc

    engine = qmc.Sobol(len(dimensions), scramble=True, seed=choice.seed)
    whole = engine.random_base2(max(choice.points - 1, 0).bit_length())  # the sequence is balanced at powers of two
    return np.asarray(whole[: choice.points], dtype=np.float64)

"""Finds the hops that a flow or cross traffic crosses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nenc_lab.scenario.disturbance import CrossTraffic
    from nenc_lab.scenario.flow import Flow
    from nenc_lab.scenario.path import Direction, Path

Way = Literal["forward", "reverse"]
WAYS: tuple[Way, Way] = ("forward", "reverse")


def crossed(path: Path, item: Flow | CrossTraffic, way: Way = "forward") -> range:
    """Returns the indices of the hops of direction ``way`` that an item crosses, empty when it does not go that way.

    For a flow, the reverse direction is that of its feedback.
    """
    from nenc_lab.scenario.flow import Flow

    direction = along(path, way)
    named: Sequence[str] | None
    if isinstance(item, Flow):
        named = item.hops.forward if item.hops is not None and way == "forward" else None
    elif item.direction == way:
        named = item.hops
    else:
        return range(0)
    if named is None:
        return range(len(direction.hops))
    first = direction.index(named[0])
    return range(first, first + len(named))


def along(path: Path, way: Way) -> Direction:
    """Returns the path's direction ``way``."""
    return path.forward if way == "forward" else path.reverse

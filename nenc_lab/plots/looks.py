"""Colour, width and dash of each quantity: colours tell quantities apart if there is one flow, else they tell flows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nenc_lab.plots import style


@dataclass(frozen=True, slots=True)
class Look:
    """The appearance of a curve and its label in the legend; with a ``symbol`` it is a mark instead of a line."""

    label: str
    colour: str
    width: float = 1.0
    dash: tuple[float, ...] = style.SOLID
    z: float = 3.0
    symbol: str = ""


SINGLE = {
    "target": Look("target", style.BLUE, 1.8, z=5.0),
    "output": Look("encoder output", style.ORANGE, 1.0, z=3.0),
    "goodput": Look("goodput", style.GREEN, 1.3, z=4.0),
    "queue_delay": Look("queue delay", style.PURPLE, 1.2, z=4.0),
    "rtt": Look("round-trip time", style.BLACK, 0.8, z=3.0),
    "loss": Look("loss", style.VERMILLION, 1.2),
    "p": Look("p", style.BLUE, 1.1, z=4.0),
    "i": Look("i", style.ORANGE, 1.6, z=5.0),
    "d": Look("d", style.GREEN, 0.8, z=3.0),
}
"""Looks for one flow, with a colour for each quantity."""

SEVERAL = {
    "target": Look("target", style.INK, 1.8, z=5.0),
    "output": Look("encoder output", style.INK, 0.8, style.DOTTED, z=3.0),
    "goodput": Look("goodput", style.INK, 0.9, style.DASHED, z=4.0),
    "queue_delay": Look("queue delay", style.INK, 1.2, z=4.0),
    "rtt": Look("round-trip time", style.INK, 0.8, style.DOTTED, z=3.0),
    "loss": Look("loss", style.INK, 1.0),
    "p": Look("p", style.INK, 0.9, z=4.0),
    "i": Look("i", style.INK, 1.0, style.DASHED, z=5.0),
    "d": Look("d", style.INK, 0.8, style.DOTTED, z=3.0),
}
"""Looks for several flows, with a dash for each quantity; the colour is the flow's."""

CAPACITY = Look("capacity", style.CAPACITY_EDGE, 0.9, z=2.0)
SHARE = Look("fair share", style.INK, 0.9, style.DOTTED, z=4.5)


def look(quantity: str, flow: int, flows: int) -> Look:
    """Returns the look of ``quantity`` of flow number ``flow`` among ``flows``."""
    return SINGLE[quantity] if flows == 1 else replace(SEVERAL[quantity], colour=flow_colour(flow, flows))


def legend(quantities: Sequence[str], flows: int) -> tuple[Look, ...]:
    """Returns the legend's entries for these quantities."""
    return tuple((SINGLE if flows == 1 else SEVERAL)[quantity] for quantity in quantities)


def flow_colour(flow: int, flows: int) -> str:
    """Returns the colour of a flow's marks and name; ink for a single flow, whose colours tell quantities apart."""
    return style.INK if flows == 1 else style.FLOW_COLOURS[flow % len(style.FLOW_COLOURS)]

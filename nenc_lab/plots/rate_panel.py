"""The rate panel: capacity, target, encoder output and goodput, with settling and overshoot marked at each change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nenc_lab.plots import annotate, style
from nenc_lab.plots.frame import Frame
from nenc_lab.plots.gather import Flow
from nenc_lab.plots.looks import Look, flow_colour
from nenc_lab.plots.panels import Entry, Part, Series, entries, thinned, top_of, y_ticks
from nenc_lab.plots.parts import Area, Curve, Mark
from nenc_lab.plots.place import Box, Page, Terrain
from nenc_lab.plots.scales import Scale

Floats = npt.NDArray[np.float64]
_HEADROOM = 1.15
_OUT_OF_SIGHT = 1.02
"""A capacity that is cut off is drawn this far above the axis, in its heights."""
_MANY_SHARES = 120


def rate_part(
    page: Page, flows: Sequence[Flow], box: Box, end: float, capacity: tuple[Floats, Floats], steady: bool
) -> Part:
    """The panel; the texts of its marks go onto ``page``. Without a ``steady`` capacity there is no share to mark."""
    series = rate_series(flows)
    frame = Frame(box, 0.0, end, rate_scale(flows, capacity[1]))
    shares = _shares(flows) if steady else ()
    curves = (*thinned(series, len(flows)), *shares)
    terrain = Terrain(box)
    for curve in curves:
        terrain.add(np.asarray(frame.x(curve.x)), np.asarray(frame.y(curve.y)))
    marks = annotate.clipped(page, frame, *capacity)
    marks += annotate.marks(page, frame, terrain, flows if steady else ())
    areas, edge = _capacity(*capacity, frame.scale)
    listed = _listed(frame, series, flows, capacity[1], marks, bool(shares))
    return Part("rate", "Rate, Mbit/s", frame, y_ticks(frame, 8), (*curves, *edge), listed, "", areas, marks)


def rate_series(flows: Sequence[Flow]) -> list[Series]:
    """Target, encoder output and goodput of every flow, Mbit/s."""
    result = []
    for k, flow in enumerate(flows):
        result.append(Series("output", k, flow.output_t, flow.output))
        result.append(Series("goodput", k, flow.t, flow.goodput))
        result.append(Series("target", k, flow.t, flow.target))
    return result


def rate_scale(flows: Sequence[Flow], capacity: Floats) -> Scale:
    """From 0 to a little above what matters: the rates seen, and the capacity as far as the flows' highest rate.

    A capacity beyond that is cut off and marked, so that 1 Gbit/s does not crush a curve of 5 to 120 Mbit/s. Of encoder
    output and goodput, which are noisy, the top half percent does not count.
    """
    seen = [top_of(flow.target, 1.0) for flow in flows]
    seen += [top_of(flow.output, 0.995) for flow in flows] + [top_of(flow.goodput, 0.995) for flow in flows]
    most = max((flow.rate_max_mbps or 0.0 for flow in flows), default=0.0) or max(seen, default=0.0)
    usable = min(top_of(capacity, 1.0, infinite=True), most)
    top = max([usable, *seen])
    return Scale(0.0, _HEADROOM * top if top > 0 else 1.0)


def _listed(
    frame: Frame,
    series: Sequence[Series],
    flows: Sequence[Flow],
    capacity: Floats,
    found: Sequence[Mark],
    shares: bool,
) -> list[Entry]:
    listed = entries(frame, series, ("target", "output", "goodput"), len(flows))
    if capacity.size:
        listed.append(Entry(Look("capacity", style.CAPACITY_EDGE, 4.0), float(frame.y(capacity[-1]))))
    if shares:
        listed.append(Entry(Look("fair share", style.INK, 0.9, style.DOTTED), float(frame.y(_last_share(flows)))))
    explained = (
        (annotate.SETTLED, "settling time", flow_colour(0, 1)),
        (annotate.OVERSHOOT, "overshoot", flow_colour(0, 1)),
        (annotate.UNSETTLED, "not settled", style.BAD),
    )
    seen = {mark.symbol for mark in found if mark.hollow}
    listed += [
        Entry(Look(text, colour, 1.0), frame.box.bottom + 0.1 * (len(explained) - k), symbol)
        for k, (symbol, text, colour) in enumerate(explained)
        if symbol in seen
    ]
    return listed


def _shares(flows: Sequence[Flow]) -> tuple[Curve, ...]:
    """The share a flow that is alone should find, change by change."""
    if len(flows) != 1:
        return ()
    known = [change for change in flows[0].changes if change.share_mbps is not None]
    if not 0 < len(known) <= _MANY_SHARES:
        return ()
    x = np.array([[change.at_s, change.until_s, change.until_s] for change in known]).ravel()
    y = np.array([[change.share_mbps, change.share_mbps, np.nan] for change in known], dtype=np.float64).ravel()
    return (Curve("share", x, y, style.INK, 0.9, style.DOTTED, 4.5),)


def _last_share(flows: Sequence[Flow]) -> float:
    return [change.share_mbps for change in flows[0].changes if change.share_mbps is not None][-1]


def _capacity(x: Floats, y: Floats, scale: Scale) -> tuple[tuple[Area, ...], tuple[Curve, ...]]:
    """The capacity's area and outline; the outline leaves the panel where the capacity is cut off."""
    if not x.size:
        return (), ()
    seen = np.minimum(y, _OUT_OF_SIGHT * scale.high)
    return (Area("capacity", x, seen, style.CAPACITY_FILL),), (
        Curve("capacity", x, seen, style.CAPACITY_EDGE, 0.9, z=2.0),
    )

"""The panel of the controller's terms."""

from __future__ import annotations

import numpy as np

from nenc_lab.plots.gather import Story
from nenc_lab.plots.looks import legend
from nenc_lab.plots.panel import Floats, Panel, Scale, Series, thinned
from nenc_lab.plots.words import number

_FAR = 6.0


def panel(story: Story) -> Panel:
    """Makes the panel with each flow's controller terms p, i and d, relative to the operating point."""
    count = len(story.flows)
    series = [
        Series(term, k, flow.t, flow.terms[term]) for k, flow in enumerate(story.flows) for term in ("d", "p", "i")
    ]
    values = np.concatenate([[], *(one.y[np.isfinite(one.y)] for one in series)])
    low, high = (float(edge(values, initial=0.0)) for edge in (np.min, np.max))
    axis = scale(values)
    cut = [number(value) for value, limit in ((low, axis.low), (high, axis.high)) if abs(value) > abs(limit)]
    note = f"peaks up to {' and '.join(cut)} are cut off" if cut else ""
    if count and low == high == 0.0:
        note = "this controller reports none"
    return Panel(
        name="terms",
        heading="Controller terms, share of the operating point",
        height=1.08,
        scale=axis,
        curves=thinned(series, count),
        legend=legend(("p", "i", "d"), count) if count else (),
        note=note,
        zero_line=True,
    )


def scale(values: Floats) -> Scale:
    """Returns a linear axis with both signs; it cuts off peaks far beyond the 99th percentile of the terms."""
    low, high = (float(edge(values, initial=0.0)) for edge in (np.min, np.max))
    if low == high == 0.0:
        return Scale(-1.0, 1.0)
    magnitudes = np.abs(values)
    common = float(np.quantile(magnitudes[magnitudes > 0], 0.99))
    if max(high, -low) > _FAR * common:
        low, high = max(low, -2.0 * common), min(high, 2.0 * common)
    pad = 0.06 * (high - low)
    return Scale(low - pad, high + pad)

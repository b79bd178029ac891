"""The loss panel."""

from __future__ import annotations

import numpy as np

from nenc_lab.plots.gather import Story
from nenc_lab.plots.looks import legend
from nenc_lab.plots.panel import Area, Panel, Scale, Series, thinned

SCALE = Scale(0.0, 100.0, 0.1)
"""Percent, the same in every figure; logarithmic above 0.1 %, so that both 0.5 % and 85 % are visible."""


def panel(story: Story) -> Panel:
    """Makes the panel with each flow's loss over the rate window, percent; a single flow's is filled to be visible."""
    count = len(story.flows)
    curves = thinned((Series("loss", k, flow.t, flow.loss) for k, flow in enumerate(story.flows)), count)
    known = np.concatenate([[], *(flow.loss[np.isfinite(flow.loss)] for flow in story.flows)])
    return Panel(
        name="loss",
        heading="Loss, %",
        height=0.76,
        scale=SCALE,
        curves=curves,
        legend=legend(("loss",), count) if count else (),
        note="no packet was lost" if known.size and not known.any() else "",
        areas=tuple(Area("loss", curve.x, curve.y, curve.look.colour, 0.25, 2.0) for curve in curves if count == 1),
    )

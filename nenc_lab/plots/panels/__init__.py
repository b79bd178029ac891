"""The panels of the convergence figure, from top to bottom. To add one, add a file here and an entry in this table."""

from __future__ import annotations

from nenc_lab.plots.panels import delay, loss, rate, terms

PANELS = (rate.panel, delay.panel, loss.panel, terms.panel)

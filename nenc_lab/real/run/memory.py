"""Calculates how much memory a guest needs for its runs."""

from __future__ import annotations

from collections.abc import Sequence

from nenc_lab.scenario import schema

MEMORY_MB = 1024
EXTRA_MB = {720: 0, 1080: 256, 1440: 512, 2160: 1024, 4320: 3072}
"""Additional megabytes for one real encoder, by the height of its picture in lines."""


def memory_mb(scenarios: Sequence[schema.Scenario]) -> int:
    """Returns the megabytes of a guest that runs these scenarios one after another."""
    most = 0
    for scenario in scenarios:
        lines = [flow.encoder.lines for flow in scenario.flows if isinstance(flow.encoder, schema.VideoEncoder)]
        needs = [extra for size, extra in EXTRA_MB.items() for line in lines if line >= size]
        most = max(most, sum(sorted(needs)[-len(lines) :]) if lines else 0)
    return MEMORY_MB + most

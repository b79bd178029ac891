"""Ranks the points of a sweep: every run settles, then shortest settling time, then least overshoot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars


def ranked(frame: polars.DataFrame, keys: Sequence[str]) -> polars.DataFrame:
    """One row per point, best first: the keys, ``rows``, ``crashed``, ``unsettled``, ``failed`` and the medians.

    A row of ``frame`` (a run and a flow) counts as unsettled when it has no settling time; this includes failed runs.
    Points are sorted by the number of failed runs, each of which is one row whatever its number of flows, then by the
    number of unsettled rows, then by the median settling time (infinite, shown as null, for rows that never settled),
    then by the median overshoot. ``failed`` is the number of expectations not met, summed over the runs of the point.
    """
    import polars as pl

    return (
        frame.group_by(list(keys), maintain_order=True)
        .agg(
            pl.len().alias("rows"),
            (pl.col("status") != "complete").sum().alias("crashed"),
            pl.col("settling_s").is_null().sum().alias("unsettled"),
            pl.col("settling_s").fill_null(float("inf")).median(),
            pl.col("overshoot").median(),
            pl.col("utilisation").median(),
            pl.col("queue_delay_ms.p95").median(),
            pl.col("loss").median(),
            pl.col("failed").sum(),
        )
        .with_columns(pl.when(pl.col("settling_s").is_finite()).then(pl.col("settling_s")))
        .sort("crashed", "unsettled", "settling_s", "overshoot", maintain_order=True, nulls_last=True)
    )


def best(frame: polars.DataFrame, keys: Sequence[str]) -> dict[str, Any] | None:
    """The first row of `ranked` as a dict; None when there is no point at which every run settled."""
    first = ranked(frame, keys).row(0, named=True)
    return first if first["unsettled"] == 0 else None

"""Rows for the recording tests: plausible values of every kind, made from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from nenc_lab.records import TABLES

TIMES = {"ticks": "t_s", "frames": "t_s", "path": "t_s", "delays": "from_s", "packets": "sent_s", "events": "t_s"}
NUMBERED = {"frames": "frame", "packets": "sequence"}


def rows(
    name: str, count: int, seed: int = 1, first: int = 0, who: str = "video", every_s: float = 0.01
) -> dict[str, Any]:
    """Columns of ``count`` rows of a table, numbered from ``first``, ``every_s`` apart; some values are missing."""
    random = np.random.default_rng([seed, first])
    columns: dict[str, Any] = {}
    for column in TABLES[name]:
        if column.name == TIMES[name]:
            columns[column.name] = np.rint((first + np.arange(count)) * every_s * 1e9) / 1e9
        elif column.name == NUMBERED.get(name):
            columns[column.name] = first + np.arange(count)
        elif column.kind == "category":
            columns[column.name] = who
        elif column.kind == "text":
            columns[column.name] = [f"row {first + row}" if row % 3 else None for row in range(count)]
        elif column.kind in ("f8", "f4"):
            values = 5e6 + np.cumsum(random.normal(size=count)) * 1e3
            columns[column.name] = np.where(random.random(count) < 0.1, np.nan, values)
        elif column.kind == "bool":
            columns[column.name] = random.random(count) < 0.5
        else:
            columns[column.name] = np.cumsum(random.integers(0, 1000, count))
    return columns


def part(columns: dict[str, Any], start: int, stop: int) -> dict[str, Any]:
    """Rows start to stop of these columns."""
    return {
        name: value if isinstance(value, str) or value is None else value[start:stop] for name, value in columns.items()
    }

"""Array types that the analysis uses."""

from __future__ import annotations

from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Values = np.ndarray[Any, np.dtype[Any]]
"""A column of a table, of the type that the table has."""
Bools = np.ndarray[Any, np.dtype[np.bool_]]

SECOND_NS = 1_000_000_000


def nanoseconds(seconds: Floats) -> Ints:
    """Converts the times of a table to whole nanoseconds, so that comparisons are exact."""
    return np.rint(seconds * 1e9).astype(np.int64)

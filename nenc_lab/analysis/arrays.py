"""Names of the array types the analysis passes around."""

from __future__ import annotations

from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Values = np.ndarray[Any, np.dtype[Any]]
"""A column of a table, or a counter: of whatever type the table has."""
Bools = np.ndarray[Any, np.dtype[np.bool_]]

SECOND_NS = 1_000_000_000


def nanoseconds(seconds: Floats) -> Ints:
    """Times of a table back in whole nanoseconds, in which they were made: comparisons are exact again."""
    return np.rint(seconds * 1e9).astype(np.int64)

"""How a task reports its progress, in whatever process it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int], None]
"""Receives what a worker passes to `tell`: the number of a task and a value, such as simulated ns."""

_heard_by: Progress | None = None
"""The function that `tell` calls in this process."""


def tell(number: int, value: int) -> None:
    """Reports from ``work`` that task ``number`` has reached ``value``; the caller's ``progress`` receives both."""
    if _heard_by is not None:
        _heard_by(number, value)


def hear(progress: Progress | None) -> Progress | None:
    """Makes `tell` call ``progress`` from now on; returns what it called before."""
    global _heard_by
    before, _heard_by = _heard_by, progress
    return before


@contextmanager
def heard(progress: Progress | None) -> Iterator[None]:
    """Makes `tell` call ``progress`` inside the block."""
    before = hear(progress)
    try:
        yield
    finally:
        hear(before)

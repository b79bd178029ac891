"""The clock of a run: simpy's environment, with times in integer nanoseconds."""

from __future__ import annotations

from collections.abc import Generator

import simpy

Process = Generator[simpy.Event, object, None]
"""A process of a run, as simpy takes it."""


class Clock(simpy.Environment):
    """Virtual time, which jumps to the next event. simpy types times as int or float; here they are int."""

    _now: int

    def __init__(self) -> None:
        """Sets the clock to 0, the start of the run."""
        super().__init__(initial_time=0)

    @property
    def now(self) -> int:
        return self._now

"""Keeps the interpreter and the scheduler from delaying the loop of a run in real time."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_S = 0.0005
"""Longest turn of one Python thread while another waits."""
PRIORITY = 5


@contextmanager
def interpreter_undisturbed() -> Iterator[None]:
    """Stops garbage collection and shortens the turns of other threads, either of which would make changes late."""
    turn_s = sys.getswitchinterval()
    gc.collect()
    gc.disable()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(turn_s)
        gc.enable()


@contextmanager
def real_time_priority() -> Iterator[None]:
    """Runs this thread ahead of ordinary ones, where that is allowed.

    The programs' own real-time threads still run ahead of it.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except PermissionError:
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

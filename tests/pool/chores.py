"""Tasks for executors: functions of a module, because workers import them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def double(task: int) -> tuple[int, int]:
    """Twice the task, and who did it."""
    return 2 * task, os.getpid()


def deadly(task: int) -> int:
    """Negative tasks kill the process they are in."""
    if task < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def once_deadly(task: str) -> str:
    """Kills its process the first time; ``task`` is a file that remembers."""
    mark = Path(task)
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def nap(task: float) -> float:
    """Sleeps as long as it is told to."""
    time.sleep(task)
    return task


def interrupting(task: int) -> int:
    """Task 3 is when the user presses Ctrl-C."""
    if task == 3:
        raise KeyboardInterrupt
    return task

"""What runs in a worker process: its start, its blocks of tasks, and its end."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import FrameType
from typing import Protocol, TypeVar

from nenc_lab.pool.progress import hear
from nenc_lab.process import prepare_own

T = TypeVar("T")
R = TypeVar("R")

PR_SET_PDEATHSIG = 1


class _Flag(Protocol):
    value: int


class _Cells(Protocol):
    def __len__(self) -> int: ...
    def __setitem__(self, index: int, value: int) -> None: ...


class _Counter(Protocol):
    value: int

    def get_lock(self) -> AbstractContextManager[bool]: ...


_stop: _Flag
"""Its ``value`` is 1 when no further task may begin."""


def begin(stop: _Flag, progress: _Cells, places: _Counter) -> None:
    import multiprocessing

    global _stop
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an idle worker is ended by the parent
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    prepare_own()
    if len(progress):
        with places.get_lock():
            place, places.value = places.value, places.value + 1
        hear(_Place(progress, 2 * place))
    parent = multiprocessing.parent_process()
    assert parent is not None
    assert parent.pid is not None
    die_with(parent.pid)


@dataclass(frozen=True, slots=True)
class _Place:
    """Two cells of shared memory by which a worker reports: the number of its task plus 1, and the value."""

    cells: _Cells
    first: int

    def __call__(self, number: int, value: int) -> None:
        self.cells[self.first] = 0
        self.cells[self.first + 1] = value
        self.cells[self.first] = number + 1


def die_with(parent: int) -> None:
    """Has the kernel kill this process when its parent ends, because a killed parent cannot do so."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent ended before the call above
        os.kill(os.getpid(), signal.SIGKILL)


def serve(work: Callable[[T], R], block: Sequence[T]) -> list[R]:
    results: list[R] = []
    signal.signal(signal.SIGINT, _interrupt_once)
    try:
        # The parent sets the flag before it sends the signal. The flag is read after the handler is installed, so that
        # this worker sees one or the other.
        for task in block:
            if _stop.value:
                break
            results.append(work(task))
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return results


def _interrupt_once(number: int, frame: FrameType | None) -> None:
    """Ignores further interrupts: the terminal and the parent may both send one, and clean-up must not be cut short."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _stop.value = 1
    raise KeyboardInterrupt

"""Where tasks are run: here, or in processes of this machine. Knows nothing of what they are.

An executor takes blocks of tasks, because handing over costs more than a short task itself (14 us a task in blocks of
25, 205 us one by one), and gives results as they come. A cluster is one more class with this one method.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")

PR_SET_PDEATHSIG = 1
GRACE_S = 2.0
"""After an interrupt: what has not come by then is lost."""
POLL_S = 0.2
"""A signal that another thread took does not wake the one that waits: it looks up this often."""
AHEAD = 2
"""Blocks per worker that are handed over before the first is back: no worker waits, and a kill loses few."""


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """Results of a block, or of its beginning when it was cut short."""

    results: Sequence[R]


@dataclass(frozen=True, slots=True)
class Died(Generic[T]):
    """A task that took its process with it, alone in it."""

    task: T


class Executor(Protocol):
    """Runs ``work`` on every task of every block, in any order of blocks.

    ``work`` is a function of a module, raising nothing but KeyboardInterrupt. On KeyboardInterrupt the generator gives
    what is done, then raises it again; closing it stops everything.
    """

    def run(
        self, work: Callable[[T], R], blocks: Iterable[Sequence[T]]
    ) -> Generator[Done[R] | Died[T], None, None]: ...


class Serial:
    """In this process, one after the other."""

    def run(self, work: Callable[[T], R], blocks: Iterable[Sequence[T]]) -> Generator[Done[R] | Died[T], None, None]:
        """See `Executor`. A task that kills its process kills this one."""
        for block in blocks:
            results: list[R] = []
            try:
                for task in block:
                    results.append(work(task))
            except KeyboardInterrupt:
                if results:
                    yield Done(results)
                raise
            yield Done(results)


class Processes:
    """In ``jobs`` processes of this machine."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def run(self, work: Callable[[T], R], blocks: Iterable[Sequence[T]]) -> Generator[Done[R] | Died[T], None, None]:
        """See `Executor`. When a worker dies, the tasks under way are run again one by one, in a process each can have
        to itself; the one that dies there as well is the culprit."""
        waiting = iter(blocks)
        while suspects := (yield from self._pool(work, waiting, self.jobs)):
            alone = iter([task] for block in suspects for task in block)
            while culprit := (yield from self._pool(work, alone, 1)):
                yield Died(culprit[0][0])

    def _pool(
        self, work: Callable[[T], R], blocks: Iterator[Sequence[T]], workers: int
    ) -> Generator[Done[R], None, list[Sequence[T]]]:
        """Runs blocks until there are none or a worker dies; returns the blocks that were under way then."""
        context = multiprocessing.get_context("spawn")  # a fork would copy locks of threads in whatever state they are
        stop = context.RawValue("b", 0)
        before = set(multiprocessing.active_children())
        pool = ProcessPoolExecutor(workers, context, _begin, (stop,))
        under_way: dict[Future[list[R]], Sequence[T]] = {}
        lost: list[Sequence[T]] = []
        finished = False
        ahead = AHEAD * workers if workers > 1 else 1
        try:
            while True:
                while not lost and len(under_way) < ahead and (block := next(blocks, None)) is not None:
                    with _main_left_out():
                        try:
                            under_way[pool.submit(_serve, work, block)] = block
                        except BrokenProcessPool:
                            lost.append(block)
                if not under_way:
                    finished = True
                    return lost
                for future in wait(under_way, POLL_S, FIRST_COMPLETED).done:
                    block = under_way.pop(future)
                    try:
                        yield Done(future.result())
                    except BrokenProcessPool:
                        lost.append(block)
        except KeyboardInterrupt:
            stop.value = 1
            for future in wait([future for future in under_way if not future.cancel()], GRACE_S).done:
                if future.exception() is None and future.result():
                    yield Done(future.result())
            raise
        finally:
            stop.value = 1
            for child in set(multiprocessing.active_children()) - before:
                if not finished:  # it may be in a long task, also in one whose hand-over was interrupted
                    child.kill()
            pool.shutdown(wait=True, cancel_futures=True)


def executor(jobs: int) -> Executor:
    """The one for this many processes."""
    return Serial() if jobs <= 1 else Processes(jobs)


@contextmanager
def _main_left_out() -> Iterator[None]:
    """Workers start without the caller's main module, which no task needs.

    They would run it again: twice the imports, and an endless tree of processes from a script without a main guard.
    """
    main = sys.modules["__main__"]
    kept: dict[str, Any] = {name: main.__dict__[name] for name in ("__file__", "__spec__") if name in main.__dict__}
    main.__dict__.pop("__file__", None)
    main.__spec__ = None
    try:
        yield
    finally:
        main.__dict__.update(kept)


# ---- in a worker

_stop: Any
"""``value`` is 1 when no further task may begin."""


def _begin(stop: Any) -> None:
    global _stop
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent says when to stop
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    assert parent is not None
    assert parent.pid is not None
    die_with(parent.pid, signal.SIGKILL)


def die_with(parent: int, number: signal.Signals) -> None:
    """From now on this process ends with its parent, by this signal: one killed outright cannot say that it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it ended before it could be noticed
        os.kill(os.getpid(), signal.SIGKILL)


def _serve(work: Callable[[T], R], block: Sequence[T]) -> list[R]:
    results: list[R] = []
    for task in block:
        if _stop.value:
            break
        results.append(work(task))
    return results

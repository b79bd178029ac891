"""Runs tasks one after another, or in worker processes of this machine.

Tasks are handed over in blocks, because handing one over costs more than a short task itself (14 us a task in blocks of
25, 205 us one by one). Blocks are taken as they are needed and results are yielded as they come, so memory does not
grow with their number. To run on a cluster, add one class with the method ``run``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from nenc_lab.pool.progress import Progress, heard
from nenc_lab.pool.worker import begin, serve

if TYPE_CHECKING:
    from concurrent.futures import Future
    from multiprocessing.process import BaseProcess

T = TypeVar("T")
R = TypeVar("R")

GRACE_S = 2.0
"""Time that tasks under way have to end by themselves after an interrupt; then their processes are killed."""
POLL_S = 0.1
"""Period at which signals and progress are polled: a signal taken by another thread does not wake the waiting one."""
AHEAD = 2
"""Blocks handed over per worker ahead of results: enough that no worker waits, few enough that a kill loses little."""


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """The results of a block, or of its first tasks when it was cut short."""

    results: Sequence[R]


@dataclass(frozen=True, slots=True)
class Died(Generic[T]):
    """A task whose process died twice, the second time with no other task in it."""

    task: T


class Executor(Protocol):
    """Runs ``work`` on every task of every block, in any order of blocks."""

    def run(self, work: Callable[[T], R], blocks: Iterable[Sequence[T]]) -> Generator[Done[R] | Died[T], None, None]:
        """Yields results as they come. ``work`` must be a function at the top level of a module.

        On Ctrl-C ``work`` is interrupted and may return what it has or raise KeyboardInterrupt; the generator yields
        the finished results, then raises KeyboardInterrupt. Any other exception of ``work`` interrupts the other tasks
        and is raised here. Closing the generator ends everything.
        """


class Serial:
    """Runs tasks in this process, one after the other."""

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress

    def run(self, work: Callable[[T], R], blocks: Iterable[Sequence[T]]) -> Generator[Done[R] | Died[T], None, None]:
        """See `Executor`. A task that kills its process kills this one."""
        for block in blocks:
            results: list[R] = []
            try:
                with heard(self._progress):
                    for task in block:
                        results.append(work(task))
            except KeyboardInterrupt:
                if results:
                    yield Done(results)
                raise
            yield Done(results)


class Processes:
    """Runs tasks in ``jobs`` processes of this machine. ``grace_s`` is explained at `GRACE_S`; None sets no limit."""

    def __init__(self, jobs: int, progress: Progress | None = None, grace_s: float | None = GRACE_S) -> None:
        self.jobs = jobs
        self._progress = progress
        self._grace_s = grace_s

    def run(self, work: Callable[[T], R], blocks: Iterable[Sequence[T]]) -> Generator[Done[R] | Died[T], None, None]:
        """See `Executor`. When a worker dies, the tasks under way are run again one by one, each in its own process.
        The task that dies there as well is reported as `Died`."""
        waiting = iter(blocks)
        while suspects := (yield from self._pool(work, waiting, self.jobs)):
            alone = iter([task] for block in suspects for task in block)
            while culprit := (yield from self._pool(work, alone, 1)):
                yield Died(culprit[0][0])

    def _pool(
        self, work: Callable[[T], R], blocks: Iterator[Sequence[T]], workers: int
    ) -> Generator[Done[R], None, list[Sequence[T]]]:
        """Runs blocks until none are left or a worker dies; returns the blocks that were under way then."""
        import multiprocessing
        from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
        from concurrent.futures.process import BrokenProcessPool

        context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
        stop = context.RawValue("b", 0)
        progress = context.RawArray("q", (2 * workers + 1) if self._progress is not None else 0)
        places = context.Value("i", 0)
        before = set(multiprocessing.active_children())
        pool = ProcessPoolExecutor(workers, context, begin, (stop, progress, places))
        under_way: dict[Future[list[R]], Sequence[T]] = {}
        lost: list[Sequence[T]] = []
        finished = False
        ahead = AHEAD * workers if workers > 1 else 1
        try:
            while True:
                while not lost and len(under_way) < ahead and (block := next(blocks, None)) is not None:
                    with _main_left_out():
                        try:
                            under_way[pool.submit(serve, work, block)] = block
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
                self._pass_on(progress)
        except KeyboardInterrupt:
            stop.value = 1
            _interrupt(before)
            for future in wait([future for future in under_way if not future.cancel()], self._grace_s).done:
                if future.exception() is None and future.result():
                    yield Done(future.result())
            raise
        finally:
            stop.value = 1
            if not finished:  # workers may be in a long task, even one whose submission was interrupted
                _interrupt(before)
                _end([future for future in under_way if not future.cancel()], before, self._grace_s)
            pool.shutdown(wait=True, cancel_futures=True)

    def _pass_on(self, progress: Sequence[int]) -> None:
        if self._progress is not None:
            for place in range(0, len(progress) - 1, 2):
                number, value = progress[place], progress[place + 1]
                if number > 0 and progress[place] == number:  # otherwise the worker has begun another task meanwhile
                    self._progress(number - 1, value)


def executor(jobs: int, progress: Progress | None = None, grace_s: float | None = GRACE_S) -> Executor:
    """Returns the executor for this many processes."""
    return Serial(progress) if jobs <= 1 else Processes(jobs, progress, grace_s)


def _interrupt(before: set[BaseProcess]) -> None:
    """Sends SIGINT to the workers, as Ctrl-C does."""
    import multiprocessing

    for child in set(multiprocessing.active_children()) - before:
        if child.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGINT)


def _end(futures: Sequence[Future[list[R]]], before: set[BaseProcess], grace_s: float | None) -> None:
    """Waits for interrupted tasks, and kills the workers that do not end in time."""
    import multiprocessing
    from concurrent.futures import wait

    if not wait(futures, grace_s).not_done:
        return
    for child in set(multiprocessing.active_children()) - before:
        child.kill()


@contextmanager
def _main_left_out() -> Iterator[None]:
    """Starts workers without the caller's main module, which no task needs.

    Otherwise each worker would run it again: imports would double, and a script without a main guard would start
    processes without end.
    """
    main = sys.modules["__main__"]
    kept: dict[str, object] = {name: main.__dict__[name] for name in ("__file__", "__spec__") if name in main.__dict__}
    main.__dict__.pop("__file__", None)
    main.__spec__ = None
    try:
        yield
    finally:
        main.__dict__.update(kept)

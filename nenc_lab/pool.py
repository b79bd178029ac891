"""Runs tasks one after another, or in processes of this machine. It knows nothing of what they are.

Tasks go in blocks, because handing one over costs more than a short task itself (14 us a task in blocks of 25, 205 us
one by one). Blocks are taken as they are needed and results are given as they come, so memory does not grow with their
number. A cluster is one more class with the method ``run``.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from nenc_lab.process import one_blas_thread

if TYPE_CHECKING:
    from concurrent.futures import Future
    from multiprocessing.process import BaseProcess

T = TypeVar("T")
R = TypeVar("R")

PR_SET_PDEATHSIG = 1
GRACE_S = 2.0
"""After an interrupt, tasks under way have this long to end by themselves; what has not ended by then is lost."""
POLL_S = 0.1
"""How often signals and progress are looked at: a signal that another thread took does not wake the one that waits."""
AHEAD = 2
"""Blocks per worker that are handed over before the first is back: no worker waits, and a kill loses few."""

Progress = Callable[[int, int], None]
"""Called with what `tell` was given in a worker: the number of a task and a value, such as simulated ns."""


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """Results of a block, or of its beginning when it was cut short."""

    results: Sequence[R]


@dataclass(frozen=True, slots=True)
class Died(Generic[T]):
    """A task that took its process with it, twice, the second time alone in it."""

    task: T


class Executor(Protocol):
    """Runs ``work`` on every task of every block, in any order of blocks."""

    def run(self, work: Callable[[T], R], blocks: Iterable[Sequence[T]]) -> Generator[Done[R] | Died[T], None, None]:
        """Gives results as they come. ``work`` is a function of a module.

        On Ctrl-C ``work`` is interrupted and may return what it has or raise KeyboardInterrupt; the generator gives
        what is done, then raises KeyboardInterrupt. Any other exception of ``work`` interrupts the rest and is raised
        here. Closing the generator ends everything.
        """


class Serial:
    """In this process, one task after the other."""

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress

    def run(self, work: Callable[[T], R], blocks: Iterable[Sequence[T]]) -> Generator[Done[R] | Died[T], None, None]:
        """See `Executor`. A task that kills its process kills this one."""
        for block in blocks:
            results: list[R] = []
            try:
                with _told(self._progress):
                    for task in block:
                        results.append(work(task))
            except KeyboardInterrupt:
                if results:
                    yield Done(results)
                raise
            yield Done(results)


class Processes:
    """In ``jobs`` processes of this machine. ``grace_s``: see `GRACE_S`, None: as long as they take."""

    def __init__(self, jobs: int, progress: Progress | None = None, grace_s: float | None = GRACE_S) -> None:
        self.jobs = jobs
        self._progress = progress
        self._grace_s = grace_s

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
        import multiprocessing
        from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
        from concurrent.futures.process import BrokenProcessPool

        context = multiprocessing.get_context("spawn")  # a fork would copy locks of threads in whatever state they are
        stop = context.RawValue("b", 0)
        progress = context.RawArray("q", (2 * workers + 1) if self._progress is not None else 0)
        places = context.Value("i", 0)
        before = set(multiprocessing.active_children())
        pool = ProcessPoolExecutor(workers, context, _begin, (stop, progress, places))
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
            if not finished:  # workers may be in a long task, also in one whose hand-over was interrupted
                _interrupt(before)
                _end([future for future in under_way if not future.cancel()], before, self._grace_s)
            pool.shutdown(wait=True, cancel_futures=True)

    def _pass_on(self, progress: Sequence[int]) -> None:
        if self._progress is not None:
            for place in range(0, len(progress) - 1, 2):
                number, value = progress[place], progress[place + 1]
                if number > 0 and progress[place] == number:  # else it went on to another task meanwhile
                    self._progress(number - 1, value)


def executor(jobs: int, progress: Progress | None = None, grace_s: float | None = GRACE_S) -> Executor:
    """The one for this many processes."""
    return Serial(progress) if jobs <= 1 else Processes(jobs, progress, grace_s)


def _interrupt(before: set[BaseProcess]) -> None:
    """Sends the workers what Ctrl-C would."""
    import multiprocessing

    for child in set(multiprocessing.active_children()) - before:
        if child.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGINT)


def _end(futures: Sequence[Future[list[R]]], before: set[BaseProcess], grace_s: float | None) -> None:
    """Waits for what was interrupted, and kills the workers that do not end."""
    import multiprocessing
    from concurrent.futures import wait

    if not wait(futures, grace_s).not_done:
        return
    for child in set(multiprocessing.active_children()) - before:
        child.kill()


@contextmanager
def _main_left_out() -> Iterator[None]:
    """Workers start without the caller's main module, which no task needs.

    They would run it again: twice the imports, and an endless tree of processes from a script without a main guard.
    """
    main = sys.modules["__main__"]
    kept: dict[str, object] = {name: main.__dict__[name] for name in ("__file__", "__spec__") if name in main.__dict__}
    main.__dict__.pop("__file__", None)
    main.__spec__ = None
    try:
        yield
    finally:
        main.__dict__.update(kept)


# ---- where a task runs

_tell: Progress | None = None
"""Where `tell` goes in this process."""


def tell(number: int, value: int) -> None:
    """Called by ``work``: task ``number`` has reached ``value``, which the caller's ``progress`` then hears."""
    if _tell is not None:
        _tell(number, value)


@contextmanager
def _told(progress: Progress | None) -> Iterator[None]:
    """Inside the block `tell` goes to ``progress``."""
    global _tell
    before, _tell = _tell, progress
    try:
        yield
    finally:
        _tell = before


# ---- in a worker


class _Flag(Protocol):
    value: int


class _Cells(Protocol):
    def __len__(self) -> int: ...
    def __setitem__(self, index: int, value: int) -> None: ...


class _Counter(Protocol):
    value: int

    def get_lock(self) -> AbstractContextManager[bool]: ...


_stop: _Flag
"""``value`` is 1 when no further task may begin."""


def _begin(stop: _Flag, progress: _Cells, places: _Counter) -> None:
    import multiprocessing

    global _stop, _tell
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an idle worker waits for the parent's word
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    one_blas_thread()
    if len(progress):
        with places.get_lock():
            place, places.value = places.value, places.value + 1
        _tell = _Place(progress, 2 * place)
    parent = multiprocessing.parent_process()
    assert parent is not None
    assert parent.pid is not None
    die_with(parent.pid)


@dataclass(frozen=True, slots=True)
class _Place:
    """Two cells of this worker in memory that the parent reads: the number of its task plus 1, and the value."""

    cells: _Cells
    first: int

    def __call__(self, number: int, value: int) -> None:
        self.cells[self.first] = 0
        self.cells[self.first + 1] = value
        self.cells[self.first] = number + 1


def die_with(parent: int) -> None:
    """From now on this process is killed when its parent ends: one that is killed outright cannot say that it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before it could be noticed
        os.kill(os.getpid(), signal.SIGKILL)


def _serve(work: Callable[[T], R], block: Sequence[T]) -> list[R]:
    results: list[R] = []
    signal.signal(signal.SIGINT, _interrupt_once)
    try:
        # looked at after the handler is there: the parent sets it before it sends the signal, so one of them is seen
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
    """The terminal and the parent may both send it: the second must not cut short what the first began."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _stop.value = 1
    raise KeyboardInterrupt

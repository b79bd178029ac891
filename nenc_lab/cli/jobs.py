"""Runs loaded scenarios one after another or in processes; results come in the order of the input."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nenc_lab.errors import ControllerError, EnvironmentError_

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor
    from types import FrameType

    from nenc_lab.api import LabRun
    from nenc_lab.real.sandbox.base import Place
    from nenc_lab.scenario.schema import Scenario

POLL_S = 0.1


def given() -> list[str]:
    """The process's arguments as text that JSON can hold, whatever the locale made of their bytes."""
    return [os.fsencode(word).decode("utf-8", "backslashreplace") for word in sys.argv]


@dataclass(frozen=True)
class Job:
    """One run: a checked scenario and where its folder goes."""

    scenario: Scenario
    out: Path
    backend: str = "virtual"
    packets: bool = False
    streams: bool = False
    plot: bool = True
    argv: list[str] = field(default_factory=given)


Progress = Callable[[int, int], None]
"""Called with a job's index and its simulated time in ns."""


def execute(job: Job, progress: Callable[[int], None] | None, place: Place | None = None) -> LabRun:
    """Runs one job in this process. A user's controller that fails ends this run alone: it is partial, and says why."""
    from nenc_lab.api import LabRun, run_scenario

    try:
        return run_scenario(
            job.scenario,
            out=job.out,
            argv=job.argv,
            backend=job.backend,
            packets=job.packets,
            streams=job.streams,
            plot=job.plot,
            progress=progress,
            place=place,
        )
    except ControllerError as error:
        return LabRun(error.folder)


def run_jobs(jobs: Sequence[Job], workers: int, progress: Progress | None, place: str = "auto") -> Iterator[LabRun]:
    """Yields each job's run in the order of ``jobs``; the first error ends the batch after the runs under way.

    ``place``: kind of place for runs on netem, which are one after another.
    """
    if min(workers, len(jobs)) <= 1:
        from nenc_lab.api import place_of

        with place_of(jobs[0].backend, [job.scenario for job in jobs], place) as opened:
            for index, job in enumerate(jobs):
                yield execute(job, None if progress is None else _Clock(progress, index), opened)
    else:
        yield from _in_processes(jobs, min(workers, len(jobs)), progress)


@dataclass(frozen=True, slots=True)
class _Clock:
    progress: Progress
    index: int

    def __call__(self, now_ns: int) -> None:
        self.progress(self.index, now_ns)


# ---- processes -----------------------------------------------------------------------------------------------------


def _in_processes(jobs: Sequence[Job], workers: int, progress: Progress | None) -> Iterator[LabRun]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # spawn: a fork would copy the locks of the numeric libraries' threads in whatever state they are
    context = multiprocessing.get_context("spawn")
    shared = Shared(context.RawArray("q", len(jobs)), context.RawValue("b", 0))
    with ProcessPoolExecutor(workers, context, _start_worker, (shared,)) as pool:
        futures = [pool.submit(_work, index, job) for index, job in enumerate(jobs)]
        try:
            for future in futures:
                yield _opened(_awaited(future, shared, progress))
        except BrokenProcessPool as error:
            raise EnvironmentError_(_why_broken(jobs)) from error
        except KeyboardInterrupt as interrupt:
            _stop(pool, futures, shared)
            interrupt.folders = _partial(futures)  # type: ignore[attr-defined]
            raise
        finally:
            _stop(pool, futures, shared)


def _why_broken(jobs: Sequence[Job]) -> str:
    flows = [flow for job in jobs for flow in job.scenario.flows]
    if any(not getattr(flow.controller, "isolate", True) for flow in flows):
        return (
            "a worker process ended: a controller in it (isolate: false) crashed or ended it, or the system did (out of"
            " memory?): with isolate: true the message names what happened"
        )
    return "a worker process was killed by the system (out of memory?): call again with fewer --jobs"


def _awaited(future: Future[str], shared: Shared, progress: Progress | None) -> str:
    from concurrent.futures import wait

    while not wait([future], POLL_S).done:
        if progress is not None:
            for index, now_ns in enumerate(shared.clocks):
                progress(index, now_ns)
    return future.result()


def _opened(folder: str) -> LabRun:
    from nenc_lab.api import LabRun

    return LabRun(folder)


def _stop(pool: ProcessPoolExecutor, futures: Sequence[Future[str]], shared: Shared) -> None:
    """Ends what is still under way as Ctrl-C would: each run is left readable and marked partial."""
    import multiprocessing

    if all(future.done() for future in futures):
        return
    shared.stop.value = 1
    for future in futures:
        future.cancel()
    for child in multiprocessing.active_children():
        if child.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGINT)
    pool.shutdown(wait=True, cancel_futures=True)


def _partial(futures: Sequence[Future[str]]) -> list[Path]:
    """Folders of the runs that were interrupted."""
    errors = [future.exception() for future in futures if future.done() and not future.cancelled()]
    return [folder for error in errors if (folder := getattr(error, "folder", None)) is not None]


@dataclass(frozen=True)
class Shared:
    """Memory of the parent and its workers."""

    clocks: Any
    """Simulated ns of every job."""
    stop: Any
    """``value`` is 1 when no further job may begin."""


_shared: Shared
"""In a worker: the parent's."""


def _start_worker(shared: Shared) -> None:
    import multiprocessing

    from nenc_lab.sweep.runner import die_with

    global _shared
    _shared = shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an idle worker waits for the parent's word
    parent = multiprocessing.parent_process()
    assert parent is not None
    assert parent.pid is not None
    die_with(parent.pid, signal.SIGTERM)  # one killed outright cannot give it


def _work(index: int, job: Job) -> str:
    def tell(now_ns: int) -> None:
        _shared.clocks[index] = now_ns

    signal.signal(signal.SIGINT, _interrupt_once)
    try:
        # looked at after the handler is there: the parent sets it before it sends the signal, so one of them is seen
        if _shared.stop.value:
            raise KeyboardInterrupt
        return str(execute(job, tell).folder)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interrupt_once(number: int, frame: FrameType | None) -> None:
    """The terminal and the parent may both send it: the second must not cut short what the first began."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _shared.stop.value = 1
    raise KeyboardInterrupt

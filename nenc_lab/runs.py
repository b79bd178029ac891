"""Runs checked scenarios, one after another or in worker processes, with summary, verdicts and figure of each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nenc_lab.errors import ControllerError, InputError, Interrupted, MachineError
from nenc_lab.pool import Died, Progress, executor, tell
from nenc_lab.process import frozen

if TYPE_CHECKING:
    from nenc_lab.real.sandbox import Sandbox
    from nenc_lab.recording.folder import RunFolder
    from nenc_lab.recording.open import Run
    from nenc_lab.scenario.schema import Scenario

BACKENDS = ("virtual", "netem")
PLACES = ("auto", "host", "guest")


def given() -> list[str]:
    """The process's arguments as text that JSON can hold, even when they are not valid in the locale."""
    return [os.fsencode(word).decode("utf-8", "backslashreplace") for word in sys.argv]


def check_backend(backend: str) -> None:
    """Raises InputError for an unknown backend."""
    if backend not in BACKENDS:
        raise InputError(f"backend {backend!r} is unknown: {' or '.join(BACKENDS)}")


def check_place(place: str) -> None:
    """Raises InputError for an unknown kind of sandbox."""
    if place not in PLACES:
        raise InputError(f"place is {place!r}: write one of {', '.join(PLACES)}")


@dataclass(frozen=True)
class Job:
    """One run to be made: a checked scenario, and the directory for its folder."""

    scenario: Scenario
    out: Path
    backend: str = "virtual"
    packets: bool = False
    streams: bool = False
    plot: bool = True
    argv: list[str] = field(default_factory=given)


@contextmanager
def place_of(backend: str, scenarios: Sequence[Scenario], kind: str = "auto") -> Iterator[Sandbox | None]:
    """Opens the sandbox that all runs of these scenarios share; yields None on the virtual network.

    ``kind`` is auto, host or guest. Raises MachineError when this machine cannot provide it.
    """
    if backend != "netem":
        yield None
        return
    from nenc_lab.real.run.memory import memory_mb
    from nenc_lab.real.run.start import PRELOAD
    from nenc_lab.real.sandbox import open_sandbox

    with open_sandbox(kind, memory_mb(scenarios), PRELOAD) as place:
        yield place


def run_scenario(
    scenario: Scenario,
    *,
    out: Path | str = "runs",
    argv: Sequence[str] | None = None,
    backend: str = "virtual",
    packets: bool = False,
    streams: bool = False,
    plot: bool = True,
    progress: Callable[[int], None] | None = None,
    place: Sandbox | None = None,
) -> Run:
    """Runs a scenario, writes summary, verdicts and figure into its new folder under ``out``, and opens it.

    ``streams`` also keeps the bit streams of real encoders, as sent and as received (netem). ``progress`` is called
    with the simulated time in ns. ``place`` is a sandbox from `place_of`; None opens one for this run. Raises
    Interrupted, and ControllerError when a user's controller fails; both name the folder of the partial run, whose
    summary covers the part that ran.
    """
    from nenc_lab import session
    from nenc_lab.analysis.finish import finish
    from nenc_lab.recording.open import open_run

    check_backend(backend)
    words = given() if argv is None else list(argv)
    folder: RunFolder | None = None
    try:
        with frozen():
            folder = session.run(
                scenario,
                out=Path(out),
                argv=words,
                packets=packets,
                streams=streams,
                progress=progress,
                backend=backend,
                place=place,
            )
        finish(folder, "complete")
    except KeyboardInterrupt as interrupt:
        known = interrupt.folders if isinstance(interrupt, Interrupted) else ()
        partial = known if folder is None else (folder.path,)
        for path in partial:
            finish(path, "partial")
        raise Interrupted.leaving(interrupt, *partial) from None
    except ControllerError as error:
        if error.folder is not None:
            finish(error.folder, "partial")
            if plot:
                _draw(open_run(error.folder))
        raise
    except MachineError:
        if folder is not None:
            folder.discard()  # on a full disk: a run without its summary must not look complete
        raise
    done = open_run(folder.path)
    if plot:
        _draw(done)
    return done


def run_jobs(
    jobs: Sequence[Job], workers: int = 1, progress: Progress | None = None, place: str = "auto"
) -> Iterator[Run]:
    """Yields the run of each job, in the order of ``jobs``.

    A run whose controller failed is partial and says why; the other runs continue. ``progress`` is called with a job's
    index and its simulated time in ns. ``place`` is the kind of sandbox for runs on netem, which never run in parallel.
    Raises the first error of a run, after the runs under way were interrupted; Interrupted, with the partial runs; and
    MachineError when a run crashes its process.
    """
    from nenc_lab.recording.open import open_run

    if not jobs:
        return
    workers = min(workers, len(jobs))
    if workers <= 1:
        with place_of(jobs[0].backend, [job.scenario for job in jobs], place) as opened:
            for index, job in enumerate(jobs):
                yield open_run(_folder(job, None if progress is None else _Numbered(progress, index), opened))
        return
    early: dict[int, Path] = {}
    partial: list[Path] = []
    due = 0
    outcomes = executor(workers, progress, grace_s=None).run(_work, ([task] for task in enumerate(jobs)))
    try:
        for outcome in outcomes:
            if isinstance(outcome, Died):
                raise MachineError(_why_it_died(outcome.task[1]))
            for result in outcome.results:
                if result.interrupted:
                    partial += result.folders
                else:
                    early[result.index] = result.folders[0]
            while (folder := early.pop(due, None)) is not None:
                due += 1
                yield open_run(folder)
    except KeyboardInterrupt as interrupt:
        raise Interrupted.leaving(interrupt, *partial) from None
    finally:
        outcomes.close()


@dataclass(frozen=True, slots=True)
class _Numbered:
    progress: Progress
    index: int

    def __call__(self, now_ns: int) -> None:
        self.progress(self.index, now_ns)


@dataclass(frozen=True, slots=True)
class _Result:
    index: int
    folders: tuple[Path, ...]
    interrupted: bool = False


def _work(task: tuple[int, Job]) -> _Result:
    """Runs a job in a worker. An interrupt is returned as a result, because the partial run has a folder."""
    index, job = task
    try:
        return _Result(index, (_folder(job, _Numbered(tell, index), None),))
    except Interrupted as interrupt:
        return _Result(index, interrupt.folders, interrupted=True)


def _folder(job: Job, progress: Callable[[int], None] | None, place: Sandbox | None) -> Path:
    """Runs a job in this process. When a user's controller fails, only this run ends."""
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
        ).folder
    except ControllerError as error:
        if error.folder is None:
            raise  # it failed before the run had a folder
        return error.folder


def _draw(run: Run) -> None:
    from nenc_lab.plots.save import save_png

    save_png(run)


def _why_it_died(job: Job) -> str:
    text = f"the process that ran {job.scenario.name} with seed {job.scenario.seed} ended twice"
    flows = job.scenario.flows
    if any(not getattr(flow.controller, "isolate", True) for flow in flows):
        return (
            f"{text}: a controller in it (isolate: false) crashed or ended it, or the system did (out of memory?);"
            " with isolate: true the message says which"
        )
    return f"{text}: the system killed it (out of memory?); call again with fewer --jobs"

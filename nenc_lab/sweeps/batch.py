"""Executes the runs of a plan that have no result yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from nenc_lab.errors import InputError, Interrupted
from nenc_lab.pool import Died, Executor, executor
from nenc_lab.runs import given
from nenc_lab.sweeps import figure
from nenc_lab.sweeps.plan import Plan, PlannedRun
from nenc_lab.sweeps.result import SweepResult
from nenc_lab.sweeps.store import RUNS, SUMMARIES, Store
from nenc_lab.sweeps.task import Result, Task, died, work

LARGEST_BLOCK = 25
BLOCKS_PER_WORKER = 16
"""Smallest number of blocks per worker, so that all workers end at about the same time and a kill loses little."""

Progress = Callable[[int, Result | None], None]
"""Called with the number of a run in the plan and its result, or None when the run had a result already."""


def execute(
    plan: Plan,
    *,
    jobs: int = 1,
    out: Path,
    keep_runs: bool = False,
    plot: bool = True,
    progress: Progress | None = None,
    argv: Sequence[str] | None = None,
    where: Executor | None = None,
) -> SweepResult:
    """Runs every run of ``plan`` that has no complete result yet, and writes the dataset and the gain map.

    ``where`` is an executor to use instead of ``jobs`` local processes. A run that ends in an error or crashes its
    process becomes a row with that status, and the next call tries it again. Raises MachineError when the folder
    cannot be written, and Interrupted, which names the folder, after the results so far have been written.
    """
    if jobs < 1:
        raise InputError(f"jobs is {jobs}: write 1 or more")
    words = tuple(given() if argv is None else argv)
    with Store.open(out, plan, words) as store:
        missing = {run.hash for run in store.missing}
        numbers = {run.hash: number for number, run in enumerate(plan.runs)}
        if progress is not None:
            for run in plan.runs:
                if run.hash not in missing:
                    progress(numbers[run.hash], None)
        keep = store.folder / RUNS if keep_runs else None
        tasks = (Task(run.hash, run.scenario, store.work, keep, words) for run in plan.runs if run.hash in missing)
        runner = executor(min(jobs, len(missing))) if where is None else where
        try:
            with closing(runner.run(work, blocks(tasks, len(missing), jobs))) as outcomes:
                for outcome in outcomes:
                    results = [died(outcome.task)] if isinstance(outcome, Died) else outcome.results
                    store.add(results)
                    if progress is not None:
                        for result in results:
                            progress(numbers[result.hash], result)
            if missing or not (store.folder / SUMMARIES).exists():
                store.finish()
        except KeyboardInterrupt as interrupt:
            store.pause()
            raise Interrupted.leaving(interrupt, store.folder) from None
        whole = SweepResult(store.folder)
        if plot:
            figure.draw(whole)
    return whole


def blocks(tasks: Iterator[Task], count: int, jobs: int) -> Iterator[list[Task]]:
    """Splits tasks into blocks: large enough that handing them over is cheap, small enough that losing one is."""
    size = max(1, min(LARGEST_BLOCK, count // (jobs * BLOCKS_PER_WORKER)))
    block: list[Task] = []
    for task in tasks:
        block.append(task)
        if len(block) == size:
            yield block
            block = []
    if block:
        yield block


def failures(plan: Plan, result: SweepResult) -> list[tuple[PlannedRun, str, str]]:
    """The runs without figures, each with status and error."""
    frame = result.frame()
    bad = {row["hash"]: row for row in frame.filter(frame["status"] != "complete").iter_rows(named=True)}
    return [(run, bad[run.hash]["status"], bad[run.hash]["error"]) for run in plan.runs if run.hash in bad]

"""``nenc-lab sweep``: runs scenarios over swept keys and seeds, and writes one dataset and a gain map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nenc_lab.cli import options
from nenc_lab.cli.exits import DONE, ENVIRONMENT, INTERNAL, UNMET, sigterm_is_an_interrupt

if TYPE_CHECKING:
    from nenc_lab.sweeps.plan import Plan
    from nenc_lab.sweeps.result import SweepResult
    from nenc_lab.sweeps.task import Result

FAILURES_SHOWN = 5


def sweep(
    target: Annotated[str, typer.Argument(metavar="FILE|NAME", help="A sweep file, or a shipped one (gains).")],
    jobs: Annotated[int, typer.Option(min=1, metavar="N", help="Processes to run in.")] = 1,
    overrides: options.Overrides = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Directory for the sweep's folder.")] = Path(
        "sweeps"
    ),
    keep_runs: Annotated[bool, typer.Option("--keep-runs", help="Keep the folder of every run made now.")] = False,
    no_plot: Annotated[bool, typer.Option("--no-plot", help="Do not draw the gain map.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and count the points; run nothing.")] = False,
    as_json: options.Json = False,
) -> int:
    """Run scenarios at many points of a space of settings, with many seeds.

    Every point is checked before the first one runs. Results go into DIR/NAME-HASH: summaries.parquet has a row per run
    and flow, and gain_map.png shows settling and overshoot over two swept keys. After Ctrl-C or a kill, the same
    command resumes; after a change of the file, it runs only the new points. Unmet expectations are counted but do not
    change the exit code: 0 means that every run has its figures, 1 that your own controller failed in a run. --json
    prints one object.
    """
    from nenc_lab.cli.progress import progress_line
    from nenc_lab.cli.show import json_line
    from nenc_lab.sweeps.batch import execute
    from nenc_lab.sweeps.load import load
    from nenc_lab.sweeps.plan import describe, make

    plan = make(load(target, overrides or []))
    if dry_run:
        if as_json:
            json_line(describe(plan))
        else:
            print(_size(plan))
        return DONE
    ran: list[Result] = []
    with sigterm_is_an_interrupt(), progress_line([run.case.scenario.duration for run in plan.runs]) as line:

        def tell(number: int, result: Result | None) -> None:
            if result is not None:
                ran.append(result)
            if line is not None:
                line.finished(number)

        done = execute(plan, jobs=jobs, out=out, keep_runs=keep_runs, plot=not no_plot, progress=tell)
    bad = [result for result in ran if result.status != "complete"]
    if as_json:
        json_line(_as_json(plan, done, ran, bad))
    else:
        _show(plan, done, ran)
    _complain(plan, bad)
    if any(result.status == "died" or result.environment for result in bad):
        return ENVIRONMENT
    if not all(result.controller for result in bad):
        return INTERNAL
    return UNMET if bad else DONE


def _size(plan: Plan) -> str:
    count = len(plan.sweep.bases)
    return (
        f"{plan.sweep.name}: {plan.points} points of {len(plan.keys)} keys, {count} scenario{'s' if count > 1 else ''},"
        f" {len(plan.runs)} runs, {plan.simulated_ns / 1e9:g} s simulated"
    )


def _as_json(plan: Plan, done: SweepResult, ran: list[Result], bad: list[Result]) -> dict[str, object]:
    return {
        "sweep": plan.sweep.name,
        "folder": str(done.folder),
        "dataset": str(done.dataset),
        "figure": None if done.figure is None else str(done.figure),
        "points": plan.points,
        "runs": len(plan.runs),
        "ran": len(ran),
        "failed": len(bad),
        "best": done.best(),
    }


def _show(plan: Plan, done: SweepResult, ran: list[Result]) -> None:
    from nenc_lab.cli.show import console, show_table

    kept = len(plan.runs) - len(ran)
    print(_size(plan) + (f"; {kept} of them run before" if kept else ""))
    show_table(console(), done.table())
    print(f"\ndataset: {done.dataset}")
    if done.figure is not None:
        print(f"figure: {done.figure}")


def _complain(plan: Plan, bad: list[Result]) -> None:
    import sys

    if not bad:
        return
    values = {run.hash: run for run in plan.runs}
    told = f"{len(bad)} of {len(plan.runs)} runs have no figures; repeat the command to try them again"
    print(f"nenc-lab: {told}", file=sys.stderr)
    for result in bad[:FAILURES_SHOWN]:
        run = values[result.hash]
        point = ", ".join(f"{key}={value}" for key, value in zip(plan.keys, run.case.values, strict=True))
        print(f"  {run.case.scenario.name}, {point}, seed {run.seed}: {result.status}: {result.error}", file=sys.stderr)
    if len(bad) > FAILURES_SHOWN:
        print(f"  and {len(bad) - FAILURES_SHOWN} more: status and error in the dataset", file=sys.stderr)

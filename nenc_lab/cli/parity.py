"""``nenc-lab parity``: runs scenarios on the virtual and on the real network and judges the differences."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nenc_lab.cli import options
from nenc_lab.cli.exits import DONE, UNMET, say, sigterm_is_an_interrupt
from nenc_lab.errors import InputError

if TYPE_CHECKING:
    from nenc_lab.analysis.tolerance import Tolerance
    from nenc_lab.parity.batch import Case, Report


def parity(
    targets: options.TargetsIfAny = None,
    controller: options.Controller = None,
    encoder: options.Encoder = None,
    overrides: options.Overrides = None,
    seed: Annotated[int | None, typer.Option(min=0, help="First seed, instead of the scenario's.")] = None,
    repeat: Annotated[
        int, typer.Option(min=1, metavar="N", help="Runs on each network, with seeds seed..seed+N-1.")
    ] = 3,
    tolerance: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Change a tolerance: goodput=3%, queue_delay_p95=10ms/10%, loss=0.2%."),
    ] = None,
    notes: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="File of known differences, added to _parity.yaml beside the scenario."),
    ] = None,
    first: Annotated[
        list[str] | None,
        typer.Option(
            "--from", metavar="RUNS", help="Run nothing: compare these run folders, directories of them or 'patterns'"
        ),
    ] = None,
    second: Annotated[
        list[str] | None, typer.Option("--against", metavar="RUNS", help="Compare those of --from with these.")
    ] = None,
    no_plot: options.NoPlot = False,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Directory for the reports.")] = Path("parity"),
    as_json: options.Json = False,
) -> int:
    """Run scenarios on the virtual and on the real network and compare the results.

    Every scenario is checked before the first run. Each report goes into DIR/SCENARIO-HASH: parity.md, parity.json,
    parity.png and .svg, and the run folders. Exit code 1 means that a figure misses its tolerance.
    """
    from nenc_lab.analysis.tolerance import tolerances
    from nenc_lab.parity.notes import load

    table = tolerances(tolerance or [])
    noted = tuple(note for file in notes or () for note in load(file))
    if first or second:
        _only_folders(targets, first, second, (controller, encoder, overrides, seed))
        reports = _existing(first or [], second or [], noted, table, out, not no_plot)
    else:
        cases = _cases(targets or [], controller, encoder, overrides or [], seed, repeat, noted)
        reports = _run(cases, table, out, not no_plot)
    return UNMET if _missed(reports, as_json) else DONE


def _cases(
    targets: Sequence[str],
    controller: str | None,
    encoder: str | None,
    overrides: Sequence[str],
    seed: int | None,
    repeat: int,
    noted: tuple[Any, ...],
) -> list[Case]:
    """Every scenario of the targets, checked, with the notes that belong to it."""
    from nenc_lab.cli.run import checked
    from nenc_lab.parity.batch import Case
    from nenc_lab.parity.notes import beside
    from nenc_lab.scenario.load import resolve

    if not targets:
        raise InputError("name a scenario (nenc-lab parity step), or run folders with --from and --against")
    scenarios = checked(targets, controller, encoder, overrides, seed, repeat)
    checked(targets, controller, encoder, overrides, seed, 1, "netem")  # both networks must be able to run it
    return [
        Case(tuple(scenarios[number * repeat : (number + 1) * repeat]), (*noted, *beside(path)))
        for number, path in enumerate(resolve(targets))
    ]


def _run(cases: Sequence[Case], table: dict[str, Tolerance], out: Path, plot: bool) -> Generator[Report, None, None]:
    from nenc_lab.cli.progress import progress_line
    from nenc_lab.parity.batch import execute

    with progress_line([scenario.duration for case in cases for scenario in case.scenarios]) as line:
        for report in execute(cases, out=out, tolerances=table, plot=plot, progress=line):
            if line is not None:
                line.wipe()
            yield report


def _missed(reports: Generator[Report, None, None], as_json: bool) -> int:
    """Shows every report, and counts those with a miss."""
    missed = 0
    with sigterm_is_an_interrupt(), closing(reports):  # closing marks the cases that were not reached
        for report in reports:
            if report.partial:
                say(f"report on the runs so far: {report.folder}")
                continue
            missed += report.parity.verdict == "misses"
            _show(report, as_json)
    return missed


def _existing(
    first: Sequence[str],
    second: Sequence[str],
    noted: tuple[Any, ...],
    table: dict[str, Tolerance],
    out: Path,
    plot: bool,
) -> Generator[Report, None, None]:
    from nenc_lab.parity.batch import of_existing
    from nenc_lab.parity.existing import sides

    for one, other in sides(first, second):
        yield of_existing(one, other, out=out, tolerances=table, notes=noted, plot=plot)


def _only_folders(
    targets: Sequence[str] | None, first: Sequence[str] | None, second: Sequence[str] | None, run: tuple[Any, ...]
) -> None:
    """Raises InputError for arguments that do not apply to existing run folders."""
    if not first or not second:
        raise InputError("--from and --against go together: each names the run folders of one side")
    if targets:
        raise InputError(
            f"{targets[0]}: with --from and --against there is nothing to run; a pattern of several folders goes in"
            " quotes, --from 'runs/step-*', or name the directory they are in"
        )
    if any(value is not None for value in run):
        raise InputError("--controller, --encoder, --set and --seed are for runs to be made, not for run folders")


def _show(report: Report, as_json: bool) -> None:
    from nenc_lab.cli.show import console, json_line, show_table
    from nenc_lab.parity.folder import REPORT
    from nenc_lab.parity.folder import as_json as figures
    from nenc_lab.parity.text import differences, flow_table, headline

    found = report.parity
    if as_json:
        figure = None if report.figure is None else os.fspath(report.figure)
        json_line(
            {
                "scenario": found.scenario,
                "folder": os.fspath(report.folder),
                "figure": figure,
                **figures(found, report.notes),
            }
        )
        return
    out = console()
    out.print(headline(found), style="bold", soft_wrap=True)
    for flow in found.flows:
        show_table(out, flow_table(found, flow))
    for text, known in differences(found, report.notes):
        print(f"\n{text}")
        print("".join(f"  {line}\n" for line in known), end="")
    print(f"\nreport: {report.folder / REPORT}")
    if report.figure is not None:
        print(f"figure: {report.figure}")

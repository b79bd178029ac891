"""``nenc-lab run``: checks all scenarios, then runs, scores and draws each."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nenc_lab.cli import options
from nenc_lab.cli.exits import DONE, UNMET, say, sigterm_is_an_interrupt
from nenc_lab.errors import InputError, ScenarioError

if TYPE_CHECKING:
    from nenc_lab.recording.open import Run
    from nenc_lab.scenario.schema import Scenario


def run(
    targets: options.Targets,
    backend: Annotated[str, typer.Option(help="The network: virtual or netem.")] = "virtual",
    place: Annotated[
        str, typer.Option(help="Where netem runs: host (namespaces), guest (User-Mode Linux) or auto.")
    ] = "auto",
    controller: options.Controller = None,
    encoder: options.Encoder = None,
    overrides: options.Overrides = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed, instead of the scenario's.")] = None,
    repeat: Annotated[
        int, typer.Option(min=1, metavar="N", help="Run each scenario N times, with seeds seed..seed+N-1.")
    ] = 1,
    jobs: Annotated[int, typer.Option(min=1, metavar="N", help="Processes to run scenarios in.")] = 1,
    packets: Annotated[bool, typer.Option("--packets", help="Also record a row per packet.")] = False,
    streams: Annotated[
        bool, typer.Option("--streams", help="netem: also keep the encoders' bit streams, as sent and as received.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="netem: print the ip and tc commands and the timeline, and run nothing.")
    ] = False,
    no_plot: options.NoPlot = False,
    out: options.Out = Path("runs"),
    as_json: options.Json = False,
) -> int:
    """Run scenarios, score them and draw their convergence plots.

    Every scenario is checked before the first one runs. Each run makes a new folder under --out. Exit code 1 means that
    an expectation was not met, or that your own controller failed; that run is then partial, and the others continue.
    """
    from nenc_lab.cli.progress import progress_line
    from nenc_lab.runs import Job, check_backend, check_place, run_jobs

    check_backend(backend)
    check_place(place)
    if backend == "netem" and jobs > 1:
        raise InputError("--jobs: runs on netem are in real time and would disturb each other: leave it out")
    scenarios = checked(targets, controller, encoder, overrides or [], seed, repeat, backend)
    if streams and backend != "netem":
        raise InputError("--streams: streams are kept where they are sent, with --backend netem")
    if dry_run:
        return _rehearse(scenarios, backend)
    batch = [Job(scenario, out, backend, packets, streams, not no_plot) for scenario in scenarios]
    unmet = 0
    with sigterm_is_an_interrupt(), progress_line([scenario.duration for scenario in scenarios]) as line:
        for index, done in enumerate(run_jobs(batch, jobs, line, place)):
            unmet += not done.ok
            if line is not None:
                line.finished(index)
                line.wipe()
            _tell(done, as_json=as_json, brief=len(batch) > 1)
    if len(batch) > 1 and not as_json:
        print(f"{len(batch)} runs: {len(batch) - unmet} met their expectations, {unmet} did not")
    return UNMET if unmet else DONE


def _tell(done: Run, *, as_json: bool, brief: bool) -> None:
    from nenc_lab.cli.show import console, json_line, run_as_json, show_run

    if as_json:
        json_line(run_as_json(done))
    else:
        show_run(console(), done, brief=brief)
    if done.failure is not None:
        say(f"{done.failure}\npartial run: {done.folder}")


def _rehearse(scenarios: Sequence[Scenario], backend: str) -> int:
    from nenc_lab.real.run.dry_run import dry_run

    if backend != "netem":
        raise InputError(
            "--dry-run: the virtual network has no commands to print; add --backend netem to see those of tc"
        )
    for scenario in scenarios:
        print("\n".join(dry_run(scenario)))
    return DONE


def checked(
    targets: Sequence[str],
    controller: str | None,
    encoder: str | None,
    overrides: Sequence[str],
    seed: int | None,
    repeat: int,
    backend: str = "virtual",
) -> list[Scenario]:
    """Loads every scenario of every target and seed. Raises one error that holds the problems of all of them."""
    from nenc_lab import api, session
    from nenc_lab.scenario.load import resolve

    scenarios: list[Scenario] = []
    problems: list[str] = []
    for path in resolve(targets):
        try:
            scenario = api.load(
                path, controller=controller, encoder=encoder, overrides=overrides, seed=seed, backend=backend
            )
            session.prepare(scenario, backend)
            scenarios.extend(api.seeds(scenario, repeat))
        except InputError as error:
            # An override that fits no scenario would otherwise be reported once per file.
            told = [str(problem) for problem in error.problems] if isinstance(error, ScenarioError) else [str(error)]
            told = [_as_typed(text, controller) for text in told]
            problems.extend(text for text in told if text not in problems)
    if problems:
        raise InputError("\n".join(problems))
    return scenarios


def _as_typed(text: str, controller: str | None) -> str:
    """Names --controller in an error message in place of the override that it stands for."""
    if controller is None:
        return text
    values = f"{re.escape(controller)}|{re.escape(json.dumps(controller))}"
    made = rf"--set flows\.[^=]*\.controller\.(kind|library)=({values}):"
    return re.sub(f"^{made}", lambda _: f"--controller {controller}:", text)

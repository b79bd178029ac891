"""The functions that notebooks and scripts call; `nenc_lab` exports them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from nenc_lab.errors import (
    ControllerError,
    InputError,
    InternalError,
    Interrupted,
    MachineError,
    ScenarioError,
)
from nenc_lab.runs import Job, check_backend, check_place, place_of, run_jobs, run_scenario

if TYPE_CHECKING:
    from nenc_lab.pool import Progress
    from nenc_lab.recording.open import Run
    from nenc_lab.scenario.schema import Scenario
    from nenc_lab.sweeps.result import SweepResult

__all__ = [
    "ControllerError",
    "InputError",
    "InternalError",
    "Interrupted",
    "MachineError",
    "Run",
    "Scenario",
    "ScenarioError",
    "load",
    "open_run",
    "run",
    "run_scenario",
    "sweep",
]

LAST_SEED = 2**63 - 1


def __getattr__(name: str) -> object:
    """Imports `Run` and `Scenario` when they are first used (PEP 562), because they bring numpy and pydantic along."""
    if name == "Run":
        from nenc_lab.recording.open import Run

        return Run
    if name == "Scenario":
        from nenc_lab.scenario.schema import Scenario

        return Scenario
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def open_run(folder: Path | str) -> Run:
    """Opens the run in ``folder``, complete or partial. Raises InputError when the folder holds no run."""
    from nenc_lab.recording.open import open_run as opened

    return opened(folder)


def load(
    target: str | Path,
    *,
    controller: str | None = None,
    encoder: str | None = None,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    backend: str | None = None,
) -> Scenario:
    """Loads and checks a scenario file, or a shipped scenario by its NAME.

    ``overrides`` are dotted assignments ("a.b=c"); ``controller`` and ``encoder`` apply to every flow. If ``backend``
    is given, a scenario that this network cannot run is refused too. Raises ScenarioError (or InputError), which names
    the place, the value and what would be right.
    """
    from nenc_lab.analysis.expectations import check
    from nenc_lab.scenario.load import load as load_file
    from nenc_lab.scenario.load import resolve

    paths = resolve([str(target)])
    if len(paths) != 1:
        raise InputError(f"{target} holds {len(paths)} scenarios: name one of them, such as {paths[0]}")
    every: list[str] = [] if seed is None else [f"seed={seed}"]
    if controller is not None or encoder is not None:
        # They come before the user's overrides, which may set gains of the controller chosen here.
        for flow in _flow_names(paths[0]):
            if controller is not None:
                every += _chosen(f"flows.{flow}.controller", controller)
            if encoder is not None:
                every.append(f"flows.{flow}.encoder.kind={encoder}")
    every += overrides
    return load_file(paths[0], every, backend, check)


def _flow_names(path: Path) -> list[str]:
    """The names of a file's flows, which overrides need. Nothing else is checked: the overrides may still mend it."""
    from nenc_lab.scenario import document
    from nenc_lab.scenario.load import read

    tree = read(path)
    flows = tree.value.get("flows") if isinstance(tree.value, dict) else None
    return [name for name, _ in document.children(flows)] if flows is not None and isinstance(flows.value, list) else []


def _chosen(key: str, controller: str) -> list[str]:
    """Overrides that choose a controller by its name, or a shared object when the name looks like a file."""
    if "/" not in controller and not controller.endswith(".so"):
        return [f"{key}.kind={controller}"]
    return [f"{key}.kind=external", f"{key}.library={json.dumps(controller)}", f"{key}.sha256=null"]


@overload
def run(
    target: str | Path | Scenario,
    *,
    repeat: None = None,
    backend: str = ...,
    place: str = ...,
    controller: str | None = ...,
    encoder: str | None = ...,
    overrides: Sequence[str] = ...,
    seed: int | None = ...,
    out: Path | str = ...,
    packets: bool = ...,
    streams: bool = ...,
    plot: bool = ...,
    progress: Callable[[int], None] | None = ...,
) -> Run: ...


@overload
def run(
    target: str | Path | Scenario,
    *,
    repeat: int,
    backend: str = ...,
    place: str = ...,
    controller: str | None = ...,
    encoder: str | None = ...,
    overrides: Sequence[str] = ...,
    seed: int | None = ...,
    out: Path | str = ...,
    packets: bool = ...,
    streams: bool = ...,
    plot: bool = ...,
    progress: Callable[[int], None] | None = ...,
) -> list[Run]: ...


def run(
    target: str | Path | Scenario,
    *,
    repeat: int | None = None,
    backend: str = "virtual",
    place: str = "auto",
    controller: str | None = None,
    encoder: str | None = None,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    out: Path | str = "runs",
    packets: bool = False,
    streams: bool = False,
    plot: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Run | list[Run]:
    """Runs a scenario: a YAML file, the NAME of a shipped one ("step", "rtt-sweep/050ms"), or a loaded `Scenario`.

    With ``repeat=N`` the scenario runs N times, with seeds seed..seed+N-1, and a list of N runs is returned.
    ``backend`` is virtual, or netem for real packets over real qdiscs in real time; ``place`` then says where: host
    (namespaces of this kernel), guest (User-Mode Linux) or auto. ``overrides`` are dotted assignments
    ("flows.video.rate.max=80Mbps"). Each run makes a new folder under ``out``. ``progress`` is called with the
    simulated time in ns, summed over all runs.

    Raises InputError for bad input, before anything is written; MachineError when this machine cannot run it;
    ControllerError when a user's controller fails in a single run; and Interrupted on Ctrl-C. The last two name the
    folder of the partial run. With ``repeat``, a run whose controller failed is in the list as a partial run, and the
    other runs continue.

    >>> run("step", overrides=["duration=10s", "timeline=[]"], out=tmp).status        # doctest: +SKIP
    'complete'
    """
    from nenc_lab import session

    check_backend(backend)
    check_place(place)
    if repeat is not None and (not isinstance(repeat, int) or repeat < 1):
        raise InputError(f"repeat is {repeat!r}: write a whole number, 1 or more")
    scenario = _loaded(target, controller, encoder, overrides, seed, backend)
    session.prepare(scenario, backend)
    if repeat is None:
        with place_of(backend, [scenario], place) as opened:
            return run_scenario(
                scenario,
                out=out,
                backend=backend,
                packets=packets,
                streams=streams,
                plot=plot,
                progress=progress,
                place=opened,
            )
    jobs = [Job(each, Path(out), backend, packets, streams, plot) for each in seeds(scenario, repeat)]
    return list(run_jobs(jobs, progress=_summed(progress, scenario.duration), place=place))


def _loaded(
    target: str | Path | Scenario,
    controller: str | None,
    encoder: str | None,
    overrides: Sequence[str],
    seed: int | None,
    backend: str,
) -> Scenario:
    if isinstance(target, str | Path):
        return load(target, controller=controller, encoder=encoder, overrides=overrides, seed=seed, backend=backend)
    if controller is not None or encoder is not None or overrides or seed is not None:
        raise InputError("controller, encoder, overrides and seed go to load: this scenario is loaded already")
    return target


def _summed(progress: Callable[[int], None] | None, length_ns: int) -> Progress | None:
    """Turns the time within one of several runs, each ``length_ns`` long, into the time over all of them."""
    return None if progress is None else lambda index, now_ns: progress(index * length_ns + now_ns)


def seeds(scenario: Scenario, repeat: int) -> list[Scenario]:
    """The scenario with each seed in seed..seed+repeat-1. Raises InputError when the last seed is too large."""
    last = scenario.seed + repeat - 1
    if last > LAST_SEED:
        raise InputError(f"seed: with repeat {repeat} the last seed would be {last}: {LAST_SEED} is the largest")
    return [scenario.model_copy(update={"seed": scenario.seed + number}) for number in range(repeat)]


def sweep(
    target: str | Path | Mapping[str, Any],
    *,
    jobs: int = 1,
    out: str | Path = "sweeps",
    overrides: Sequence[str] = (),
    keep_runs: bool = False,
    plot: bool = True,
) -> SweepResult:
    """Runs a sweep: a file, the NAME of a shipped one, or a dict with the same keys.

    Every point is checked before the first one runs and before anything is written. The sweep gets its own folder
    under ``out``; points that it ran before, also under an earlier version of the sweep, are not run again. ``jobs`` is
    the number of processes. Raises InputError for bad input; MachineError when the folder cannot be written; and
    Interrupted, which names the sweep's folder, after the results so far have been written.
    """
    from nenc_lab.sweeps.batch import execute
    from nenc_lab.sweeps.load import load as load_sweep
    from nenc_lab.sweeps.plan import make

    return execute(make(load_sweep(target, overrides)), jobs=jobs, out=Path(out), keep_runs=keep_runs, plot=plot)

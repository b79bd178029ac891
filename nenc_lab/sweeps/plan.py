"""Plans a sweep: checks every point and lists every run in order.

Checking a point takes about 1 ms, which its seeds share, and 10 kB of memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nenc_lab import session
from nenc_lab.analysis.expectations import check
from nenc_lab.errors import InputError, Problem, ScenarioError
from nenc_lab.recording import provenance
from nenc_lab.recording.folder import fingerprint
from nenc_lab.scenario import document, override
from nenc_lab.scenario import load as scenarios
from nenc_lab.sweeps import space
from nenc_lab.sweeps.load import Sweep

if TYPE_CHECKING:
    from nenc_lab.scenario.schema import Scenario

MOST_RUNS = 1_000_000
MOST_CASES = 100_000
HASH_DIGITS = 16
"""Hexadecimal digits of a hash. A million runs share one of 2^64 values with a chance of one in 37 million."""


@dataclass(frozen=True, slots=True)
class Case:
    """One point of the space in one scenario, checked."""

    scenario: Scenario
    values: space.Point


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run: a case and a seed. ``hash`` covers the resolved scenario, controller, backend and package versions."""

    case: Case
    seed: int
    hash: str

    @property
    def scenario(self) -> Scenario:
        """The scenario with this seed."""
        return self.case.scenario.model_copy(update={"seed": self.seed})


@dataclass(frozen=True)
class Plan:
    """All runs of a sweep: scenarios, then points, then seeds, in the order of the file."""

    sweep: Sweep = field(repr=False)
    points: int
    runs: tuple[PlannedRun, ...] = field(repr=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """The swept keys."""
        return tuple(dimension.key for dimension in self.sweep.dimensions)

    @cached_property
    def hash(self) -> str:
        """The hash of all runs in their order."""
        return hashlib.sha256("\n".join(run.hash for run in self.runs).encode()).hexdigest()[:HASH_DIGITS]

    @property
    def simulated_ns(self) -> int:
        """Sum of the simulated time of all runs."""
        return sum(run.case.scenario.duration for run in self.runs)


class _Faults:
    """Faults found so far. Faults at one place, or with the same message about a key, are kept once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self._seen: set[tuple[object, ...]] = set()

    def add(self, problem: Problem) -> None:
        place = (problem.file, problem.line, problem.column, problem.key)
        said = (problem.key, problem.message)
        if place not in self._seen and said not in self._seen:
            self.found.append(problem)
        self._seen |= {place, said}


def make(sweep: Sweep) -> Plan:
    """Lists every run of ``sweep``, checked. Writes nothing.

    Raises ScenarioError with every problem found. A problem that many points share is reported once, for the first.
    """
    _refuse_too_many(sweep)
    points = list(space.points(sweep.dimensions, sweep.choice))
    faults = _Faults()
    runs: list[PlannedRun] = []
    for base in sweep.bases:
        for values in points:
            try:
                runs += _runs(sweep, _checked(sweep, base, values))
            except ScenarioError as error:
                for problem in error.problems:
                    faults.add(problem)
                if len(faults.found) >= scenarios.MOST_PROBLEMS:
                    raise ScenarioError(faults.found) from None
    if not faults.found:
        _refuse_namesakes(sweep, runs, faults)
    if faults.found:
        raise ScenarioError(faults.found)
    return Plan(sweep, len(points), tuple({run.hash: run for run in runs}.values()))


def _checked(sweep: Sweep, base: document.Node, values: space.Point) -> Case:
    tree = base.copy()
    laid = dict(zip((dimension.key for dimension in sweep.dimensions), values, strict=True))
    faults: list[Problem] = []
    for key, value in laid.items():
        try:
            override.lay(tree, key, document.from_plain(value, sweep.place(key, value)), sweep.places[key])
        except ScenarioError as error:
            faults += error.problems
    if faults:
        raise ScenarioError(faults)
    where = ", ".join(f"{key}={value}" for key, value in laid.items())
    try:
        scenario = scenarios.build(tree, backend="virtual", expected=check)
    except ScenarioError as error:
        # A fault may be located in the scenario's file and yet come from the values that the sweep sets.
        raise ScenarioError(
            [
                problem
                if problem.file == sweep.file
                else Problem(
                    problem.file, problem.line, problem.column, problem.key, f"{problem.message} (with {where})"
                )
                for problem in error.problems
            ]
        ) from None
    try:
        session.prepare(scenario)
    except InputError as error:
        key, colon, message = str(error).partition(": ")
        at = next((sweep.place(name, value) for name, value in laid.items() if colon and _same(name, key)), None)
        if at is None:
            raise ScenarioError([Problem(base.place.file, 0, 0, "", f"{error} (with {where})")]) from None
        raise ScenarioError([at.problem(key, message)]) from None
    return Case(scenario, values)


def _same(swept: str, named: str) -> bool:
    """Whether two keys are the same, since the controller's table names gains and knobs as ``controller.NAME``."""
    return swept.replace(".gains.", ".").replace(".knobs.", ".") == named


def _runs(sweep: Sweep, case: Case) -> Iterator[PlannedRun]:
    scenario = case.scenario
    identity: dict[str, Any] = {
        "scenario": scenarios.dump(scenario),
        "backend": "virtual",
        "controller": session.controllers(scenario),
        "versions": provenance.versions(),
    }
    for seed in sweep.seeds if sweep.seeds is not None else (scenario.seed,):
        identity["scenario"]["seed"] = seed
        yield PlannedRun(case, seed, fingerprint(identity)[:HASH_DIGITS])


def _refuse_too_many(sweep: Sweep) -> None:
    cases = space.count(sweep.dimensions, sweep.choice) * len(sweep.bases)
    runs = cases * (len(sweep.seeds) if sweep.seeds is not None else 1)
    if cases > MOST_CASES or runs > MOST_RUNS:
        raise InputError(
            f"{sweep.file}: {cases} points (scenarios counted) and {runs} runs: this version holds "
            f"{MOST_CASES} points and {MOST_RUNS} runs; take fewer steps, or sample: {{kind: sobol, points: 1024}}"
        )


def _refuse_namesakes(sweep: Sweep, runs: list[PlannedRun], faults: _Faults) -> None:
    """Refuses scenarios with equal names, because rows of the dataset are identified by the scenario's name."""
    each = len(runs) // len(sweep.bases)
    names: dict[str, str] = {}
    for base, run in zip(sweep.bases, runs[::each], strict=True):
        name, file = run.case.scenario.name, base.place.file
        if name in names:
            message = f"is called {name!r}, like {names[name]}: the dataset could not tell them apart"
            faults.add(Problem(file, 0, 0, "name", message))
        names[name] = file


def describe(plan: Plan) -> dict[str, Any]:
    """The size of a plan, in plain values."""
    return {
        "sweep": plan.sweep.name,
        "scenarios": len(plan.sweep.bases),
        "keys": list(plan.keys),
        "points": plan.points,
        "runs": len(plan.runs),
        "simulated_s": plan.simulated_ns / 1e9,
    }

"""Reads and checks a sweep file, or a dict with the same keys; every fault is reported at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nenc_lab.errors import InputError, Problem, ScenarioError
from nenc_lab.scenario import document, explain, override
from nenc_lab.scenario import load as scenarios
from nenc_lab.scenario.document import Node, Place
from nenc_lab.scenario.expect import nearest
from nenc_lab.scenario.find import resolve, shipped, shipped_names, shipped_root
from nenc_lab.sweeps.dimensions import Reader
from nenc_lab.sweeps.schema import SweepFile
from nenc_lab.sweeps.space import Choice, Dimension


@dataclass(frozen=True)
class Sweep:
    """The contents of a sweep file, checked."""

    name: str
    file: str
    """Name of the file in messages."""
    bases: tuple[Node, ...]
    """One tree per scenario, with the values set by the sweep and by the command; each point changes a copy."""
    dimensions: tuple[Dimension, ...]
    choice: Choice
    seeds: tuple[int, ...] | None
    """Seeds of the runs; None stands for each scenario's own seed."""
    source: Mapping[str, Any] = field(repr=False)
    """The file as plain data."""
    places: Mapping[str, Place] = field(repr=False)
    """Where each key of the space and each listed value (key and its repr) was written."""

    def place(self, key: str, value: object) -> Place:
        """Where a value of a swept key was written."""
        return self.places.get(f"{key}={value!r}", self.places[key])


def load(target: str | Path | Mapping[str, Any], overrides: Sequence[str] = ()) -> Sweep:
    """Read a sweep: a file, the NAME of a shipped one (``gains``), or plain data.

    ``overrides`` ("a.b=value") go into every scenario. Scenario files are looked for beside the sweep file, then among
    those that ship. Raises ScenarioError with every problem of the sweep file; points are not checked yet.
    """
    if isinstance(target, Mapping):
        tree, name = document.from_plain(target, Place("<sweep>", folder=Path.cwd())), "sweep"
    else:
        file = _file(target)
        tree, name = document.read(file), re.sub(r"[^A-Za-z0-9_.-]+", "-", file.stem).strip("-.") or "sweep"
    checked = _checked(tree)
    faults: list[Problem] = []
    reader = Reader(tree, faults)
    seeds = reader.seeds()
    bases = _bases(tree, checked, overrides, faults)
    dimensions = reader.dimensions(checked, bases[0] if bases else None)
    if faults:
        faults.sort(key=lambda fault: (fault.file, fault.line, fault.column))
        raise ScenarioError(faults)
    sample = checked.sample
    source = tree.plain()
    assert isinstance(source, dict)  # the file's model was made from it
    return Sweep(
        name=checked.name or name,
        file=tree.place.file,
        bases=tuple(bases),
        dimensions=tuple(dimensions),
        choice=Choice(sample.kind, sample.points or 0, sample.seed),
        seeds=seeds,
        source=source,
        places=reader.places,
    )


def _file(target: str | Path) -> Path:
    path, root = Path(target), shipped_root()
    if path.exists() or path.suffix in (".yaml", ".yml"):
        return path
    for name in (str(target), f"sweeps/{target}"):
        if (found := shipped(name)) is not None and found.is_file():
            return found
    names = [] if root is None else [f"sweeps/{file.stem}" for file in sorted(root.glob("sweeps/*.yaml"))]
    raise InputError(
        f"{target}: no such file, and no sweep of that name{nearest(str(target), names)}; those that ship are "
        f"{', '.join(names) or 'none'}"
    )


def _checked(tree: Node) -> SweepFile:
    from pydantic import ValidationError

    if not isinstance(tree.value, dict):
        raise ScenarioError([tree.place.problem("", f"is {tree.shown()}, not a sweep: it begins with version: 1")])
    if "flows" in tree.value and "scenarios" not in tree.value:
        raise ScenarioError(
            [tree.place.problem("", "is a scenario, not a sweep: a sweep names it, as in scenarios: [step.yaml]")]
        )
    faults = [
        node.place.problem(key, "has no value: give one, or leave the key out")
        for key, node in tree.nodes()
        if node.value is None and not key.startswith("set.")  # null under `set` removes a key
    ]
    try:
        checked = SweepFile.model_validate(tree.plain())
    except ValidationError as error:
        known = {(fault.line, fault.column) for fault in faults}
        found = explain.problems(error, tree, SweepFile, "a sweep")
        raise ScenarioError(
            faults + [one for one in found if not one.line or (one.line, one.column) not in known]
        ) from None
    if faults:
        raise ScenarioError(faults)
    return checked


def _bases(tree: Node, checked: SweepFile, overrides: Sequence[str], faults: list[Problem]) -> list[Node]:
    trees: list[Node] = []
    for node in tree.value["scenarios"].value:
        for file in _files(node, faults):
            try:
                trees.append(scenarios.read(file))
            except ScenarioError as error:
                faults += error.problems
    if faults:
        return []
    common = tree.value.get("set")
    for base in trees:
        if common is not None:
            _lay(base, common, faults)
        for text in overrides:
            if (key := text.partition("=")[0].strip()) in checked.space:
                faults.append(Problem(f"--set {text}", 0, 0, key, "is swept: it has many values already"))
                continue
            try:
                override.apply(base, text)
            except ScenarioError as error:
                faults += [problem for problem in error.problems if problem not in faults]
    return trees


def _files(node: Node, faults: list[Problem]) -> list[Path]:
    name = str(node.value)
    beside = (node.place.folder or Path()) / name
    try:
        if beside.exists():
            return resolve([str(beside)])
        found = shipped(name.removesuffix(".yaml"))
        if found is not None:
            return resolve([str(found)])
    except (InputError, OSError, ValueError) as error:
        faults.append(node.place.problem("scenarios", str(error)))
        return []
    near = nearest(name.removesuffix(".yaml"), shipped_names())
    faults.append(
        node.place.problem(
            "scenarios", f"{node.shown()}: no such file (looked for {beside}), and none that ships{near}"
        )
    )
    return []


def _lay(base: Node, common: Node, faults: list[Problem]) -> None:
    for key, value in common.value.items():
        try:
            override.lay(base, key, value.copy(), common.keys[key])
        except ScenarioError as error:
            faults += [problem for problem in error.problems if problem not in faults]

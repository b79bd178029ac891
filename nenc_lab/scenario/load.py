"""Loads scenario files: reads, extends, overrides and checks them, and reports all errors at once.

load     loads a file, or a scenario that ships with the package, by its name
parse    makes a Scenario from plain Python data
dump     turns a Scenario into plain data with all defaults; parse(dump(scenario)) == scenario
restore  makes a Scenario from dump's data, without reading the files that it names
resolve  turns a command's targets (files, directories, names) into files
read     reads a file into a tree with everything that it extends, and
build    makes a Scenario from a tree: for callers that make many scenarios from one file
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nenc_lab.errors import ScenarioError
from nenc_lab.scenario import document
from nenc_lab.scenario.document import Node, Place
from nenc_lab.scenario.find import resolve, shipped

if TYPE_CHECKING:
    from nenc_lab.scenario.expect import Check
    from nenc_lab.scenario.schema import Scenario

DEEPEST_EXTENDS = 16
MOST_PROBLEMS = 50


def load(
    target: str | Path,
    overrides: Sequence[str] = (),
    backend: str | None = None,
    expected: Check | None = None,
) -> Scenario:
    """Loads one scenario: a path, or the name of a shipped one (``step``, ``rtt-sweep/050ms``).

    ``overrides`` are ``a.b=value``. With a ``backend``, features that this network lacks are errors as well; with
    ``expected``, so are the conditions that it rejects. Raises ScenarioError with every problem found.
    """
    from nenc_lab.scenario import override

    tree = read(target)
    faults = []
    for text in overrides:
        try:
            override.apply(tree, text)
        except ScenarioError as error:
            faults += error.problems
    if faults:
        raise ScenarioError(faults)
    return build(tree, backend=backend, expected=expected)


def read(target: str | Path) -> Node:
    """Reads the tree of one scenario, a path or the name of a shipped one, merged over everything that it extends.

    Raises ScenarioError for errors in the text; keys and values are not checked yet.
    """
    return _extended(_file(target), ())


def parse(data: Mapping[str, Any], source: str = "<data>") -> Scenario:
    """Makes a Scenario from plain data, such as `dump` returns.

    Errors name ``source``, and file names are relative to its folder. Raises ScenarioError with every problem found.
    """
    return build(document.from_plain(data, Place(source, folder=Path(source).parent)))


def restore(data: Mapping[str, Any], source: str = "<data>") -> Scenario:
    """Makes a Scenario from data of `dump`, to read a run; opens no other file, so that traces may be missing.

    Raises ScenarioError with every problem found.
    """
    return build(document.from_plain(data, Place(source)), files_too=False)


def dump(scenario: Scenario) -> dict[str, Any]:
    """Returns plain YAML/JSON values: quantities as strings with units, defaults included, unset keys left out."""
    data: dict[str, Any] = scenario.model_dump(mode="json", exclude_none=True)
    return data


def _file(target: str | Path) -> Path:
    path = Path(target)
    if path.exists() or path.suffix in (".yaml", ".yml"):
        return path
    found = shipped(str(target))
    if found is None or not found.is_file():
        (found,) = resolve([str(target)])  # one file, or an error with the reason
    return found


def _extended(file: Path, below: tuple[Path, ...]) -> Node:
    """Reads a file and merges it over everything that it extends."""
    from nenc_lab.scenario import merge

    tree = document.read(file)
    if not isinstance(tree.value, dict) or "extends" not in tree.value:
        return tree
    name = tree.value.pop("extends")
    at = tree.keys.pop("extends")
    if not isinstance(name.value, str) or not name.value:
        raise ScenarioError(
            [name.place.problem("extends", f"{name.shown()} is not the name of a file, such as extends: base.yaml")]
        )
    base = file.parent / name.value
    chain = (*below, file.resolve())
    if base.resolve() in chain:
        circle = " -> ".join(path.name for path in (*chain, base.resolve()))
        raise ScenarioError([at.problem("extends", f"the files extend each other in a circle: {circle}")])
    if len(chain) > DEEPEST_EXTENDS:
        raise ScenarioError(
            [at.problem("extends", f"more than {DEEPEST_EXTENDS} levels of files that extend each other")]
        )
    if not base.is_file():
        what = "is a directory, not a file" if base.is_dir() else f"no such file{_near_file(base)}"
        raise ScenarioError([name.place.problem("extends", f"{name.shown()}: {what} (looked for {base})")])
    lower = _extended(base, chain)
    if not isinstance(lower.value, dict):
        raise ScenarioError([lower.place.problem("", f"is {lower.shown()}, not a scenario to extend")])
    return merge.over(lower, tree)


def _near_file(file: Path) -> str:
    from nenc_lab.scenario.expect import nearest

    try:
        return nearest(file.name, sorted(path.name for path in file.parent.iterdir() if path.is_file()), cutoff=0.75)
    except OSError:
        return ""


def build(tree: Node, files_too: bool = True, backend: str | None = None, expected: Check | None = None) -> Scenario:
    """Makes a Scenario from a tree and, with ``files_too``, resolves the files that it names, in place.

    With a ``backend``, features that this network lacks are errors as well; with ``expected``, so are the conditions
    that it rejects. Raises ScenarioError with every problem found.
    """
    from pydantic import ValidationError

    from nenc_lab.scenario import backends, checks, explain, files
    from nenc_lab.scenario.schema import Scenario

    if not isinstance(tree.value, dict):
        raise ScenarioError(
            [tree.place.problem("", f"is {tree.shown()}, not a scenario: a scenario begins with version: 1")]
        )
    if "scenarios" in tree.value and "flows" not in tree.value:
        raise ScenarioError([tree.place.problem("", "is a sweep, not a scenario: run it with nenc-lab sweep")])
    faults = [
        node.place.problem(key, "has no value: give one, or leave the key out")
        for key, node in tree.nodes()
        if node.value is None
    ]
    if files_too:
        faults += files.include(tree)
    try:
        scenario = Scenario.model_validate(tree.plain(), context=expected)
    except ValidationError as error:
        known = {(fault.file, fault.line, fault.column) for fault in faults}
        faults += [
            fault for fault in explain.problems(error, tree) if (fault.file, fault.line, fault.column) not in known
        ]
    else:
        faults += checks.check(scenario, tree)
        if backend is not None:
            faults += backends.refusals(scenario, backend, tree)
        if not faults:
            return scenario
    faults.sort(key=lambda fault: (fault.file, fault.line, fault.column))
    if len(faults) > MOST_PROBLEMS:
        faults[MOST_PROBLEMS:] = [tree.place.problem("", "has more problems, which are not listed")]
    raise ScenarioError(faults)


__all__ = ["build", "dump", "load", "parse", "read", "resolve", "restore"]

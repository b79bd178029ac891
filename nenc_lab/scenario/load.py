"""A scenario file to a `Scenario`: read, extend, override, check; every fault found is reported at once.

load     a file (or the name of a scenario that ships with the package)
parse    plain Python data
dump     a Scenario to plain data, everything written out; parse(dump(scenario)) == scenario
restore  what dump made, without the files it names
resolve  targets of a command (files, directories, names) to files
read     a file to a tree with what it extends, and
build    a tree to a Scenario: for what makes many scenarios of one file
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
    """Load one scenario, a path or the name of a shipped one (``step``, ``rtt-sweep/050ms``); ``a.b=value`` overrides.

    With a ``backend``, what that network cannot do is wrong as well; with ``expected``, what it refuses in ``expect``.

    Raises ScenarioError with every problem found.
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
    """The tree of one scenario, a path or the name of a shipped one, with everything it extends laid under it.

    Raises ScenarioError for what is wrong with the text; keys and values are not looked at yet.
    """
    return _extended(_file(target), ())


def parse(data: Mapping[str, Any], source: str = "<data>") -> Scenario:
    """A Scenario from plain data (such as `dump` makes). ``source`` names it in errors; relative files start beside it.

    Raises ScenarioError with every problem found.
    """
    return build(document.from_plain(data, Place(source, folder=Path(source).parent)))


def restore(data: Mapping[str, Any], source: str = "<data>") -> Scenario:
    """A Scenario from what `dump` made, for reading a run: no other file is touched, traces may be gone.

    Raises ScenarioError with every problem found.
    """
    return build(document.from_plain(data, Place(source)), files_too=False)


def dump(scenario: Scenario) -> dict[str, Any]:
    """Plain YAML/JSON values with units as strings, defaults written out, absent things left out."""
    data: dict[str, Any] = scenario.model_dump(mode="json", exclude_none=True)
    return data


def _file(target: str | Path) -> Path:
    path = Path(target)
    if path.exists() or path.suffix in (".yaml", ".yml"):
        return path
    found = shipped(str(target))
    if found is None or not found.is_file():
        (found,) = resolve([str(target)])  # one file, or the error that says why not
    return found


def _extended(file: Path, below: tuple[Path, ...]) -> Node:
    """A file with everything it extends laid under it."""
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
        raise ScenarioError([at.problem("extends", f"goes in a circle: {circle}")])
    if len(chain) > DEEPEST_EXTENDS:
        raise ScenarioError([at.problem("extends", f"more than {DEEPEST_EXTENDS} files extend each other")])
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
    """A Scenario from a tree, which is changed (files it names are taken in, unless not ``files_too``).

    With a ``backend``, what that network cannot do is wrong as well; with ``expected``, what it refuses in ``expect``.

    Raises ScenarioError with every problem found.
    """
    from pydantic import ValidationError

    from nenc_lab.scenario import backends, checks, explain, files
    from nenc_lab.scenario.schema import Scenario

    if not isinstance(tree.value, dict):
        raise ScenarioError([tree.place.problem("", f"is {tree.shown()}, not a scenario: it begins with version: 1")])
    if "scenarios" in tree.value and "flows" not in tree.value:
        raise ScenarioError([tree.place.problem("", "is a sweep, not a scenario: nenc-lab sweep runs it")])
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
        faults[MOST_PROBLEMS:] = [tree.place.problem("", "and more of it; the rest is left out")]
    raise ScenarioError(faults)


__all__ = ["build", "dump", "load", "parse", "read", "resolve", "restore"]

"""A sweep file, or the same as a dict, to a `Sweep`: read and checked; every fault found is reported at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from nenc_lab.errors import InputError, Problem, ScenarioError
from nenc_lab.scenario import document, explain, keys, override
from nenc_lab.scenario import load as scenarios
from nenc_lab.scenario.document import Node, Place, item_name
from nenc_lab.scenario.expect import nearest
from nenc_lab.scenario.find import resolve, shipped, shipped_names
from nenc_lab.sweep.quantity import NUMBER, TIME, Family, family
from nenc_lab.sweep.schema import Range, SweepFile
from nenc_lab.sweep.schema import Seeds as SeedRange
from nenc_lab.sweep.space import Choice, Dimension, Span, Values
from nenc_lab.units import NS_PER_MS

if TYPE_CHECKING:
    from nenc_lab.scenario.schema import Model

MOST_SEEDS = 100_000
_LIST_OR_RANGE = "a list of values, such as [0.1, 0.2], or a range, such as {low: 0.1, high: 2, scale: log, steps: 6}"


@dataclass(frozen=True)
class Sweep:
    """What a sweep file asks for."""

    name: str
    file: str
    """What the file is called in messages."""
    bases: tuple[Node, ...]
    """One tree per scenario, what the sweep and the command set laid in; points are laid into copies."""
    dimensions: tuple[Dimension, ...]
    choice: Choice
    seeds: tuple[int, ...] | None
    """None: each scenario's own."""
    source: Mapping[str, Any] = field(repr=False)
    """The file as plain data."""
    places: Mapping[str, Place] = field(repr=False)
    """Where each key of the space was written, and each listed value (key and its repr)."""

    def place(self, key: str, value: Any) -> Place:
        """Where a value of a swept key was written."""
        return self.places.get(f"{key}={value!r}", self.places[key])


def load(target: str | Path | Mapping[str, Any], overrides: Sequence[str] = ()) -> Sweep:
    """Read a sweep: a file, the NAME of a shipped one (``sweeps/gains``), or plain data.

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
    reader = _Reader(tree, faults)
    seeds = reader.seeds()
    bases = reader.bases(checked, overrides)
    dimensions = reader.dimensions(checked, bases[0] if bases else None)
    if faults:
        faults.sort(key=lambda fault: (fault.file, fault.line, fault.column))
        raise ScenarioError(faults)
    sample = checked.sample
    return Sweep(
        name=checked.name or name,
        file=tree.place.file,
        bases=tuple(bases),
        dimensions=tuple(dimensions),
        choice=Choice(sample.kind, sample.points or 0, sample.seed),
        seeds=seeds,
        source=tree.plain(),
        places=reader.places,
    )


def _file(target: str | Path) -> Path:
    path = Path(target)
    if not path.exists() and (found := shipped(str(target))) is not None and found.is_file():
        return found
    return path


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
        if node.value is None and not key.startswith("set.")  # there it takes a key out
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


class _Reader:
    """What one model cannot see, key by key; faults are gathered."""

    def __init__(self, tree: Node, faults: list[Problem]) -> None:
        self.tree = tree
        self.faults = faults
        self.places: dict[str, Place] = {}

    def fault(self, node: Node, key: str, message: str) -> None:
        self.faults.append(node.place.problem(key, message))

    # ---- scenarios

    def bases(self, checked: SweepFile, overrides: Sequence[str]) -> list[Node]:
        trees: list[Node] = []
        for node in self.tree.value["scenarios"].value:
            for file in self._files(node):
                try:
                    trees.append(scenarios.read(file))
                except ScenarioError as error:
                    self.faults += error.problems
        if self.faults:
            return []
        common = self.tree.value.get("set")
        for tree in trees:
            if common is not None:
                self._lay(tree, common)
            for text in overrides:
                if (key := text.partition("=")[0].strip()) in checked.space:
                    self.faults.append(Problem(f"--set {text}", 0, 0, key, "is swept: it has many values already"))
                    continue
                try:
                    override.apply(tree, text)
                except ScenarioError as error:
                    self.faults += [problem for problem in error.problems if problem not in self.faults]
        return trees

    def _files(self, node: Node) -> list[Path]:
        name = str(node.value)
        beside = (node.place.folder or Path()) / name
        try:
            if beside.exists():
                return resolve([str(beside)])
            found = shipped(name.removesuffix(".yaml"))
            if found is not None:
                return resolve([str(found)])
        except (InputError, OSError, ValueError) as error:
            self.fault(node, "scenarios", str(error))
            return []
        near = nearest(name.removesuffix(".yaml"), shipped_names())
        self.fault(node, "scenarios", f"{node.shown()}: no such file (looked for {beside}), and none that ships{near}")
        return []

    def _lay(self, tree: Node, common: Node) -> None:
        for key, value in common.value.items():
            try:
                override.lay(tree, key, value.copy(), common.keys[key])
            except ScenarioError as error:
                self.faults += [problem for problem in error.problems if problem not in self.faults]

    # ---- space

    def dimensions(self, checked: SweepFile, base: Node | None) -> list[Dimension]:
        space, sample = self.tree.value["space"], checked.sample
        dimensions: list[Dimension] = []
        if not space.value:
            self.fault(space, "space", "is empty: name at least one key, or use nenc-lab run")
        for key, node in space.value.items():
            self.places[key] = space.keys[key]
            if key == "seed":
                self.fault(node, "space.seed", "seeds have a key of their own: write seeds: [1, 2, 3]")
            elif key in checked.set:
                self.fault(node, f"space.{key}", "is in set as well: take it out of one of them")
            elif isinstance(node.value, dict):
                dimensions += self._range(key, node, base, sample.kind == "grid")
            elif isinstance(node.value, list):
                dimensions += self._values(key, node)
            else:
                self.fault(
                    node, f"space.{key}", f"{node.shown()} is not {_LIST_OR_RANGE}; one value for all goes in set"
                )
        self._sample(checked)
        return dimensions

    def _sample(self, checked: SweepFile) -> None:
        sample, node = checked.sample, self.tree.value.get("sample", self.tree)
        if sample.kind == "grid" and sample.points is not None:
            self.fault(
                node.value["points"], "sample.points", "a grid has as many points as its steps make: leave points out"
            )
        if sample.kind != "grid" and sample.points is None:
            self.fault(node, "sample.points", f"is missing: write points: 100 ({sample.kind} needs to know how many)")

    def _values(self, key: str, node: Node) -> Iterator[Values]:
        if not node.value:
            self.fault(node, f"space.{key}", f"is empty: give {_LIST_OR_RANGE}")
            return
        values = []
        for item in node.value:
            value = item.plain()
            if f"{key}={value!r}" in self.places:
                self.fault(item, f"space.{key}", f"the value {item.shown()} is given twice")
            self.places[f"{key}={value!r}"] = item.place
            values.append(value)
        yield Values(key, tuple(values))

    def _range(self, key: str, node: Node, base: Node | None, grid: bool) -> Iterator[Span]:
        read = self._model(Range, node, f"space.{key}", "a range")
        if read is None:
            return
        kind, low, high = self._ends(key, node)
        if kind is None:
            return
        if not low < high:
            text = f"{node.value['high'].shown()} is not above low, {node.value['low'].shown()}"
            self.fault(node.value["high"], f"space.{key}.high", text)
        elif read.scale == "log" and low <= 0:
            text = f"{node.value['low'].shown()}: a log scale begins above zero"
            self.fault(node.value["low"], f"space.{key}.low", text)
        elif grid and read.steps is None:
            self.fault(node, f"space.{key}.steps", "is missing: a grid needs to know how many values, write steps: 6")
        elif not grid and read.steps is not None:
            text = "steps are for a grid: leave them out, sample.points says how many points there are"
            self.fault(node.value["steps"], f"space.{key}.steps", text)
        else:
            ends = (node.value["low"].value, node.value["high"].value)
            grain = _grain(key, kind, ends, base)
            yield Span(key, low, high, kind, read.scale == "log", read.steps, grain)

    def _ends(self, key: str, node: Node) -> tuple[Family | None, float, float]:
        ends, kinds = [], []
        for name in ("low", "high"):
            end = node.value[name]
            kind = family(end.value)
            try:
                if kind is None:
                    raise InputError(
                        f"{end.shown()} is not a number, with a unit or without; list other values: [a, b]"
                    )
                ends.append(kind.read(end.value))
                kinds.append(kind)
            except InputError as error:
                self.fault(end, f"space.{key}.{name}", str(error))
        if len(ends) < 2:
            return None, 0.0, 0.0
        if kinds[0] is not kinds[1]:
            text = (
                f"{node.value['high'].shown()} is {kinds[1].name}, low, {node.value['low'].shown()}, is {kinds[0].name}"
            )
            self.fault(node.value["high"], f"space.{key}.high", text)
            return None, 0.0, 0.0
        return kinds[0], ends[0], ends[1]

    # ---- seeds

    def seeds(self) -> tuple[int, ...] | None:
        node = self.tree.value.get("seeds")
        if node is None:
            return None
        if isinstance(node.value, dict):
            read = self._model(SeedRange, node, "seeds", "seeds")
            if read is None:
                return ()
            if not 0 <= read.high - read.low < MOST_SEEDS:
                text = f"{read.low} to {read.high} is not 1 to {MOST_SEEDS} seeds"
                self.fault(node.value["high"], "seeds.high", text)
                return ()
            return tuple(range(read.low, read.high + 1))
        items = node.value if isinstance(node.value, list) else []
        if not items:
            self.fault(
                node, "seeds", f"{node.shown()} is not a list such as [1, 2, 3], or a range: {{low: 1, high: 20}}"
            )
        for index, item in enumerate(items):
            if isinstance(item.value, bool) or not isinstance(item.value, int) or not 0 <= item.value < 2**63:
                self.fault(item, f"seeds.{index}", f"{item.shown()} is not a seed: a whole number from 0 to 2^63 - 1")
            elif any(item.value == other.value for other in items[:index]):
                self.fault(item, f"seeds.{index}", f"the seed {item.shown()} is given twice")
        return tuple(item.value for item in items)

    def _model(self, model: type[Any], node: Node, key: str, what: str) -> Any:
        from pydantic import ValidationError

        chosen: type[Model] = model
        try:
            return chosen.model_validate(node.plain())
        except ValidationError as error:
            for problem in explain.problems(error, node, chosen, what):
                below = f"{key}.{problem.key}" if problem.key else key
                self.faults.append(Problem(problem.file, problem.line, problem.column, below, problem.message))
            return None


def _grain(key: str, kind: Family, ends: tuple[Any, Any], base: Node | None) -> int:
    """Whole numbers where the key takes no others; a queue in time is whole milliseconds."""
    if kind is TIME and key.endswith("queue.size"):
        return NS_PER_MS
    whole = kind is NUMBER and all(isinstance(end, int) for end in ends)
    return int(whole and base is not None and _takes_whole(base, key))


def _takes_whole(tree: Node, key: str) -> bool:
    spot: keys.Spot | None = keys.root(tree)
    *above, last = key.split(".")
    for part in above:
        assert spot is not None
        if spot.node is not None and isinstance(spot.node.value, list):
            names = [item_name(item, index) for index, item in enumerate(spot.node.value)]
            spot = spot.item(names.index(part)) if part in names else None
        else:
            spot = spot.child(part)
        if spot is None:
            return False
    assert spot is not None
    return int in _types(spot.known().get(last))


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _types(part)

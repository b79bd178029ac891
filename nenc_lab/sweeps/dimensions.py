"""Reads the space and the seeds of a sweep file key by key, with checks that one pydantic model cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, get_args

from nenc_lab.errors import InputError, Problem
from nenc_lab.scenario import explain, keys
from nenc_lab.scenario.document import Node, Place, item_name
from nenc_lab.sweeps.quantity import NUMBER, TIME, Family, family
from nenc_lab.sweeps.schema import Range, Sample, Seeds, SweepFile
from nenc_lab.sweeps.space import Dimension, Span, Values
from nenc_lab.units import NS_PER_MS

if TYPE_CHECKING:
    from nenc_lab.scenario.schema import Model

MOST_SEEDS = 100_000
_LIST_OR_RANGE = "a list of values, such as [0.1, 0.2], or a range, such as {low: 0.1, high: 2, scale: log, steps: 6}"


class Reader:
    """Reads parts of ``tree``, a sweep file, and appends what is wrong to ``faults``."""

    def __init__(self, tree: Node, faults: list[Problem]) -> None:
        self.tree = tree
        self.faults = faults
        self.places: dict[str, Place] = {}
        """Where each swept key and each listed value (``key=`` and its repr) was written."""

    def dimensions(self, checked: SweepFile, base: Node | None) -> list[Dimension]:
        """The swept dimensions. ``base`` is a scenario of the sweep; it shows which keys take integers only."""
        space, sample = self.tree.value["space"], checked.sample
        dimensions: list[Dimension] = []
        if not space.value:
            self._fault(space, "space", "is empty: name at least one key, or use nenc-lab run")
        for key, node in space.value.items():
            self.places[key] = space.keys[key]
            if key == "seed":
                self._fault(node, "space.seed", "seeds have a key of their own: write seeds: [1, 2, 3]")
            elif key in checked.set:
                self._fault(node, f"space.{key}", "is in set as well: take it out of one of them")
            elif isinstance(node.value, dict):
                dimensions += self._range(key, node, base, sample.kind == "grid")
            elif isinstance(node.value, list):
                dimensions += self._values(key, node)
            else:
                self._fault(
                    node, f"space.{key}", f"{node.shown()} is not {_LIST_OR_RANGE}; one value for all goes in set"
                )
        self._sample(checked.sample)
        return dimensions

    def _sample(self, sample: Sample) -> None:
        node = self.tree.value.get("sample", self.tree)
        if sample.kind == "grid" and sample.points is not None:
            self._fault(
                node.value["points"], "sample.points", "a grid has as many points as its steps make: leave points out"
            )
        if sample.kind != "grid" and sample.points is None:
            self._fault(node, "sample.points", f"is missing: write points: 100 ({sample.kind} needs to know how many)")

    def _values(self, key: str, node: Node) -> Iterator[Values]:
        if not node.value:
            self._fault(node, f"space.{key}", f"is empty: give {_LIST_OR_RANGE}")
            return
        values = []
        for item in node.value:
            value = item.plain()
            if f"{key}={value!r}" in self.places:
                self._fault(item, f"space.{key}", f"the value {item.shown()} is given twice")
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
            self._fault(node.value["high"], f"space.{key}.high", text)
        elif read.scale == "log" and low <= 0:
            text = f"{node.value['low'].shown()}: a log scale begins above zero"
            self._fault(node.value["low"], f"space.{key}.low", text)
        elif grid and read.steps is None:
            self._fault(node, f"space.{key}.steps", "is missing: a grid needs to know how many values, write steps: 6")
        elif not grid and read.steps is not None:
            text = "steps are for a grid: leave them out, sample.points says how many points there are"
            self._fault(node.value["steps"], f"space.{key}.steps", text)
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
                self._fault(end, f"space.{key}.{name}", str(error))
        if len(ends) < 2:
            return None, 0.0, 0.0
        if kinds[0] is not kinds[1]:
            text = (
                f"{node.value['high'].shown()} is {kinds[1].name}, low, {node.value['low'].shown()}, is {kinds[0].name}"
            )
            self._fault(node.value["high"], f"space.{key}.high", text)
            return None, 0.0, 0.0
        return kinds[0], ends[0], ends[1]

    def seeds(self) -> tuple[int, ...] | None:
        """Seeds of the runs; None stands for each scenario's own seed."""
        node = self.tree.value.get("seeds")
        if node is None:
            return None
        if isinstance(node.value, dict):
            read = self._model(Seeds, node, "seeds", "seeds")
            if read is None:
                return ()
            if not 0 <= read.high - read.low < MOST_SEEDS:
                text = f"{read.low} to {read.high} is not 1 to {MOST_SEEDS} seeds"
                self._fault(node.value["high"], "seeds.high", text)
                return ()
            return tuple(range(read.low, read.high + 1))
        items = node.value if isinstance(node.value, list) else []
        if not items:
            self._fault(
                node, "seeds", f"{node.shown()} is not a list such as [1, 2, 3], or a range: {{low: 1, high: 20}}"
            )
        for index, item in enumerate(items):
            if isinstance(item.value, bool) or not isinstance(item.value, int) or not 0 <= item.value < 2**63:
                self._fault(item, f"seeds.{index}", f"{item.shown()} is not a seed: a whole number from 0 to 2^63 - 1")
            elif any(item.value == other.value for other in items[:index]):
                self._fault(item, f"seeds.{index}", f"the seed {item.shown()} is given twice")
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

    def _fault(self, node: Node, key: str, message: str) -> None:
        self.faults.append(node.place.problem(key, message))


def _grain(key: str, kind: Family, ends: tuple[Any, Any], base: Node | None) -> int:
    """The step of values: 1 for keys that take integers only, 1 ms for a queue in time, 0 for any value."""
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

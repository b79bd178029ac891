"""Compiles the conditions that a scenario sets on its summary, and evaluates them.

    flows.video.changes[*].settling_s <= 5        every change of the flow
    flows[*].utilisation >= 0.85                  every flow
    flows.video.changes[-1].overshoot < 0.2       the last change
    run.jain_last20s >= 0.95

A value that is null or not a finite number fails every comparison, and so does a condition that finds no value at all.
This module does not know which figures exist: the caller that loads a scenario passes the check (see `Check`).
"""

from __future__ import annotations

import difflib
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from nenc_lab.errors import InputError

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
}

_CONDITION = re.compile(r"\s*(?P<path>[^\s<>=!]+)\s*(?P<op><=|>=|==|!=|<|>)\s*(?P<value>\S+)\s*")
_STEP = re.compile(r"(?P<name>[A-Za-z0-9_-]+)(?:\[(?P<index>\*|-?\d{1,9})\])?")
_FORM = "write a condition such as flows.video.utilisation >= 0.85"


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a path: a key and, for a list, the index of the item (``*`` for all items; None for no list)."""

    name: str
    index: int | str | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """A compiled condition."""

    text: str
    path: tuple[Step, ...]
    op: str
    value: float

    @property
    def figure(self) -> tuple[str, tuple[Step, ...]]:
        """The owner of the figure (``run``, ``flows[*]`` or ``flows.NAME``), and the rest of the path."""
        first, *rest = self.path
        if first.name == "run":
            return "run", tuple(rest)
        if first.index == "*":
            return "flows[*]", tuple(rest)
        return f"flows.{rest[0].name}", tuple(rest[1:])

    @property
    def flow(self) -> str | None:
        """The flow in the path, or None."""
        return self.path[1].name if self.path[0].name == "flows" and self.path[0].index is None else None

    @property
    def change(self) -> int | None:
        """The index of the change in the path, or None."""
        index = next((step.index for step in self.path if step.name == "changes"), None)
        return index if isinstance(index, int) else None


Check = Callable[[Expectation], None]
"""Raises InputError when the summary has no such figure, with the nearest name."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An evaluated condition: ``observed`` has each value that was compared, with its path."""

    text: str
    passed: bool
    observed: tuple[tuple[str, object], ...]


def compile(text: str) -> Expectation:
    """Compiles one condition. Raises InputError with the invalid part and the nearest valid one."""
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise InputError(f"{text[:200]!r} is not a condition: {_FORM}, with one of {' '.join(OPERATORS)}")
    try:
        value = float(match["value"])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{match['value'][:60]!r} is not a number to compare with: {_FORM}")
    steps = tuple(_step(part, match["path"]) for part in match["path"].split("."))
    _check_start(steps)
    return Expectation(" ".join(text.split()), steps, match["op"], value)


def evaluate(expectations: Sequence[Expectation], summary: Mapping[str, Any]) -> list[Verdict]:
    """Evaluates conditions on a summary, which has ``flows`` and ``run`` as in run.json."""
    verdicts = []
    for expectation in expectations:
        observed = tuple(_find(summary, expectation.path, ""))
        compare = OPERATORS[expectation.op]
        passed = bool(observed) and all(
            _is_number(found) and compare(found, expectation.value) for _, found in observed
        )
        verdicts.append(Verdict(expectation.text, passed, observed))
    return verdicts


def _step(part: str, path: str) -> Step:
    match = _STEP.fullmatch(part)
    if match is None:
        raise InputError(f"{part[:60]!r} in {path[:200]!r} is not a key, key[0], key[-1] or key[*]: {_FORM}")
    index = match["index"]
    return Step(match["name"], int(index) if index not in (None, "*") else index)


def _check_start(steps: tuple[Step, ...]) -> None:
    """Checks that the path begins with the run, a flow, or all flows."""
    first, rest = steps[0], steps[1:]
    if first.name == "run":
        return
    if first.name != "flows":
        raise InputError(
            f"unknown key {first.name!r}{nearest(first.name, ('flows', 'run'))}: {_FORM}, or run.jain_last20s >= 0.95"
        )
    if first.index == "*":
        return
    if first.index is not None:
        raise InputError(f"flows[{first.index}]: name a flow, as in flows.video, or write flows[*] for all")
    if not rest:
        raise InputError("flows alone is not a figure: " + _FORM)
    if rest[0].index is not None:
        raise InputError(f"{rest[0].name}[{rest[0].index}]: a flow is not a list")


def _find(here: object, steps: tuple[Step, ...], where: str) -> Iterator[tuple[str, object]]:
    if not steps:
        yield where, here
        return
    step, rest = steps[0], steps[1:]
    if not isinstance(here, Mapping) or step.name not in here:
        return
    value, name = here[step.name], f"{where}.{step.name}" if where else step.name
    if step.index is None:
        yield from _find(value, rest, name)
    elif isinstance(value, Mapping):  # flows[*]
        for key, item in value.items():
            yield from _find(item, rest, f"{name}.{key}")
    elif isinstance(value, Sequence):
        chosen = (
            range(len(value)) if step.index == "*" else [int(step.index) + (len(value) if int(step.index) < 0 else 0)]
        )
        for index in chosen:
            if 0 <= index < len(value):
                yield from _find(value[index], rest, f"{name}[{index}]")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def nearest(word: str, known: Sequence[str] | Mapping[str, Any], cutoff: float = 0.5) -> str:
    """Returns `` (did you mean 'x'?)`` with the most similar known word, or "" when none is similar."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return f" (did you mean {close[0]!r}?)" if close else ""

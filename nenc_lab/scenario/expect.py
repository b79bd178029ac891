"""The conditions a scenario sets on its summary: compiled against the summary's names, judged against its values.

    flows.video.changes[*].settling_s <= 5        every change of the flow
    flows[*].utilisation >= 0.85                  every flow
    flows.video.changes[-1].overshoot < 0.2       the last change
    run.jain_last20s >= 0.95

A value that is null (or no finite number) fails every comparison, and so does a condition that finds no value at all.
"""

from __future__ import annotations

import difflib
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nenc_lab.errors import InputError

_PERCENTILES = {"p50": None, "p95": None, "p99": None}
CHANGE: Mapping[str, Any] = dict.fromkeys(
    (
        "at_s",
        "until_s",
        "to_mbps",
        "rise_s",
        "settling_s",
        "overshoot",
        "iae_mbit",
        "to_80pct_s",
        "to_floor_s",
        "utilisation_last5s",
        "queue_delay_p95_ms",
        "queue_delay_max_ms",
        "loss",
        "oscillations_last5s",
        "send_mbps_min",
    )
)
"""Figures of one change of a flow (beside its ``kind``)."""
FLOW: Mapping[str, Any] = {
    "utilisation": None,
    "goodput_mbps": None,
    "rate_mbps": {"mean": None, "min": None, "max": None, "std": None},
    "queue_delay_ms": {**_PERCENTILES, "max": None},
    "rtt_ms": _PERCENTILES,
    "loss": None,
    "frame_delay_ms": _PERCENTILES,
    "late_frames": None,
    "damaged_frames": None,
    "freezes": None,
    "freeze_s": None,
    "oscillations_per_min": None,
    "encoder_error": None,
    "encoder_limited_s": {"min": None, "max": None},
    "software_frames": None,
    "psnr_db": None,
    "ssim": None,
    "feedback_overhead": None,
    "changes": [CHANGE],
}
"""Figures of one flow."""
RUN: Mapping[str, Any] = {
    "simulated_s": None,
    "wall_s": None,
    "speed": None,
    "packets": None,
    "jain_last20s": None,
    "lateness_ms": {"p99": None, "max": None},
}
"""Figures of the run as a whole."""

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
_FORM = "write such as flows.video.utilisation >= 0.85"


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a path: a key, and which item of the list it names (None: no list; ``*``: every one)."""

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
    def flow(self) -> str | None:
        """The flow it names, if it names one."""
        return self.path[1].name if self.path[0].name == "flows" and self.path[0].index is None else None

    @property
    def change(self) -> int | None:
        """The number of the change it names, if it names one."""
        index = next((step.index for step in self.path if step.name == "changes"), None)
        return index if isinstance(index, int) else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judged condition: ``observed`` holds each value it was held against, with its path."""

    text: str
    passed: bool
    observed: tuple[tuple[str, Any], ...]


def compile(text: str) -> Expectation:
    """Compile one condition. Raises InputError naming the part that is wrong and the nearest right one."""
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
    _check(steps)
    return Expectation(" ".join(text.split()), steps, match["op"], value)


def evaluate(expectations: Sequence[Expectation], summary: Mapping[str, Any]) -> list[Verdict]:
    """Judge conditions against a summary: its ``flows`` and ``run`` as in run.json."""
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


def _check(steps: tuple[Step, ...]) -> None:
    """The path exists in every summary, up to the names of flows."""
    first, rest = steps[0], steps[1:]
    if first.name == "run":
        _descend(RUN, (first, *rest), "run")
    elif first.name != "flows":
        raise InputError(
            f"unknown key {first.name!r}{nearest(first.name, ('flows', 'run'))}: {_FORM}, or run.jain_last20s >= 0.95"
        )
    elif first.index == "*":
        _descend(FLOW, (first, *rest), "flows[*]")
    elif first.index is not None:
        raise InputError(f"flows[{first.index}]: a flow goes by its name: flows.video, or flows[*] for all")
    elif not rest:
        raise InputError("flows names no figure: " + _FORM)
    elif rest[0].index is not None:
        raise InputError(f"{rest[0].name}[{rest[0].index}]: a flow is no list")
    else:
        _descend(FLOW, rest, f"flows.{rest[0].name}")


def _descend(schema: Mapping[str, Any], steps: tuple[Step, ...], where: str) -> None:
    here: Any = schema
    for step in steps[1:]:
        if not isinstance(here, Mapping):
            raise InputError(f"{where} is a single figure: nothing comes after it")
        if step.name not in here:
            raise InputError(
                f"unknown key {step.name!r} in {where}{nearest(step.name, here)}; it has {', '.join(here)}"
            )
        here, where = here[step.name], f"{where}.{step.name}"
        if isinstance(here, list):
            if step.index is None:
                raise InputError(
                    f"{where} is a list: write {step.name}[*] for all, [0] for the first, [-1] for the last"
                )
            here = here[0]
        elif step.index is not None:
            raise InputError(f"{where} is no list: leave [{step.index}] out")
    if here is not None:
        raise InputError(f"{where} is not a single figure: choose one of {', '.join(here)}")


def _find(here: Any, steps: tuple[Step, ...], where: str) -> Iterator[tuple[str, Any]]:
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


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def nearest(word: str, known: Sequence[str] | Mapping[str, Any], cutoff: float = 0.5) -> str:
    """`` (did you mean 'x'?)``, or nothing when no known word is near."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return f" (did you mean {close[0]!r}?)" if close else ""

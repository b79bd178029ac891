"""Checks that a scenario's expectations name existing figures, and whether a run meets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nenc_lab.analysis.metrics.shape import change_shape, flow_shape, run_shape
from nenc_lab.errors import InputError
from nenc_lab.scenario.expect import Expectation, compile, evaluate, nearest


def check(expectation: Expectation) -> None:
    """Raises InputError, which names the nearest figure, when the table of metrics has no such figure."""
    where, steps = expectation.figure
    here: object = run_shape() if where == "run" else {**flow_shape(), "changes": [change_shape()]}
    for step in steps:
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
            (here,) = here
        elif step.index is not None:
            raise InputError(f"{where} is no list: leave [{step.index}] out")
    if isinstance(here, Mapping):
        raise InputError(f"{where} is not a single figure: choose one of {', '.join(here)}")


def verdicts(expect: list[str], summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns one ``{"text", "passed", "observed": [[path, value], ...]}`` per condition, as in run.json."""
    return [
        {
            "text": verdict.text,
            "passed": verdict.passed,
            "observed": [list(pair) for pair in verdict.observed],
        }
        for verdict in evaluate([compile(text) for text in expect], summary)
    ]

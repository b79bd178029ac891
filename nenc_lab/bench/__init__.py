"""Benchmarks: one file per group of keys, each measured beside a reference in the same run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nenc_lab.errors import InputError

GROUPS = ("core", "quality", "sim", "net", "encode", "start")
"""Names of the groups. A group's file is imported only when it is measured."""


Say = Callable[[str], None]
"""Called with a message for every figure that is left out."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. Its ``key`` is a contract: scripts read it from ``bench --json``."""

    key: str
    value: float
    meaning: str


def measure(groups: Sequence[str], repeats: int, say: Say) -> list[Figure]:
    """The figures of these groups (of all, when none is named): medians over ``repeats`` alternating measurements.

    A figure whose reference is not on this machine is left out and reported to ``say``. Raises InputError for an
    unknown group.
    """
    unknown = [name for name in groups if name not in GROUPS]
    if unknown:
        raise InputError(f"no benchmark {', '.join(map(repr, unknown))}: there is {', '.join(GROUPS)}")
    figures: list[Figure] = []
    for name in groups or GROUPS:
        if name == "core":
            from nenc_lab.bench import core

            figures.extend(core.measure(repeats, say))
        elif name == "quality":
            from nenc_lab.bench import quality

            figures.extend(quality.measure(repeats, say))
        elif name == "sim":
            from nenc_lab.bench import sim

            figures.extend(sim.measure(repeats))
        elif name == "net":
            from nenc_lab.bench import net

            figures.extend(net.measure(repeats, say))
        elif name == "encode":
            from nenc_lab.bench import encode

            figures.extend(encode.measure(repeats, say))
        elif name == "start":
            from nenc_lab.bench import start

            figures.extend(start.measure(repeats))
    return figures

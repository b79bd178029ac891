"""The keys of a sweep file, as pydantic models; `nenc_lab.sweeps.load` reads files and reports faults."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from nenc_lab.scenario.types import Model, Title

MOST_STEPS = 10_000
MOST_POINTS = 1_000_000


class Range(Model):
    """The values of one key, from ``low`` to ``high``, both included."""

    low: object = Field(description="Lowest value, with its unit where the key has one.")
    high: object = Field(description="Highest value.")
    scale: Literal["linear", "log"] = Field(default="linear", description="How the values are spread.")
    steps: int | None = Field(default=None, ge=2, le=MOST_STEPS, description="How many values; for a grid only.")


class Sample(Model):
    """How the points of the space are chosen."""

    kind: Literal["grid", "random", "sobol"] = Field(
        default="grid", description="grid: every combination; random, sobol: ``points`` of them."
    )
    points: int | None = Field(default=None, ge=1, le=MOST_POINTS, description="How many points; not for a grid.")
    seed: int = Field(default=1, ge=0, lt=2**63, description="Seed of the choice of points.")


class Seeds(Model):
    """Seeds of the runs: ``low`` to ``high``, both included."""

    low: int = Field(default=1, ge=0, lt=2**63, description="First seed.")
    high: int = Field(ge=0, lt=2**63, description="Last seed.")


class SweepFile(Model):
    """A whole sweep file. `nenc_lab.sweeps.load` checks the fields of type Any value by value."""

    version: Literal[1] = Field(description="Version of the format: 1.")
    name: Title | None = Field(default=None, description="Name of the sweep; left out: the file's.")
    description: str = Field(default="", description="One or two sentences.", max_length=10_000)
    scenarios: tuple[str, ...] = Field(
        description="Scenario files beside this one, directories of them, or names of shipped ones.",
        min_length=1,
        max_length=1000,
    )
    set: dict[str, Any] = Field(default={}, description="Values for every run, by dotted key.")
    space: dict[str, Any] = Field(description="What is swept: dotted key to a list of values, or a range.")
    sample: Sample = Field(default=Sample(), description="Which points of the space are run.")
    seeds: object = Field(default=None, description="Seeds of the runs at each point; left out: the scenarios' own.")

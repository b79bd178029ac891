"""Refuses what the real network cannot do, before anything is started."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nenc_lab.errors import InputError
from nenc_lab.real.qdiscs.support import refusals
from nenc_lab.real.run.plan import RunPlan
from nenc_lab.real.sandbox.isolation import HIDDEN, is_hidden
from nenc_lab.scenario import schema
from nenc_lab.scenario.timeline import WAYS


def check(scenario: schema.Scenario) -> None:
    """Raises InputError, which names every part of the scenario that the real network cannot do."""
    plan = RunPlan(scenario)
    found = refusals(plan.links, [change for _, change in plan.timed_changes])
    if found:
        raise InputError("\n".join(f"path.{plan.hops[link]}: {text}" for link, text in found))


def refuse_hidden(scenario: schema.Scenario, out: Path) -> None:
    """Raises InputError for files and folders that a sandbox hides behind its own."""
    hidden = [f"{key}: {path}" for key, path in _named(scenario, out) if is_hidden(path)]
    if hidden:
        folders = ", ".join(HIDDEN)
        raise InputError(
            "\n".join(f"{text} is hidden from runs on netem; name a path outside {folders}" for text in hidden)
        )


def _named(scenario: schema.Scenario, out: Path) -> Iterator[tuple[str, str | Path]]:
    """Yields (key or option, path) of every file and folder that the run reads or writes."""
    yield "--out", out
    for direction in WAYS:
        for hop in getattr(scenario.path, direction).hops:
            if hop.trace is not None:
                yield f"path.{direction}.{hop.name}.trace.file", hop.trace.file
    for flow in scenario.flows:
        if isinstance(flow.encoder, schema.VideoEncoder) and flow.encoder.source.file is not None:
            yield f"flows.{flow.name}.encoder.source.file", flow.encoder.source.file
        if isinstance(flow.controller, schema.ExternalController):
            yield f"flows.{flow.name}.controller.library", flow.controller.library

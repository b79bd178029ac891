"""Converts a scenario's path to the form that networks take: the links at the start of the run, and their changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from nenc_lab.engine.timeline import PathStep
from nenc_lab.network.base import JitterSetting, LinkChange, LinkSetting, LossSetting, QueueSetting
from nenc_lab.scenario import schema
from nenc_lab.scenario.timeline import WAYS, Timeline
from nenc_lab.scenario.timeline.crossing import along


def links(timeline: Timeline) -> list[LinkSetting]:
    """Returns one setting per hop, forward hops first. Raises ScenarioError when a trace cannot be read."""
    found = []
    for way in WAYS:
        for hop, course in zip(along(timeline.scenario.path, way).hops, timeline.hops[way], strict=True):
            found.append(
                LinkSetting(
                    direction=way,
                    capacity=course.capacity.program,
                    queue_rate_bps=course.capacity.mean_bps,
                    **_settings(hop, LinkSetting),
                )
            )
    return found


def hop_names(scenario: schema.Scenario) -> list[str]:
    """Returns the names of the hops as tables have them (``forward.NAME``), in the order of `links`."""
    return [f"{way}.{hop.name}" for way in WAYS for hop in along(scenario.path, way).hops]


def path_steps(timeline: Timeline) -> list[PathStep]:
    """Returns every change of the path, in order of time."""
    first = {"forward": 0, "reverse": len(timeline.hops["forward"])}
    return [
        PathStep(
            step.at_ns,
            step.kind,
            step.text,
            LinkChange(link=first[step.direction] + step.hop, ramp=step.ramp, **_settings(step.change, LinkChange)),
        )
        for step in timeline.steps
    ]


def queue(model: schema.Queue) -> QueueSetting:
    return QueueSetting(model.holds.unit, model.holds.limit, model.kind, model.parameters)


def _loss(loss: schema.Loss) -> LossSetting:
    return LossSetting(loss.kind, loss.p, loss.r, loss.loss_bad, loss.loss_good)


def _jitter(jitter: schema.Jitter) -> JitterSetting:
    return JitterSetting(jitter.kind, jitter.std, jitter.max)


_FIELD = {"rate": "rate_bps", "delay": "delay_ns", "ecn": "ecn_ns"}
"""Maps keys of a hop to the fields of a link that have another name."""
_SETTING: dict[str, Callable[[Any], object]] = {"rate": float, "queue": queue, "loss": _loss, "jitter": _jitter}
"""Converters for values that a link takes in another type."""


def _settings(keys: schema.Hop | schema.HopChange, into: type[LinkSetting | LinkChange]) -> dict[str, Any]:
    """Returns the values of the keys that ``into`` has a field for; None stays None."""
    wanted = {field.name for field in fields(into)}
    found: dict[str, Any] = {}
    for key in type(keys).model_fields:
        if (name := _FIELD.get(key, key)) in wanted:
            value = getattr(keys, key)
            found[name] = _SETTING[key](value) if key in _SETTING and value is not None else value
    return found

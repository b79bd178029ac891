"""Converts a scenario's path to the form that networks take: the links at the start of the run, and their changes."""

from __future__ import annotations

from collections.abc import Callable
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
                    loss_at=hop.loss_at,
                    ecn_ns=hop.ecn,
                    capacity=course.capacity.program,
                    queue_rate_bps=course.capacity.mean_bps,
                    **_settings(hop),
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
            LinkChange(link=first[step.direction] + step.hop, ramp=step.ramp, **_settings(step.change)),
        )
        for step in timeline.steps
    ]


def queue(model: schema.Queue) -> QueueSetting:
    return QueueSetting(model.holds.unit, model.holds.limit, model.kind, model.parameters)


def _loss(loss: schema.Loss) -> LossSetting:
    return LossSetting(loss.kind, loss.p, loss.r, loss.loss_bad, loss.loss_good)


def _jitter(jitter: schema.Jitter) -> JitterSetting:
    return JitterSetting(jitter.kind, jitter.std, jitter.max)


_FIELD = {"rate": "rate_bps", "delay": "delay_ns"}
"""Maps keys of a hop to the fields of a link that have another name."""
_SETTING: dict[str, Callable[[Any], object]] = {"rate": float, "queue": queue, "loss": _loss, "jitter": _jitter}
"""Converters for values that a link takes in another type."""


def _settings(hop: schema.Hop | schema.HopChange) -> dict[str, Any]:
    """Returns the fields that a hop and a change of a hop have in common; None stays None."""
    found: dict[str, Any] = {}
    for key in schema.HopChange.model_fields:
        if key != "hop":
            value = getattr(hop, key)
            found[_FIELD.get(key, key)] = _SETTING[key](value) if key in _SETTING and value is not None else value
    return found

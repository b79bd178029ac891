"""Turns pydantic's errors into messages about the scenario file: place, key, value, and what would be valid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nenc_lab.errors import Problem
from nenc_lab.scenario import schema
from nenc_lab.scenario.document import Node
from nenc_lab.scenario.expect import nearest
from nenc_lab.scenario.keys import Spot, follow
from nenc_lab.units import shown

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

MOST_DETAILS = 200
"""Limit on the number of errors that are explained; nobody reads more."""

_WANTED: Mapping[str, str] = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "a group of keys",
    "model_type": "a group of keys",
    "model_attributes_type": "a group of keys",
}
_EXAMPLES: Mapping[str, str] = {
    "version": "version: 1",
    "name": "name: my-scenario",
    "duration": "duration: 60s",
    "path": "path: {forward: {rate: 50Mbps, delay: 20ms}, reverse: {delay: 20ms}}",
    "forward": "forward: {rate: 50Mbps, delay: 20ms}",
    "reverse": "reverse: {delay: 20ms}",
    "flows": "flows: [{name: video}]",
    "cross_traffic": "cross_traffic: [{name: burst, kind: cbr, rate: 10Mbps, start: 30s, stop: 35s}]",
    "timeline": "timeline: [{at: 20s, forward: {rate: 10Mbps}}]",
    "faults": "faults: [{at: 25s, flow: video, kind: gpu_failure, lasts: 5s}]",
    "expect": "expect: [flows.video.utilisation >= 0.85]",
    "hops": "hops: [{name: radio, rate: 50Mbps, delay: 20ms}]",
    "queue": "queue: {kind: droptail, size: 300ms}",
    "loss": "loss: 1%",
    "jitter": "jitter: {kind: ordered, std: 5ms, max: 15ms}",
    "trace": "trace: {file: lte.up, format: mahimahi}",
    "rate": "rate: {min: 5Mbps, max: 120Mbps, start: 5Mbps}",
    "encoder": "encoder: {kind: model, resolution: 2160p, fps: 60}",
    "controller": "controller: {kind: nenc}",
    "library": "library: ./mine.so",
    "gains": "gains: {kp: 0.5, ki: 0.1, kd: 0}",
    "feedback": "feedback: {interval: 50ms}",
    "pacer": "pacer: {factor: 1.5, burst: 5ms}",
    "ramp": "ramp: {over: 5s}",
    "scenarios": "scenarios: [step.yaml]",
    "space": "space: {flows.video.controller.gains.kp: {low: 0.1, high: 2, scale: log, steps: 6}}",
    "sample": "sample: {kind: random, points: 100}",
    "points": "points: 100",
    "at": "at: 20s",
    "over": "over: 5s",
}


def problems(
    error: ValidationError, tree: Node, model: type[schema.Model] = schema.Scenario, what: str = "a scenario"
) -> list[Problem]:
    """Returns every error that pydantic found, placed in ``tree``, in file order; messages call ``model`` ``what``."""
    found = [
        problem
        for details in error.errors(include_url=False)[:MOST_DETAILS]
        if (problem := _problem(details, tree, model, what)) is not None
    ]
    return sorted(dict.fromkeys(found), key=lambda problem: (problem.file, problem.line, problem.column))


def _problem(details: ErrorDetails, tree: Node, model: type[schema.Model], what: str) -> Problem | None:
    spot, unknown = follow(tree, details["loc"], model)
    kind, context = details["type"], details.get("ctx", {})
    if kind == "extra_forbidden" and unknown is not None:
        return _unknown_key(spot, unknown, what)
    if kind == "missing" and spot.node is None:
        return spot.place.problem(spot.dotted, _missing(spot))
    if spot.node is None or unknown is not None:
        return spot.place.problem(spot.dotted, f"{unknown or ''} {details['msg']}".strip())
    if kind == "too_short" and spot.node.value:
        return None  # pydantic counts only the valid items; invalid ones have errors of their own
    if kind == "union_tag_not_found":
        return spot.node.place.problem(spot.dotted, f"has no kind: write kind: {' or '.join(schema.kinds(spot.key))}")
    if kind == "union_tag_invalid":
        tag: Node = spot.node.value["kind"]
        return tag.place.problem(f"{spot.dotted}.kind", _not_one_of(tag, schema.kinds(spot.key)))
    return spot.node.place.problem(spot.dotted, _message(kind, context, details, spot, spot.node))


def _message(kind: str, context: Mapping[str, Any], details: ErrorDetails, spot: Spot, node: Node) -> str:
    if kind == "nenc":
        return str(context["text"])
    if kind == "literal_error":
        allowed = tuple(text.strip("'") for text in str(context["expected"]).replace(" or ", ", ").split(", "))
        return _not_one_of(node, allowed)
    if kind in _WANTED:
        example = f", such as {_EXAMPLES[spot.key]}" if spot.key in _EXAMPLES and (spot.models or spot.is_list) else ""
        return f"{node.shown()} is not {_WANTED[kind]}{example}"
    bounds = {
        "greater_than_equal": ("ge", "at least"),
        "greater_than": ("gt", "above"),
        "less_than_equal": ("le", "at most"),
        "less_than": ("lt", "below"),
    }
    if kind in bounds:
        name, word = bounds[kind]
        return f"{node.shown()} is out of range: it must be {word} {context[name]:g}"
    if kind in ("too_short", "string_too_short"):
        return f"is empty: give at least {context['min_length']}" + (
            f", such as {_EXAMPLES[spot.key]}" if spot.key in _EXAMPLES else ""
        )
    if kind in ("too_long", "string_too_long"):
        return f"is too long: give at most {context['max_length']}"
    if kind == "string_pattern_mismatch":
        return f"{node.shown()} is not of the form {context['pattern']}"
    if kind in ("invalid_key", "string_unicode"):
        return f"{node.shown()} is not text"
    return f"{node.shown()}: {details['msg'][0].lower()}{details['msg'][1:]}"


def _unknown_key(spot: Spot, key: str, what: str) -> Problem:
    known = spot.known()
    holder = spot.node
    place = holder.keys[key] if holder is not None and key in holder.keys else spot.place
    where = spot.dotted or what
    hint = "; YAML 1.2 has no merge keys: use extends, or write the keys out" if key == "<<" else ""
    near = nearest(key, known)
    return place.problem(
        f"{spot.dotted}.{key}".lstrip("."), f"unknown key {shown(key)}{near}{hint}; {where} has {', '.join(known)}"
    )


def _missing(spot: Spot) -> str:
    key = spot.dotted.rpartition(".")[2]
    example = (
        _EXAMPLES.get(key)
        if spot.models
        or spot.is_list
        or key in ("version", "name", "duration", "at", "over", "space", "points", "library")
        else None
    )
    return f"is missing: write {example}" if example else "is missing"


def _not_one_of(node: Node, allowed: tuple[str, ...]) -> str:
    value = node.value if isinstance(node.value, str) else node.text
    if value in allowed:
        return f"{node.shown()} is text here: write {value} without quotes"
    return f"{node.shown()} is not one of {', '.join(allowed)}{nearest(str(value), allowed)}"

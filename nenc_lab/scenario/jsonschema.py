"""The JSON Schema of scenario files, for completion and checks in editors.

Pydantic generates it from the models. This module adds what the loader accepts beyond them: short forms, a direction
without ``hops``, ``extends``, and gains from a file. Checks across keys (times past the end, names that do not exist)
are left to ``validate``.
"""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]

_PERCENT: Json = {"type": "string", "pattern": r"^((100(\.0*)?|\d{1,2}(\.\d*)?|\.\d+) ?%|none)$"}
_FRACTION: Json = {"type": "number", "minimum": 0, "maximum": 1}


def schema() -> Json:
    """Returns the schema as plain JSON values, draft 2020-12."""
    from nenc_lab.scenario.schema import Scenario

    # A round trip through text, so that no two keys share an object.
    made: Json = json.loads(json.dumps(Scenario.model_json_schema(mode="validation")))
    parts: Json = {**made["$defs"], "Scenario": made}
    _describe(parts)
    del parts["Scenario"]
    _short_forms(parts)
    _direction(parts)
    _not_required(parts)
    # For the null encoder: editors read `kind: null` as a null, the loader reads it as the word.
    parts["NullEncoder"]["properties"]["kind"] = {"title": "Kind", "enum": ["null", None]}
    _tidy(made)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nenc-lab scenario",
        **{key: value for key, value in made.items() if key not in ("title", "required", "$defs")},
        "description": "How a path changes over time, the flows that cross it, faults, and the expected results.",
        "properties": {**made["properties"], "extends": _extends()},
        # A file that extends another may leave out keys that the other one has.
        "if": {"not": {"required": ["extends"]}},
        "then": {"required": made["required"]},
        "$defs": parts,
    }


def _extends() -> Json:
    return {
        "type": "string",
        "minLength": 1,
        "description": "The scenario file that this one is merged over; its path is relative to this file.",
        "examples": ["base.yaml"],
    }


def _short_forms(parts: Json) -> None:
    for holder in ("Hop", "HopChange"):
        keys = parts[holder]["properties"]
        keys["loss"] = _or(keys["loss"], {**_PERCENT, "examples": ["1%", "none"]}, _FRACTION)
        keys["jitter"] = _or(keys["jitter"], {"const": "none"})
    for controller in ("LabController", "ExternalController"):
        keys = parts[controller]["properties"]
        keys["gains"] = _or(keys["gains"], {"type": "string", "minLength": 1, "examples": ["gains.yaml"]})
    keys = parts["VideoEncoder"]["properties"]
    keys["source"] = _or(keys["source"], {"type": "string", "minLength": 1, "examples": ["clip.y4m"]})


def _direction(parts: Json) -> None:
    """Allows either `hops`, or the keys of the only hop."""
    flat = {name: value for name, value in parts["Hop"]["properties"].items() if name != "name"}
    several = parts["Direction"]
    several["required"] = ["hops"]
    several["title"] = "Several hops"
    parts["Direction"] = {
        "description": several["description"],
        "anyOf": [
            {"title": "One hop", "type": "object", "properties": flat, "additionalProperties": False},
            several,
        ],
    }


def _describe(parts: Json) -> None:
    """Sets each key's description and default from its own field, with the default as a file would write it.

    Some versions of pydantic share them between keys of one type. Defaults that are groups would clutter completions.
    """
    from pydantic import PlainSerializer
    from pydantic_core import PydanticUndefined

    from nenc_lab.scenario.schema import all_models

    for model in all_models():
        keys = parts.get(model.__name__, {}).get("properties", {})
        for name, field in model.model_fields.items():
            if name not in keys:
                continue
            default = field.default
            for written in (part.func for part in field.metadata if isinstance(part, PlainSerializer)):
                default = default if default in (None, PydanticUndefined) else written(default)  # type: ignore[call-arg]
            for part in [keys[name], *keys[name].get("anyOf", ())]:
                part.pop("default", None)
                part.pop("description", None)
            if isinstance(default, str | int | float):
                keys[name]["default"] = default
            if field.description is not None:
                keys[name]["description"] = field.description


def _not_required(parts: Json) -> None:
    """Makes keys optional that the models require but the loader fills in."""
    for jitter in ("OrderedJitter", "ReorderJitter"):
        parts[jitter]["required"].remove("max")
    del parts["Path"]["required"]  # a file that extends another may change only one direction


def _or(given: Json, *forms: Json) -> Json:
    """Returns a schema for ``given`` or one of ``forms``; description and default stay at the outer level."""
    outside: Json = {key: given.pop(key) for key in ("description", "default", "title") if key in given}
    inner = given.pop("anyOf", None) or [given]
    return {"anyOf": [*forms, *inner], **outside}


def _tidy(value: object) -> None:
    """Removes what only pydantic and OpenAPI need, and nulls, because an unset key is left out of a file."""
    if isinstance(value, list):
        for item in value:
            _tidy(item)
    if not isinstance(value, dict):
        return
    value.pop("discriminator", None)
    if "default" in value and value["default"] is None:
        del value["default"]
    if "const" in value:
        value.pop("enum", None)
    if len(value.get("allOf", ())) == 1:
        value.update(value.pop("allOf")[0])
    if isinstance(value.get("anyOf"), list):
        value["anyOf"] = [form for form in value["anyOf"] if form != {"type": "null"}]
        if len(value["anyOf"]) == 1 and isinstance(value["anyOf"][0], dict):
            value.update(value.pop("anyOf")[0])
    for name, item in value.items():
        if name == "properties":
            for part in item.values():
                part.pop("title", None)
        _tidy(item)

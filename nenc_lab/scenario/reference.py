"""Writes the reference of all scenario keys as Markdown, from the JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import cast

Json = Mapping[str, object]

FORMS = {
    "ns|us": "time",
    "bps|kbps": "rate",
    "B|kB|MB": "size",
    "packets": "packets",
    "%": "ratio",
}
"""The kind of value that a schema pattern accepts, keyed by a substring that identifies the pattern."""


def markdown(schema: Json) -> str:
    """Returns one table of keys per group, in the order in which a reader of a scenario file meets the groups.

    ``schema`` is the value of `nenc_lab.scenario.jsonschema.schema`.
    """
    parts = cast(Mapping[str, Json], schema["$defs"])
    order = list(_reached(schema, parts))
    headings = {name: _heading(name, key, parts[name]) for key, name in order}
    needed = cast(Json, schema.get("then", {})).get("required", [])
    texts = [_group("The file", {**schema, "required": needed}, headings)]
    texts += [_group(headings[name], parts[name], headings) for _, name in order]
    return "\n".join(texts)


def _reached(schema: Json, parts: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Yields (key, name) of each group that the schema refers to, once and depth first; ``key`` leads to the group."""
    seen: set[str] = set()
    waiting = list(_references(schema.get("properties"), ""))
    while waiting:
        key, name = waiting.pop(0)
        if name not in seen:
            seen.add(name)
            yield key, name
            waiting[:0] = _references(parts[name], "")


def _heading(name: str, key: str, part: Json) -> str:
    """Returns a heading such as ``queue: codel`` for one of several kinds, or ``Rate range`` if there are no kinds."""
    kind = cast(Mapping[str, Json], part.get("properties", {})).get("kind")
    if kind is not None:
        words = [kind["const"]] if "const" in kind else cast(list[object], kind["enum"])
        return f"{key}: {', '.join(str(word) for word in words if word is not None)}"
    words_of = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return words_of[:1].upper() + words_of[1:].lower()


def _references(value: object, key: str) -> Iterator[tuple[str, str]]:
    """Yields the groups that a value refers to, each with the nearest key above the reference."""
    if isinstance(value, Mapping):
        if isinstance(found := value.get("$ref"), str):
            yield key, found.rpartition("/")[2]
        for word, item in value.items():
            inner = key if word in ("anyOf", "oneOf", "items", "properties", "prefixItems") else word
            yield from _references(item, inner)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item, key)


def _group(heading: str, part: Json, headings: Mapping[str, str]) -> str:
    lines = [f"### {heading}", "", str(part.get("description", "")), ""]
    for form in _forms(part):
        keys = cast(Mapping[str, Json], form.get("properties", {}))
        if form is not part:
            lines += [f"{form.get('title', '')}:", ""]
        required = cast(list[str], form.get("required", []))
        lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
        lines += [_row(key, value, key in required, headings) for key, value in keys.items()]
        lines.append("")
    return "\n".join(lines)


def _forms(part: Json) -> Iterator[Json]:
    """Yields the group itself, or each of the forms in which it may be written."""
    if "properties" in part:
        yield part
    for form in cast(list[Json], part.get("anyOf", [])):
        if "properties" in form:
            yield form


def _row(key: str, value: Json, required: bool, headings: Mapping[str, str]) -> str:
    default = value.get("default")
    written = "required" if required else "" if default in (None, "") else f"`{_yaml(default)}`"
    meaning = str(value.get("description", "")).replace("|", "\\|").replace("\n", " ")
    return f"| `{key}` | {_value(value, headings)} | {written} | {meaning} |"


def _value(value: Json, headings: Mapping[str, str]) -> str:
    """Describes in a few words what may be written for a key."""
    if "$ref" in value:
        heading = headings[str(value["$ref"]).rpartition("/")[2]]
        return f"[{heading}](#{_anchor(heading)})"
    for word in ("anyOf", "oneOf"):
        if word in value:
            found = dict.fromkeys(_value(form, headings) for form in cast(list[Json], value[word]))
            return " or ".join(found)
    if "const" in value:
        return f"`{_yaml(value['const'])}`"
    if "enum" in value:
        words = [word for word in cast(list[object], value["enum"]) if word is not None]
        return ", ".join(f"`{_yaml(word)}`" for word in words)
    if value.get("type") == "array":
        items = cast(Json, value.get("items", {}))
        return f"list of {_value(items, headings)}" if items else "list"
    if value.get("type") == "object":
        return "group"
    if isinstance(pattern := value.get("pattern"), str):
        return next((form for piece, form in FORMS.items() if piece in pattern), "text")
    return _number(value)


def _number(value: Json) -> str:
    names = {"integer": "whole number", "number": "number", "boolean": "`true`, `false`", "string": "text"}
    name = names.get(str(value.get("type")), "any value")
    low, high = _bare(value.get("minimum")), _bare(value.get("maximum"))
    if low is not None and high is not None:
        return f"{name}, {low} to {high}"
    if low is not None:
        return f"{name}, at least {low}"
    return name if high is None else f"{name}, at most {high}"


def _bare(limit: object) -> object:
    """Returns 0 for 0.0 and so on, because versions of pydantic write whole limits differently."""
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit


def _anchor(heading: str) -> str:
    """Returns the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _yaml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return "null" if value is None else str(value)

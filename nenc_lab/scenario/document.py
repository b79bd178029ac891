"""Parses YAML 1.2 text into a tree that remembers where every key and value was written.

Scalars follow the YAML 1.2 core schema: ``on``, ``off``, ``yes`` and dates are strings. Tags never construct objects.
All errors in the text itself are reported here: syntax, duplicate keys, tags, keys that are not strings, size limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nenc_lab.errors import Problem, ScenarioError
from nenc_lab.units import shown

if TYPE_CHECKING:
    from ruamel.yaml.error import StreamMark
    from ruamel.yaml.nodes import Node as YamlNode

LARGEST_FILE = 1_000_000
MOST_NODES = 100_000
"""Limit on the number of values, counted after aliases are expanded, so that an alias bomb is rejected."""
DEEPEST = 40

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,30}|0o[0-7]{1,30}|0x[0-9a-fA-F]{1,30}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(
    _TAG + name for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge", "map", "seq")
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written: ``line`` and ``column`` count from 1; line 0 means the whole source."""

    file: str
    line: int = 0
    column: int = 0
    folder: Path | None = None
    """The folder that relative file names refer to; None is the working directory."""

    def problem(self, key: str, message: str) -> Problem:
        """Returns a `Problem` at this place."""
        return Problem(self.file, self.line, self.column, key, message)


@dataclass(slots=True)
class Node:
    """A value and where it was written. ``value`` is a scalar, a list of nodes, or a dict of key -> node."""

    value: Any
    place: Place
    text: str = ""
    """The scalar exactly as it was written."""
    keys: dict[str, Place] = field(default_factory=dict)
    """For a mapping: where each key was written."""

    def shown(self) -> str:
        """Returns the value as messages quote it."""
        if isinstance(self.value, dict):
            return "a group of keys"
        if isinstance(self.value, list):
            return "a list"
        return shown(self.value) if isinstance(self.value, str) else shown(self.text)[1:-1]

    def plain(self) -> object:
        """Returns the value as plain Python data, without places; lists become tuples."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return tuple(node.plain() for node in self.value)
        return self.value

    def copy(self) -> Node:
        """Returns a deep copy that shares only the places."""
        value: Any = self.value
        if isinstance(value, dict):
            value = {key: node.copy() for key, node in value.items()}
        elif isinstance(value, list):
            value = [node.copy() for node in value]
        return replace(self, value=value, keys=dict(self.keys))

    def nodes(self, key: str = "") -> Iterator[tuple[str, Node]]:
        """Yields this node and all nodes below it, each with its dotted key."""
        yield key, self
        for name, node in children(self):
            yield from node.nodes(f"{key}.{name}" if key else name)


def children(node: Node) -> Iterator[tuple[str, Node]]:
    """Yields the members of a mapping or list; list items are keyed by ``name`` if they have one, else by index."""
    if isinstance(node.value, dict):
        yield from node.value.items()
    elif isinstance(node.value, list):
        for index, item in enumerate(node.value):
            yield item_name(item, index), item


def item_name(item: Node, index: int) -> str:
    """Returns the part of a dotted key that stands for a list item."""
    name = item.value.get("name") if isinstance(item.value, dict) else None
    return name.value if name is not None and isinstance(name.value, str) and name.value else str(index)


def read(file: Path, shown_as: str | None = None) -> Node:
    """Parses a file. Raises ScenarioError with every error in the text."""
    place = Place(shown_as or str(file), folder=file.parent)
    try:
        if file.is_dir():
            raise ScenarioError([place.problem("", "is a directory: give a scenario file in it")])
        with file.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise ScenarioError([place.problem("", "no such file")]) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ScenarioError([place.problem("", f"cannot be read: {reason}")]) from None
    if len(data) > LARGEST_FILE:
        raise ScenarioError([place.problem("", f"is larger than {LARGEST_FILE // 1_000_000} MB: not a scenario")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        at = replace(place, line=line, column=column)
        raise ScenarioError(
            [at.problem("", f"byte 0x{data[error.start]:02x} is not UTF-8 text: not a scenario")]
        ) from None
    return parse(text, place)


def parse(text: str, place: Place) -> Node:
    """Parses YAML text that came from ``place``. Raises ScenarioError with every error in the text."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except ReaderError as error:
        before = text[: error.position]
        at = replace(place, line=before.count("\n") + 1, column=len(before) - before.rfind("\n"))
        raise ScenarioError(
            [at.problem("", f"character U+{int(error.character):04X} is not allowed in YAML text")]
        ) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        raise ScenarioError([_at(place, mark).problem("", f"not valid YAML: {what}")]) from None
    except RecursionError:
        raise ScenarioError([place.problem("", f"is nested too deeply (more than {DEEPEST} levels)")]) from None
    except (YAMLError, ValueError, AttributeError, TypeError, KeyError, IndexError, AssertionError) as error:
        # On damaged input ruamel lets a few exceptions escape that are not YAMLErrors.
        raise ScenarioError(
            [place.problem("", f"not valid YAML: {str(error).splitlines()[0] if str(error) else type(error).__name__}")]
        ) from None
    if root is None:
        raise ScenarioError([place.problem("", "is empty: a scenario begins with version: 1")])
    reader = _Reader(place)
    node = reader.convert(root, "", 0)
    if reader.problems:
        raise ScenarioError(reader.problems)
    return node


def from_plain(value: Any, place: Place) -> Node:
    """Builds a tree from plain Python data, all at one place. Raises ScenarioError for values that YAML cannot hold."""
    problems: list[Problem] = []
    count = 0

    def convert(value: Any, key: str, depth: int) -> Node:
        nonlocal count
        count += 1
        if depth > DEEPEST or count > MOST_NODES:
            raise ScenarioError([place.problem(key[:200], f"nested too deeply, or more than {MOST_NODES} values")])
        if isinstance(value, Mapping):
            node = Node({}, place)
            for name, item in value.items():
                if not isinstance(name, str):
                    problems.append(place.problem(key, f"the key {name!r} is not a string"))
                    continue
                item = "null" if name == "kind" and item is None else item
                node.value[name] = convert(item, f"{key}.{name}" if key else name, depth + 1)
                node.keys[name] = place
            return node
        if isinstance(value, Sequence) and not isinstance(value, str | bytes):
            return Node([convert(item, f"{key}.{index}", depth + 1) for index, item in enumerate(value)], place)
        if value is not None and not isinstance(value, bool | int | float | str):
            problems.append(place.problem(key, f"a {type(value).__name__} is not a YAML value"))
            value = None
        return Node(value, place, shown(value))

    root = convert(value, "", 0)
    if problems:
        raise ScenarioError(problems)
    return root


class _Reader:
    """Turns ruamel's node graph into a tree and expands aliases, up to a limit."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.problems: list[Problem] = []
        self.count = 0

    def convert(self, node: YamlNode, key: str, depth: int) -> Node:
        place = _at(self.place, node.start_mark)
        self.count += 1
        if depth > DEEPEST:
            raise ScenarioError([place.problem(key[:200], f"nested too deeply (more than {DEEPEST} levels)")])
        if self.count > MOST_NODES:
            raise ScenarioError(
                [
                    place.problem(
                        key[:200], f"more than {MOST_NODES} values once aliases (*name) are expanded: not a scenario"
                    )
                ]
            )
        tag = str(node.tag)
        if tag not in _PLAIN_TAGS:
            self.problems.append(
                place.problem(key, f"the tag {tag.replace(_TAG, '!!')} is not allowed: write plain values")
            )
            return Node(None, place)
        if isinstance(node.value, str):
            return Node(_scalar(node, tag), place, node.value)
        if tag.endswith(":map"):
            return self._mapping(node, key, depth, place)
        items = []
        for index, item in enumerate(node.value):
            items.append(self.convert(item, f"{key}.{index}" if key else str(index), depth + 1))
        return Node(items, place)

    def _mapping(self, node: YamlNode, key: str, depth: int, place: Place) -> Node:
        result = Node({}, place)
        for key_node, value_node in node.value:
            at = _at(self.place, key_node.start_mark)
            name = key_node.value
            if not isinstance(name, str):
                self.problems.append(at.problem(key, "a key must be a word, not a group or a list"))
                continue
            dotted = f"{key}.{name}" if key else name
            if name in result.value:
                first = result.keys[name]
                self.problems.append(
                    at.problem(dotted, f"the key {shown(name)} is given twice (first on line {first.line})")
                )
                continue
            value = self.convert(value_node, dotted, depth + 1)
            if name == "kind" and value.value is None and value.text:
                value.value = value.text  # `kind: null` names the null encoder
            result.value[name] = value
            result.keys[name] = at
        return result


def _scalar(node: YamlNode, tag: str) -> Any:
    text: str = node.value
    # Quoted or block text, or a string to ruamel. What only YAML 1.1 reads as a number carries another tag and falls
    # through to the 1.2 rules below.
    if getattr(node, "style", None) is not None or tag == _TAG + "str":
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(
            text.replace(".inf", "inf")
            .replace(".Inf", "inf")
            .replace(".INF", "inf")
            .replace(".nan", "nan")
            .replace(".NaN", "nan")
            .replace(".NAN", "nan")
        )
    return text


def _at(place: Place, mark: StreamMark | None) -> Place:
    return place if mark is None else replace(place, line=mark.line + 1, column=mark.column + 1)

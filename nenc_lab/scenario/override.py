"""Applies ``--set a.b=value`` to a tree.

List items are addressed by name (``flows.video.rate.max``) or index (``timeline.0.at``, ``timeline[-1].at``).
"""

from __future__ import annotations

import re
from pathlib import Path

from nenc_lab.errors import Problem, ScenarioError
from nenc_lab.scenario import document
from nenc_lab.scenario.document import Node, Place, item_name
from nenc_lab.scenario.expect import nearest
from nenc_lab.scenario.keys import Spot, root
from nenc_lab.scenario.merge import choose_kind
from nenc_lab.units import shown


def apply(tree: Node, text: str) -> None:
    """Applies one override to ``tree``, in place. Raises ScenarioError with the override and the nearest known key."""
    place = Place(f"--set {text if len(text) <= 120 else text[:117] + '...'}", folder=Path.cwd())
    key, equals, written = text.partition("=")
    key = key.strip()
    parts = _parts(key)
    if not equals or not all(part.strip() for part in parts):
        raise _error(place, "", "is not of the form a.b=value, such as flows.video.rate.max=80Mbps")
    if not written.strip():
        raise _error(place, key, "has no value; use null to remove a key")
    try:
        value = document.parse(written, place)
    except ScenarioError as error:
        raise ScenarioError([Problem(place.file, 0, 0, key, problem.message) for problem in error.problems]) from None
    for _, node in value.nodes():
        node.place = place
        node.keys = dict.fromkeys(node.keys, place)
    _lay(tree, parts, value, place)


def lay(tree: Node, key: str, value: Node, place: Place) -> None:
    """Sets a dotted key of ``tree`` to a parsed value, in place; errors are reported at ``place``.

    Raises ScenarioError with the key and the nearest known one.
    """
    parts = _parts(key)
    if not all(part.strip() for part in parts):
        raise _error(place, key, "is not a dotted key, such as flows.video.rate.max")
    _lay(tree, parts, value, place)


def _parts(key: str) -> list[str]:
    return re.sub(r"\[(-?\d+)\]", r".\1", key).split(".")


def _lay(tree: Node, parts: list[str], value: Node, place: Place) -> None:
    spot = root(tree)
    for part in parts[:-1]:
        spot = _enter(spot, part, place)
    _put(spot, parts[-1], value, place)


def _enter(spot: Spot, part: str, place: Place) -> Spot:
    """Goes one key down, and creates the group there when the schema has it and the file left it out."""
    node = spot.node
    assert node is not None  # groups missing on the way were created
    below = _step(spot, part, place)
    if below.node is not None and below.node.value is not None:
        return below
    if below.is_list:
        raise _error(
            place, below.dotted, f"this list is empty: set the whole list, {below.dotted}=[{{name: ..., ...}}]"
        )
    if not below.models and not below.free:
        raise _error(place, below.dotted, "is a single value and has no keys")
    node.value[part] = Node({}, place)
    node.keys[part] = place
    return _step(spot, part, place)


def _put(spot: Spot, part: str, value: Node, place: Place) -> None:
    node = spot.node
    assert node is not None
    below = _step(spot, part, place)
    if part == "kind" and value.value is None:
        value.value = value.text  # the null encoder
    if isinstance(node.value, list):
        index = next(index for index, item in enumerate(node.value) if item is below.node)
        node.value[index] = value
    elif value.value is None:
        node.value.pop(part, None)
        node.keys.pop(part, None)
    else:
        if part == "kind":
            choose_kind(node, spot.key, value.value)
        node.value[part] = value
        node.keys[part] = place


def _step(spot: Spot, part: str, place: Place) -> Spot:
    node = spot.node
    assert node is not None
    where = spot.dotted or "a scenario"
    if isinstance(node.value, dict):
        below = spot.child(part)
        if below is None:
            known = spot.known()
            raise _error(
                place,
                f"{spot.dotted}.{part}".lstrip("."),
                f"unknown key {shown(part)}{nearest(part, known)}; {where} has {', '.join(known)}",
            )
        return below
    if isinstance(node.value, list):
        names = [item_name(item, index) for index, item in enumerate(node.value)]
        for index, name in enumerate(names):
            if part == name or part in (str(index), str(index - len(names))):
                return spot.item(index)
        raise _error(
            place,
            f"{spot.dotted}.{part}",
            f"no item {shown(part)} in {where}{nearest(part, names)}; it has {', '.join(names) or 'none'}",
        )
    if not spot.models:
        raise _error(place, f"{spot.dotted}.{part}", f"{where} is a single value and has no keys")
    raise _error(
        place,
        f"{spot.dotted}.{part}",
        f"{where} is {node.shown()}, written without keys: set the whole group, {spot.dotted}={{{part}: ...}}",
    )


def _error(place: Place, key: str, message: str) -> ScenarioError:
    return ScenarioError([place.problem(key, message)])

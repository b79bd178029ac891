"""Merges one tree over another, for ``extends`` and for a change of ``kind``.

Groups merge key by key, lists of named items merge by name, and all other lists and values are replaced. A null in the
upper tree removes the key from the lower one. Where the upper tree chooses another ``kind``, keys that only the old
kind has are removed.
"""

from __future__ import annotations

from nenc_lab.scenario.document import Node


def over(lower: Node, upper: Node, key: str = "") -> Node:
    """Returns ``upper`` merged over ``lower``; neither is changed. ``key`` is the last key that led here."""
    if isinstance(lower.value, dict) and isinstance(upper.value, dict):
        return _groups(lower, upper, key)
    if _named(lower) and _named(upper):
        return _lists(lower, upper, key)
    return upper.copy()


def choose_kind(node: Node, key: str, kind: object) -> None:
    """Removes, in place, the keys of a group that only its old kind has, when ``kind`` is another one."""
    from nenc_lab.scenario import schema

    model = schema.model_of(key, kind) if key in schema.TAGGED else None
    old = node.value["kind"].value if "kind" in node.value else schema.default_kind(key)
    if model is None or kind == old:
        return
    # Gains and knobs mean something different to each controller.
    shared = {"tick_rate"} if key == "controller" else set(model.model_fields)
    for name in [name for name in node.value if name not in shared and name != "kind"]:
        del node.value[name]
        del node.keys[name]


def _groups(lower: Node, upper: Node, key: str) -> Node:
    result = lower.copy()
    result.place = upper.place
    kind = upper.value.get("kind")
    if kind is not None:
        choose_kind(result, key, kind.value)
    if key in ("forward", "reverse") and ("hops" in upper.value) != ("hops" in lower.value):
        # A flat direction and one with hops cannot be merged: the upper one replaces the lower one.
        return upper.copy()
    for name, node in upper.value.items():
        if node.value is None and name in result.value:
            del result.value[name]
            del result.keys[name]
            continue
        below = result.value.get(name)
        result.value[name] = node.copy() if below is None else over(below, node, name)
        result.keys[name] = upper.keys[name]
    return result


def _lists(lower: Node, upper: Node, key: str) -> Node:
    result = lower.copy()
    result.place = upper.place
    index = {item.value["name"].value: position for position, item in enumerate(result.value)}
    for item in upper.value:
        position = index.get(item.value["name"].value)
        if position is None:
            result.value.append(item.copy())
        else:
            result.value[position] = over(result.value[position], item, key)
    return result


def _named(node: Node) -> bool:
    """Tells whether the node is a list of groups with unique names (the checks report a name given twice)."""
    if not isinstance(node.value, list) or not node.value:
        return False
    names = [item.value["name"].value for item in node.value if isinstance(item.value, dict) and "name" in item.value]
    return (
        len(names) == len(node.value) and all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
    )

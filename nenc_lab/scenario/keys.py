"""Finds which keys a group may have, by walking the schema and a tree side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from nenc_lab.scenario import schema
from nenc_lab.scenario.document import Node, Place, item_name


@dataclass(frozen=True, slots=True)
class Spot:
    """A position in the schema and the tree's node there; ``node`` is None when the tree has nothing there."""

    node: Node | None
    dotted: str
    """The dotted key, as a user writes it."""
    key: str
    """The last part of the dotted key; for a list item, the list's key."""
    models: tuple[type[schema.Model], ...]
    """The models that a group (or a list item) here may have; empty for a plain value."""
    is_list: bool
    free: bool
    """Any key is allowed here (``knobs``)."""
    place: Place
    """Where the key was written, or else where the group that would hold it was written."""

    def known(self) -> Mapping[str, Any]:
        """Returns the keys that a group here may have, with their annotations."""
        if self.is_list or not self.models:
            return {}
        if self.models == (schema.Direction,):
            return self._direction()
        model: type[schema.Model] | None = self.models[0]
        if len(self.models) > 1:
            kind = self.node.value.get("kind") if self.node is not None and isinstance(self.node.value, dict) else None
            model = schema.model_of(self.key, kind.value if kind is not None else None)
        chosen = self.models if model is None else (model,)
        return {name: field.annotation for each in chosen for name, field in each.model_fields.items()}

    def _direction(self) -> Mapping[str, Any]:
        hops = {"hops": schema.Direction.model_fields["hops"].annotation}
        if self.node is not None and isinstance(self.node.value, dict) and "hops" in self.node.value:
            return hops
        flat = {name: field.annotation for name, field in schema.Hop.model_fields.items() if name != "name"}
        return {**flat, **hops}

    def child(self, name: str) -> Spot | None:
        """Returns the spot of a key of this group; None when the schema does not have the key."""
        dotted = f"{self.dotted}.{name}" if self.dotted else name
        known = self.known()
        if name not in known and not self.free:
            return None
        below = self.node.value.get(name) if self.node is not None and isinstance(self.node.value, dict) else None
        place = self.node.keys[name] if below is not None and self.node is not None else self.place
        if self.free:
            return Spot(below, dotted, name, (), False, False, place)
        models, is_list, free = _look(known[name])
        return Spot(below, dotted, name, models, is_list, free, place)

    def item(self, index: int) -> Spot:
        """Returns the spot of one item of this list."""
        items = self.node.value if self.node is not None and isinstance(self.node.value, list) else []
        node = items[index] if 0 <= index < len(items) else None
        name = item_name(node, index) if node is not None else str(index)
        return Spot(
            node, f"{self.dotted}.{name}", self.key, self.models, False, False, node.place if node else self.place
        )


def root(tree: Node, model: type[schema.Model] = schema.Scenario) -> Spot:
    """Returns the spot of a whole scenario, or of another file with the keys of ``model``."""
    return Spot(tree, "", "", (model,), False, False, tree.place)


def follow(
    tree: Node, steps: Sequence[str | int], model: type[schema.Model] = schema.Scenario
) -> tuple[Spot, str | None]:
    """Follows a path of names and indices as pydantic reports it; skips union tags and the hops of a flat direction.

    Returns the last spot that the schema knows, and the first key after it that the schema does not know, or None.
    """
    spot = root(tree, model)
    tagged = False
    remaining = list(steps)
    while remaining:
        step = remaining.pop(0)
        if tagged and isinstance(step, str):
            tagged = False
            continue
        if isinstance(step, int):
            spot = spot.item(step)
        elif spot.models == (schema.Direction,) and step == "hops" and not _has(spot.node, "hops"):
            remaining = remaining[1:]  # the index of the only hop
            if spot.node is not None and isinstance(spot.node.value, dict):
                continue
        else:
            below = spot.child(step)
            if below is None:
                return spot, step
            spot = below
        tagged = len(spot.models) > 1 and not spot.is_list
    return spot, None


def _has(node: Node | None, key: str) -> bool:
    return node is not None and isinstance(node.value, dict) and key in node.value


def _look(annotation: object) -> tuple[tuple[type[schema.Model], ...], bool, bool]:
    """Returns the models in an annotation, whether they are list items, and whether it is a mapping with free keys."""
    models = tuple(dict.fromkeys(_models(annotation)))
    parts = list(_parts(annotation))
    return models, any(get_origin(part) is tuple for part in parts), any(get_origin(part) is dict for part in parts)


def _parts(annotation: object) -> Iterator[object]:
    yield annotation
    if get_origin(annotation) is Annotated:
        yield from _parts(get_args(annotation)[0])
    else:
        for part in get_args(annotation):
            yield from _parts(part)


def _models(annotation: object) -> Iterator[type[schema.Model]]:
    for part in _parts(annotation):
        if isinstance(part, type) and issubclass(part, schema.Model):
            yield part

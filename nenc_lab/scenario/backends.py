"""Rejects features that a network lacks: some queues and TCP need a real kernel."""

from __future__ import annotations

from collections.abc import Iterator

from nenc_lab.ctables import kinds
from nenc_lab.errors import Problem, ScenarioError
from nenc_lab.scenario.document import Node, Place
from nenc_lab.scenario.keys import follow
from nenc_lab.scenario.schema import Scenario

VIRTUAL_QUEUES = tuple(kind.name for kind in kinds.queues())
VIRTUAL_CROSS_TRAFFIC = ("cbr", "onoff")

_Location = tuple[str | int, ...]


def refusals(scenario: Scenario, backend: str, tree: Node | None = None) -> list[Problem]:
    """Returns a problem, placed in ``tree``, for every feature of the scenario that the network ``backend`` lacks."""
    if backend != "virtual":
        return []
    found = []
    for location, message in _not_virtual(scenario):
        spot, _ = follow(tree if tree is not None else _written_out(scenario), location)
        place = spot.node.place if spot.node is not None else spot.place
        found.append(place.problem(spot.dotted, message))
    return found


def refuse(scenario: Scenario, backend: str) -> None:
    """Raises ScenarioError when the network ``backend`` lacks a feature of the scenario."""
    found = refusals(scenario, backend)
    if found:
        raise ScenarioError(found)


def _not_virtual(scenario: Scenario) -> Iterator[tuple[_Location, str]]:
    for way, direction in (("forward", scenario.path.forward), ("reverse", scenario.path.reverse)):
        for index, hop in enumerate(direction.hops):
            if hop.queue.kind not in VIRTUAL_QUEUES:
                yield (
                    ("path", way, "hops", index, "queue", hop.queue.kind, "kind"),
                    _message(hop.queue.kind, VIRTUAL_QUEUES),
                )
    for index, cross in enumerate(scenario.cross_traffic):
        if cross.kind not in VIRTUAL_CROSS_TRAFFIC:
            yield ("cross_traffic", index, cross.kind, "kind"), _message(cross.kind, VIRTUAL_CROSS_TRAFFIC)


def _message(kind: str, available: tuple[str, ...]) -> str:
    alternatives = " or ".join(available)
    return f"the virtual network has no {kind!r}: add --backend netem, which has it, or write {alternatives}"


def _written_out(scenario: Scenario) -> Node:
    from nenc_lab.scenario import document

    return document.from_plain(scenario.model_dump(mode="json", exclude_none=True), Place(scenario.name))

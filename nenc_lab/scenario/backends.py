"""What one network cannot do and the other can: queue managements and TCP need a kernel."""

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
    """Every word of the scenario that the network ``backend`` does not have, placed in the ``tree`` it is made of."""
    if backend != "virtual":
        return []
    found = []
    for location, message in _not_virtual(scenario):
        spot, _ = follow(tree if tree is not None else _written_out(scenario), location)
        place = spot.node.place if spot.node is not None else spot.place
        found.append(place.problem(spot.dotted, message))
    return found


def refuse(scenario: Scenario, backend: str) -> None:
    """Raises ScenarioError when there is one."""
    found = refusals(scenario, backend)
    if found:
        raise ScenarioError(found)


def _not_virtual(scenario: Scenario) -> Iterator[tuple[_Location, str]]:
    for way, direction in (("forward", scenario.path.forward), ("reverse", scenario.path.reverse)):
        for index, hop in enumerate(direction.hops):
            if hop.queue.kind not in VIRTUAL_QUEUES:
                yield (
                    ("path", way, "hops", index, "queue", hop.queue.kind, "kind"),
                    _said(hop.queue.kind, VIRTUAL_QUEUES),
                )
    for index, cross in enumerate(scenario.cross_traffic):
        if cross.kind not in VIRTUAL_CROSS_TRAFFIC:
            yield ("cross_traffic", index, cross.kind, "kind"), _said(cross.kind, VIRTUAL_CROSS_TRAFFIC)


def _said(kind: str, there: tuple[str, ...]) -> str:
    return f"{kind!r} is not in the virtual network: add --backend netem, which has it, or write {' or '.join(there)}"


def _written_out(scenario: Scenario) -> Node:
    from nenc_lab.scenario import document

    return document.from_plain(scenario.model_dump(mode="json", exclude_none=True), Place(scenario.name))

"""Plans the namespaces as pure data, from which the kernel's are built and the commands are printed.

  src -- [loss] -- bottleneck -- netem -- [more hops] -- dst      and back the same way, through hops of its own

Each direction is a chain of routers that forward packets one way only, so no qdisc ever sees both directions, and no
ingress qdiscs are needed. A hop acts where its router sends: one device, one qdisc. Where packets can go on in several
ways (to a next hop, or to hosts that leave here), a junction without a qdisc separates them. Nothing resolves
addresses: routes lead to a gateway whose neighbour entry is permanent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from nenc_lab.network.base import CrossSetting, FlowSetting, LinkChange, LinkSetting
from nenc_lab.real.qdiscs.link_state import LinkState, first_state

Direction = Literal["forward", "reverse"]
Stage = Literal["entry", "bottleneck", "exit"]

GATEWAY = "169.254.1.1"
"""The gateway of every wire in both directions: only its neighbour entry matters."""
_OTHER: dict[Direction, Direction] = {"forward": "reverse", "reverse": "forward"}


@dataclass(frozen=True, slots=True)
class Wire:
    """A veth pair that carries packets from ``source`` to ``target``."""

    source: str
    source_device: str
    source_mac: str
    target: str
    target_device: str
    target_mac: str


@dataclass(frozen=True, slots=True)
class Route:
    """A route of ``node`` to ``destination`` (an address, or "default") over ``device``."""

    node: str
    destination: str
    device: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class HostPlan:
    """A host that runs programs.

    Its packets enter ``direction`` at hop ``entry``. Those it receives left the other direction at hop ``exit``.
    """

    name: str
    address: str
    direction: Direction
    entry: int
    exit: int


@dataclass(frozen=True, slots=True)
class StagePlan:
    """The device that carries a qdisc of link ``link``, and the qdisc's role there."""

    link: int
    stage: Stage
    node: str
    device: str


@dataclass(slots=True)
class Layout:
    """The result of `plan`: hosts and routers by name, and ``stages`` in the order in which packets meet them."""

    links: tuple[LinkSetting, ...]
    states: tuple[LinkState, ...]
    hosts: list[HostPlan] = field(default_factory=list)
    routers: list[str] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    stages: list[StagePlan] = field(default_factory=list)
    flows: list[tuple[str, str]] = field(default_factory=list)
    """Names of each flow's sending and receiving hosts."""
    crosses: list[tuple[str, str]] = field(default_factory=list)

    @property
    def nodes(self) -> list[str]:
        """Names of all namespaces."""
        return [*(host.name for host in self.hosts), *self.routers]

    def host(self, name: str) -> HostPlan:
        """Returns the host of that name."""
        return next(host for host in self.hosts if host.name == name)


def plan(
    links: Sequence[LinkSetting],
    flows: Sequence[FlowSetting],
    crosses: Sequence[CrossSetting] = (),
    changes: Sequence[LinkChange] = (),
) -> Layout:
    """Plans the namespaces for a path.

    ``changes`` are all changes that will come, because their stages must exist from the start.
    """
    of = [[change for change in changes if change.link == number] for number in range(len(links))]
    states = tuple(first_state(link, mine) for link, mine in zip(links, of, strict=True))
    return _Planner(Layout(tuple(links), states), of).run(flows, crosses)


class _Planner:
    def __init__(self, layout: Layout, changes: list[list[LinkChange]]) -> None:
        self.layout = layout
        self.changes = changes
        self.chains: dict[Direction, list[int]] = {
            direction: [i for i, link in enumerate(layout.links) if link.direction == direction]
            for direction in ("forward", "reverse")
        }

    def run(self, flows: Sequence[FlowSetting], crosses: Sequence[CrossSetting]) -> Layout:
        for flow in flows:
            self.layout.flows.append(self._pair("forward", flow.first, flow.last))
        for cross in crosses:
            self.layout.crosses.append(self._pair(cross.direction, cross.first, cross.last))
        for direction in self.chains:
            self._chain(direction)
        return self.layout

    def _last(self, direction: Direction) -> int:
        return len(self.chains[direction]) - 1

    def _pair(self, direction: Direction, first: int, last: int) -> tuple[str, str]:
        back = _OTHER[direction]
        # What comes back (feedback, acknowledgements) crosses the whole of the other direction.
        return self._host(direction, first, self._last(back)), self._host(back, 0, last)

    def _host(self, direction: Direction, entry: int, leave: int) -> str:
        side = "src" if direction == "forward" else "dst"
        at = entry if direction == "forward" else leave
        usual = leave == self._last("reverse") if direction == "forward" else entry == 0
        name = f"{side}{at}" if usual else f"{side}{entry}-{leave}"
        hosts = self.layout.hosts
        if all(host.name != name for host in hosts):
            hosts.append(HostPlan(name, f"10.99.0.{len(hosts) + 1}", direction, entry, leave))
        return name

    # ---- one direction

    def _chain(self, direction: Direction) -> None:
        chain = self.chains[direction]
        stages = [self._stages(direction, hop) for hop in range(len(chain))]
        for hop, nodes in enumerate(stages):
            first = nodes[0]
            for host in self.layout.hosts:
                if host.direction == direction and host.entry == hop:
                    self._wire(host.name, "out", first, f"in-{host.name}")
                    self._route(host.name, "default", "out", host.address)
            for before, after in pairwise(nodes):
                self._wire(before, "out", after, "in")
                self._route(before, "default", "out")
            onward = stages[hop + 1][0] if hop + 1 < len(chain) else None
            leaving = [host for host in self.layout.hosts if host.direction != direction and host.exit == hop]
            self._onward(f"{direction[0]}{hop}", nodes[-1], onward, leaving)

    def _stages(self, direction: Direction, hop: int) -> list[str]:
        number = self.chains[direction][hop]
        link, state = self.layout.links[number], self.layout.states[number]
        losses = [state.loss, *(change.loss for change in self.changes[number] if change.loss is not None)]
        wanted: list[tuple[Stage, str, bool]] = [
            ("entry", "loss", state.loss_at_entry and any(loss.kind != "none" for loss in losses)),
            ("bottleneck", "rate", is_bottleneck(link, self.changes[number])),
            ("exit", "netem", True),
        ]
        nodes = []
        for stage, word, there in wanted:
            if there:
                node = f"{direction[0]}{hop}-{word}"
                self.layout.routers.append(node)
                self.layout.stages.append(StagePlan(number, stage, node, "out"))
                nodes.append(node)
        return nodes

    def _onward(self, name: str, node: str, onward: str | None, leaving: list[HostPlan]) -> None:
        """Connects the last stage of a hop to the next hop and to the hosts that leave here."""
        if len(leaving) + (onward is not None) == 1:
            target = onward or leaving[0].name
            self._wire(node, "out", target, "in")
        else:
            junction = f"{name}-part"
            self.layout.routers.append(junction)
            self._wire(node, "out", junction, "in")
            for host in leaving:
                self._wire(junction, f"to-{host.name}", host.name, "in")
                self._route(junction, host.address, f"to-{host.name}")
            if onward is not None:
                self._wire(junction, "out", onward, "in")
                self._route(junction, "default", "out")
        self._route(node, "default", "out")

    def _wire(self, source: str, source_device: str, target: str, target_device: str) -> None:
        number = len(self.layout.wires)
        macs = [f"02:6e:{side:02x}:00:{number >> 8:02x}:{number & 255:02x}" for side in (1, 2)]
        self.layout.wires.append(Wire(source, source_device, macs[0], target, target_device, macs[1]))

    def _route(self, node: str, destination: str, device: str, source: str | None = None) -> None:
        self.layout.routes.append(Route(node, destination, device, source))


def is_bottleneck(link: LinkSetting, changes: Sequence[LinkChange]) -> bool:
    """Returns whether the link ever has a rate."""
    return link.rate_bps is not None or link.capacity is not None or any(c.rate_bps is not None for c in changes)

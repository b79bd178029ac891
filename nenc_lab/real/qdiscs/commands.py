"""Prints the same network and its changes as `ip`, `tc` and `ethtool` commands, for reading or for pasting as root.

Jitter tables are files in the folder that $TC_LIB_DIR names.
"""

from __future__ import annotations

from collections.abc import Sequence

from nenc_lab.real.qdiscs.build import MTU, SYSCTLS
from nenc_lab.real.qdiscs.layout import GATEWAY, Layout, StagePlan
from nenc_lab.real.qdiscs.link_state import LinkState
from nenc_lab.real.qdiscs.qdiscs import HfscClass, Netem, Options
from nenc_lab.real.qdiscs.schedule import Step
from nenc_lab.real.qdiscs.stages import place_words, stage_options
from nenc_lab.real.qdiscs.tc_words import words

PREFIX = "nenc-"
"""Prefix of the namespaces' names."""
FEATURES = "tso off gso off gro off tx-udp-segmentation off tx-gso-list off tx-sctp-segmentation off"


def commands(layout: Layout) -> list[str]:
    """Returns the lines that make namespaces, wires, routes and qdiscs, in the order in which they are made."""
    lines = []
    for node in layout.nodes:
        lines += [f"ip netns add {PREFIX}{node}", *_sysctls(node), f"ip -n {PREFIX}{node} link set lo up"]
    for wire in layout.wires:
        near = f"{wire.source_device} netns {PREFIX}{wire.source} address {wire.source_mac} mtu {MTU}"
        far = f"{wire.target_device} netns {PREFIX}{wire.target} address {wire.target_mac} mtu {MTU}"
        lines.append(f"ip link add {near} type veth peer {far}")
        for node, device in ((wire.source, wire.source_device), (wire.target, wire.target_device)):
            lines.append(f"ip netns exec {PREFIX}{node} ethtool -K {device} {FEATURES}")
            lines.append(f"ip -n {PREFIX}{node} link set {device} up")
    lines += [f"ip -n {PREFIX}{host.name} addr add {host.address}/32 dev out" for host in layout.hosts]
    for wire in layout.wires:
        way = f"{GATEWAY} lladdr {wire.target_mac} nud permanent dev {wire.source_device}"
        lines.append(f"ip -n {PREFIX}{wire.source} neigh add {way}")
    for route in layout.routes:
        source = "" if route.source is None else f" src {route.source}"
        way = f"{route.destination} via {GATEWAY} dev {route.device} onlink{source}"
        lines.append(f"ip -n {PREFIX}{route.node} route add {way}")
    for stage in layout.stages:
        for parent, handle, options in stage_options(layout.states[stage.link], stage):
            lines += _qdisc("add", stage, parent, handle, options)
    return lines


def removal(layout: Layout) -> list[str]:
    """Returns the lines that remove everything again."""
    return [f"ip netns del {PREFIX}{node}" for node in layout.nodes]


def change_commands(layout: Layout, steps: Sequence[Step]) -> list[tuple[int, str]]:
    """Returns (time in ns, line) for each change of `schedule.flatten`."""
    states: list[LinkState] = list(layout.states)
    lines: list[tuple[int, str]] = []
    for step in steps:
        number = step.change.link
        after = states[number].after(step.change, step.hold_ns)
        for stage in layout.stages:
            if stage.link == number:
                lines += [(step.t_ns, line) for line in _changed(stage, states[number], after)]
        states[number] = after
    return lines


def _changed(stage: StagePlan, before: LinkState, after: LinkState) -> list[str]:
    lines = []
    old = stage_options(before, stage)
    for (_, _, had), (parent, handle, options) in zip(old, stage_options(after, stage), strict=True):
        if had != options:
            lines += _qdisc("change", stage, parent, handle, options)
    return lines


def _qdisc(verb: str, stage: StagePlan, parent: int, handle: int, options: Options) -> list[str]:
    lines, name = [], ""
    if isinstance(options, Netem) and options.table:
        name = f"nenc-{options.jitter_ns}-{sum(options.table)}"
        entries = " ".join(map(str, options.table))
        lines.append(f'echo "{entries}" > "$TC_LIB_DIR/{name}.dist"')
    what = "class" if isinstance(options, HfscClass) else "qdisc"
    place = f"tc -n {PREFIX}{stage.node} {what} {verb} dev {stage.device} {place_words(parent, handle)}"
    return [*lines, f"{place} {words(options, name, new=verb == 'add')}"]


def _sysctls(node: str) -> list[str]:
    # A kernel without IPv6 lacks some of these files.
    inner = "; ".join(f"test ! -e {name} || echo {value} > {name}" for name, value in SYSCTLS.items())
    return [f"ip netns exec {PREFIX}{node} sh -c 'cd /proc/sys && {{ {inner}; }}'"]

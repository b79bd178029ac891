"""Builds a layout's namespaces with pyroute2: veth pairs, addresses, routes, neighbours, no offloads; reads it back.

pyroute2's plain API cannot run inside a running event loop, such as a notebook's, so this code needs a process of its
own, which a sandbox's call has. Each socket is opened inside the namespace that it is for, because pyroute2's own way
to do that forks a child per socket.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nenc_lab.errors import MachineError
from nenc_lab.real.qdiscs.layout import GATEWAY, Layout, Wire
from nenc_lab.real.qdiscs.namespaces import inside

MTU = 1500
SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    "net/ipv6/conf/all/disable_ipv6": "1",
    "net/ipv6/conf/default/disable_ipv6": "1",
}
"""Settings of every namespace, made before it has devices. A kernel without IPv6 lacks the last two."""
_PERMANENT = 0x80
_ONLINK = 4
_UNIVERSE, _LINK = 0, 253


def build(layout: Layout, namespaces: Mapping[str, int]) -> None:
    """Builds everything except the qdiscs. ``namespaces`` has a descriptor per node.

    Raises MachineError when the kernel refuses a step, or has something else than was asked for.
    """
    from pyroute2 import IPRoute

    for fd in namespaces.values():
        with inside(fd):
            _set_sysctls()
    with _told("veth"), IPRoute() as ip:
        for wire in layout.wires:
            _add_wire(ip, wire, namespaces)
    for node, fd in namespaces.items():
        with inside(fd), _told(node), IPRoute() as ip:
            _set_up(ip, layout, node)


@contextmanager
def _told(what: str) -> Iterator[None]:
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        yield
    except (NetlinkError, OSError) as error:
        raise MachineError(
            f"building the network, {what}: {error}; this needs CAP_NET_ADMIN and a kernel with veth (modprobe veth)"
        ) from error


def _set_sysctls() -> None:
    for name, value in SYSCTLS.items():
        path = Path("/proc/sys", name)
        if path.exists():
            path.write_text(value)
            got = path.read_text().strip()
            if got != value:
                raise MachineError(f"{path}: wanted {value}, got {got}")


def _add_wire(ip: Any, wire: Wire, namespaces: Mapping[str, int]) -> None:
    near: dict[str, Any] = {"ifname": wire.source_device, "address": wire.source_mac, "mtu": MTU}
    far = {"ifname": wire.target_device, "address": wire.target_mac, "mtu": MTU}
    ip.link(
        "add",
        kind="veth",
        net_ns_fd=namespaces[wire.source],
        peer={**far, "net_ns_fd": namespaces[wire.target]},
        **near,
    )


def _set_up(ip: Any, layout: Layout, node: str) -> None:
    indices = {link.get("ifname"): link["index"] for link in ip.get_links()}
    ip.link("set", index=indices["lo"], state="up")
    ends = [(wire.source_device, wire.source_mac) for wire in layout.wires if wire.source == node]
    ends += [(wire.target_device, wire.target_mac) for wire in layout.wires if wire.target == node]
    offloads_off([device for device, _ in ends])
    for device, _ in ends:
        ip.link("set", index=indices[device], state="up")
    for host in layout.hosts:
        if host.name == node:
            ip.addr("add", index=indices["out"], address=host.address, prefixlen=32)
    for wire in layout.wires:
        if wire.source == node:
            index = indices[wire.source_device]
            ip.neigh("add", dst=GATEWAY, lladdr=wire.target_mac, ifindex=index, state=_PERMANENT)
    for route in layout.routes:
        if route.node == node:
            way: dict[str, Any] = {"gateway": GATEWAY, "oif": indices[route.device], "flags": _ONLINK}
            if route.source is not None:
                way["prefsrc"] = route.source
            ip.route("add", dst=route.destination, scope=_UNIVERSE, **way)
    _compare(ip, layout, node, ends)


def offloads_off(devices: list[str]) -> None:
    """Turns off all offloads that merge or split packets, so that one packet of a program is one of the network.

    Raises MachineError when one stays on.
    """
    from pyroute2.ethtool.ioctl import IoctlEthtool

    tool = IoctlEthtool()
    try:
        for device in devices:
            tool.change_ifname(device)
            features = tool.get_features()
            merging = [name for name in features.keys() if _merges(name)]  # noqa: SIM118 it iterates over tuples
            for name in merging:
                if features.is_available(name):
                    features[name] = False
            tool.set_features(features)
            features = tool.get_features()
            left = [name for name in merging if features.is_active(name) and not features.is_never_changed(name)]
            if left:
                raise MachineError(f"{device}: these offloads cannot be turned off: {', '.join(left)}")
    finally:
        tool.close()


def _merges(feature: str) -> bool:
    return "segmentation" in feature or "gro" in feature.split("-") or "lro" in feature.split("-")


def _compare(ip: Any, layout: Layout, node: str, ends: list[tuple[str, str]]) -> None:
    links = {link.get("ifname"): link for link in ip.get_links()}
    wrong = []
    for device, mac in ends:
        link = links[device]
        for field, wanted, got in (
            ("mtu", MTU, link.get("mtu")),
            ("address", mac, link.get("address")),
            ("state", "up", link.get("state")),
        ):
            if wanted != got:
                wrong.append(f"{device} {field}: wanted {wanted}, got {got}")
    names = {link["index"]: name for name, link in links.items()}
    has = {
        (f"{route.get('dst')}" if route["dst_len"] else "default", names.get(route.get("oif")), route.get("gateway"))
        for route in ip.get_routes(family=2, table=254)
    }
    wanted_routes = {(route.destination, route.device, GATEWAY) for route in layout.routes if route.node == node}
    if has != wanted_routes:
        wrong.append(f"routes: wanted {sorted(wanted_routes)}, got {sorted(map(str, has))}")
    neighbours = {
        (names.get(n["ifindex"]), n.get("dst"), n.get("lladdr"))
        for n in ip.get_neighbours(family=2)
        if n["state"] & _PERMANENT
    }
    wanted_neighbours = {(w.source_device, GATEWAY, w.target_mac) for w in layout.wires if w.source == node}
    if neighbours != wanted_neighbours:
        wrong.append(f"neighbours: wanted {sorted(wanted_neighbours)}, got {sorted(map(str, neighbours))}")
    if wrong:
        raise MachineError(f"{node}: the kernel's network differs from what was asked for: {'; '.join(wrong)}")

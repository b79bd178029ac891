"""The plan: every packet's way, walked along its routes."""

from __future__ import annotations

from itertools import product

import pytest

from nenc_lab.network.base import CrossSetting, FlowSetting, LinkChange, LinkSetting, LossSetting
from nenc_lab.real.qdiscs.layout import Layout, plan

MS = 1_000_000


def flow(first: int, last: int) -> FlowSetting:
    return FlowSetting(first, last, 1200, 1.5, 5 * MS, False)


def cross(direction: str, first: int, last: int) -> CrossSetting:
    return CrossSetting("cbr", direction, first, last, 1e6, 1242, 0, 1)


def links(forward: int, reverse: int, rate: float | None = 10e6, **more) -> list[LinkSetting]:
    return [
        *(LinkSetting("forward", rate, 10 * MS, **more) for _ in range(forward)),
        *(LinkSetting("reverse", None, 10 * MS) for _ in range(reverse)),
    ]


def way(layout: Layout, source: str, target: str) -> list[tuple[int, str]]:
    """The stages a packet meets; fails where a route leads nowhere."""
    address = layout.host(target).address
    node, met = source, []
    for _ in range(100):
        if node == target:
            return met
        routes = {route.destination: route.device for route in layout.routes if route.node == node}
        device = routes.get(address, routes.get("default"))
        assert device is not None, f"{node} knows no way to {target}"
        met += [(stage.link, stage.stage) for stage in layout.stages if (stage.node, stage.device) == (node, device)]
        node = next(w.target for w in layout.wires if (w.source, w.source_device) == (node, device))
    raise AssertionError("a loop")


def test_the_simple_chain_is_the_recipe():
    layout = plan(links(1, 1), [flow(0, 0)])
    assert layout.nodes == ["src0", "dst0", "f0-rate", "f0-netem", "r0-netem"]
    assert way(layout, "src0", "dst0") == [(0, "bottleneck"), (0, "exit")]
    assert way(layout, "dst0", "src0") == [(1, "exit")]


@pytest.mark.parametrize(("forward", "reverse"), list(product((1, 2, 3), (1, 2))))
def test_every_flow_and_cross_traffic_meets_its_hops_and_what_comes_back_all_of_the_other_way(forward, reverse):
    hops = [(a, b) for a in range(forward) for b in range(a, forward)]
    back = [(a, b) for a in range(reverse) for b in range(a, reverse)]
    crosses = [*(cross("forward", *pair) for pair in hops), *(cross("reverse", *pair) for pair in back)]
    layout = plan(links(forward, reverse), [flow(*pair) for pair in hops], crosses)
    for (sender, receiver), (first, last) in zip(layout.flows, hops, strict=True):
        met = [link for link, stage in way(layout, sender, receiver) if stage == "exit"]
        assert met == list(range(first, last + 1))
        assert [link for link, _ in way(layout, receiver, sender)] == list(range(forward, forward + reverse))
    for (sender, receiver), setting in zip(layout.crosses, crosses, strict=True):
        start = 0 if setting.direction == "forward" else forward
        other = range(forward, forward + reverse) if start == 0 else range(forward)
        met = [link for link, stage in way(layout, sender, receiver) if stage == "exit"]
        assert met == list(range(start + setting.first, start + setting.last + 1))
        assert [link for link, stage in way(layout, receiver, sender) if stage == "exit"] == list(other)


def test_names_addresses_and_devices_are_unique_and_short():
    layout = plan(links(3, 2), [flow(0, 2), flow(1, 1)], [cross("reverse", 1, 1), cross("forward", 2, 2)])
    assert len(set(layout.nodes)) == len(layout.nodes)
    assert len({host.address for host in layout.hosts}) == len(layout.hosts)
    ends = [(w.source, w.source_device) for w in layout.wires] + [(w.target, w.target_device) for w in layout.wires]
    assert len(set(ends)) == len(ends)
    assert max(len(device) for _, device in ends) <= 15
    macs = [w.source_mac for w in layout.wires] + [w.target_mac for w in layout.wires]
    assert len(set(macs)) == len(macs)


def test_flows_of_the_same_hops_share_their_hosts():
    layout = plan(links(1, 1), [flow(0, 0), flow(0, 0)], [cross("forward", 0, 0)])
    assert layout.flows[0] == layout.flows[1] == layout.crosses[0]
    assert len(layout.hosts) == 2


def test_stages_that_never_do_anything_are_left_out_and_those_that_will_are_there():
    bare = [LinkSetting("forward", None, 0), LinkSetting("reverse", None, 0)]
    assert [stage.stage for stage in plan(bare, [flow(0, 0)]).stages] == ["exit", "exit"]
    later = plan(bare, [flow(0, 0)], changes=[LinkChange(0, rate_bps=1e6)])
    assert [stage.stage for stage in later.stages] == ["bottleneck", "exit", "exit"]
    entry = [LinkSetting("forward", 1e6, 0, loss_at="entry"), LinkSetting("reverse", None, 0)]
    assert "entry" not in [stage.stage for stage in plan(entry, [flow(0, 0)]).stages]
    lossy = plan(entry, [flow(0, 0)], changes=[LinkChange(0, loss=LossSetting("bernoulli", 0.1))])
    assert way(lossy, "src0", "dst0") == [(0, "entry"), (0, "bottleneck"), (0, "exit")]


def test_a_hop_nobody_leaves_ends_nowhere():
    layout = plan(links(2, 1), [flow(0, 0)])
    assert [stage.link for stage in layout.stages] == [0, 0, 1, 1, 2]
    assert way(layout, "src0", "dst0") == [(0, "bottleneck"), (0, "exit")]

"""Steps, changes and shares, against cases worked by hand; max-min fairness against its definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nenc_lab.scenario import timeline
from nenc_lab.scenario.capacity import Ramp
from nenc_lab.scenario.fair import max_min
from nenc_lab.scenario.load import parse

S = 1_000_000_000
FRACTION = 1188 / 1242


def scenario(**keys):
    data = {
        "version": 1,
        "name": "t",
        "duration": "60s",
        "path": {"forward": {"rate": "50Mbps", "delay": "20ms"}, "reverse": {"delay": "20ms"}},
        "flows": [{"name": "video"}],
    }
    return parse({**data, **keys})


def changes(scenario, flow):
    return timeline.compile(scenario).changes(flow)


def marks(scenario):
    return list(timeline.compile(scenario).cuts_ns)


def steps(scenario):
    return timeline.compile(scenario).steps


def seen(scenario, flow="video"):
    return [
        (change.kind, change.at_ns / S, change.until_ns / S, round(change.share_bps / 1e6, 3))
        for change in changes(scenario, flow)
    ]


def test_step():
    """50 -> 1000 -> 50 Mbit/s: 50 x 1188/1242 = 47.826 of media; 1 Gbit/s is more than rate.max."""
    line = [{"at": "20s", "forward": {"rate": "1Gbps"}}, {"at": "40s", "forward": {"rate": "50Mbps"}}]
    assert seen(scenario(timeline=line)) == [
        ("start", 0, 20, 47.826),
        ("capacity", 20, 40, 120.0),
        ("capacity", 40, 60, 47.826),
    ]


def test_sharing_two_flows():
    flows = [{"name": "video1"}, {"name": "video2", "start": "20s", "stop": "50s"}]
    shared = scenario(flows=flows, path={"forward": {"rate": "100Mbps"}})
    assert seen(shared, "video1") == [("start", 0, 20, 95.652), ("join", 20, 50, 47.826), ("leave", 50, 60, 95.652)]
    assert seen(shared, "video2") == [("start", 20, 50, 47.826)]


def test_a_flow_at_its_maximum_leaves_the_rest():
    """rate.max 10 of media needs 10 / (1188/1242) = 10.4545 of wire; the other gets 100 - 10.4545 = 89.5455 of wire."""
    flows = [{"name": "small", "rate": {"max": "10Mbps"}}, {"name": "large"}]
    shared = scenario(flows=flows, path={"forward": {"rate": "100Mbps"}})
    assert seen(shared, "small")[0][3] == 10.0
    assert seen(shared, "large")[0][3] == round((100 - 10 / FRACTION) * FRACTION, 3) == 85.652


def test_share_in_wire_bytes_of_other_packet_sizes():
    assert seen(scenario(flows=[{"name": "video", "packet": "500B"}]))[0][3] == round(50 * 488 / 542, 3)


def test_cross_traffic():
    cross = [
        {"name": "cbr", "kind": "cbr", "rate": "10Mbps", "start": "30s", "stop": "35s"},
        {"name": "web", "kind": "onoff", "rate": "20Mbps", "on": "1s", "off": "3s", "start": "50s"},
        {"name": "back", "kind": "cbr", "rate": "10Mbps", "start": "10s", "direction": "reverse"},
    ]
    assert seen(scenario(cross_traffic=cross)) == [
        ("start", 0, 30, 47.826),
        ("join", 30, 35, round(40 * FRACTION, 3)),
        ("leave", 35, 50, 47.826),
        ("join", 50, 60, round(45 * FRACTION, 3)),  # 20 x 1/(1+3) in the mean
    ]


def test_tcp_has_a_share_like_a_flow_without_a_limit():
    """60 on the wire: 60/2 against one connection, 60/4 against three; the one that goes back takes none."""
    cross = [
        {"name": "one", "kind": "tcp-reno", "start": "10s", "stop": "20s"},
        {"name": "three", "kind": "tcp-cubic", "streams": 3, "start": "30s", "stop": "40s"},
        {"name": "back", "kind": "tcp-bbr", "direction": "reverse", "start": "50s"},
    ]
    path = {"forward": {"rate": "60Mbps"}}
    assert seen(scenario(cross_traffic=cross, path=path)) == [
        ("start", 0, 10, round(60 * FRACTION, 3)),
        ("join", 10, 20, round(30 * FRACTION, 3)),
        ("leave", 20, 30, round(60 * FRACTION, 3)),
        ("join", 30, 40, round(15 * FRACTION, 3)),
        ("leave", 40, 60, round(60 * FRACTION, 3)),
    ]


def test_tcp_gets_what_a_flow_at_its_maximum_leaves():
    cross = [
        {"name": "udp", "kind": "cbr", "rate": "10Mbps"},
        {"name": "tcp", "kind": "tcp-bbr", "start": "10s"},
    ]
    flows = [{"name": "video", "rate": {"max": "10Mbps"}}, {"name": "large"}]
    # 100 - 10 of UDP - 10/FRACTION of the first flow, in halves
    shared = scenario(cross_traffic=cross, flows=flows, path={"forward": {"rate": "100Mbps"}})
    assert [change[3] for change in seen(shared)] == [10.0, 10.0]
    assert seen(shared, "large")[1][3] == round((90 - 10 / FRACTION) / 2 * FRACTION, 3)


def test_tcp_without_a_bottleneck_leaves_everything():
    free = scenario(cross_traffic=[{"name": "tcp", "kind": "tcp-reno"}], path={"forward": {"delay": "20ms"}})
    assert seen(free)[0][3] == 120.0


def test_a_step_of_a_managed_queue_is_said_in_its_words():
    path = {"forward": {"rate": "10Mbps", "queue": {"kind": "codel"}}}
    entry = {"at": "5s", "forward": {"queue": {"kind": "codel", "target": "20ms"}}}
    (step,) = steps(scenario(path=path, timeline=[entry]))
    assert step.kind == "queue"
    assert step.text == "forward link: queue codel (limit 1000packets, target 20ms, interval 100ms, ecn off)"


def test_more_cross_traffic_than_capacity_leaves_nothing():
    cross = [{"name": "flood", "kind": "cbr", "rate": "60Mbps", "start": "30s"}]
    assert seen(scenario(cross_traffic=cross))[1] == ("join", 30, 60, 0.0)


def test_several_hops():
    """video crosses both hops, near the first, far the second: max-min gives video 30, near 70, far 30 of the wire."""
    hops = [{"name": "a", "rate": "100Mbps"}, {"name": "b", "rate": "60Mbps"}]
    flows = [
        {"name": "video"},
        {"name": "near", "hops": {"forward": ["a"]}, "start": "5s"},
        {"name": "far", "hops": {"forward": ["b"]}, "start": "10s"},
    ]
    line = [{"at": "30s", "forward": {"hop": "a", "rate": "40Mbps"}}]
    shared = scenario(path={"forward": {"hops": hops}}, flows=flows, timeline=line)
    assert seen(shared, "video") == [
        ("start", 0, 5, round(60 * FRACTION, 3)),
        ("join", 5, 10, round(50 * FRACTION, 3)),
        ("join", 10, 30, round(30 * FRACTION, 3)),
        ("capacity", 30, 60, round(20 * FRACTION, 3)),
    ]
    assert seen(shared, "near") == [
        ("start", 5, 10, round(50 * FRACTION, 3)),
        (
            "join",
            10,
            30,
            round(70 * FRACTION, 3),
        ),  # far shares no hop with near, but video gives way
        ("capacity", 30, 60, round(20 * FRACTION, 3)),
    ]
    assert seen(shared, "far") == [("start", 10, 60, round(30 * FRACTION, 3))]


def test_no_bottleneck_at_all():
    assert seen(scenario(path={"forward": {"delay": "1ms"}}))[0][3] == 120.0


def test_outage():
    line = [{"at": "20s", "forward": {"rate": "0bps"}}, {"at": "23s", "forward": {"rate": "50Mbps"}}]
    assert seen(scenario(timeline=line)) == [
        ("start", 0, 20, 47.826),
        ("capacity", 20, 23, 0.0),
        ("capacity", 23, 60, 47.826),
    ]


def test_delay_and_loss_count_both_ways_and_one_instant_is_one_change():
    line = [
        {"at": "10s", "forward": {"delay": "5ms", "rate": "20Mbps"}},
        {"at": "10s", "reverse": {"loss": "1%"}},
        {"at": "20s", "reverse": {"delay": "5ms"}},
        {"at": "30s", "reverse": {"rate": "1Mbps"}},
        {
            "at": "35s",
            "forward": {"jitter": {"kind": "ordered", "std": "1ms"}, "queue": {"size": "10ms"}, "duplicate": "1%"},
        },
    ]
    assert [change[:2] for change in seen(scenario(timeline=line))] == [
        ("start", 0),
        ("capacity+delay+loss", 10),
        ("delay", 20),
    ]


def test_what_does_not_change_anything_is_no_change():
    line = [{"at": "10s", "forward": {"rate": "50Mbps", "delay": "20ms", "loss": "none"}, "reverse": {"delay": "20ms"}}]
    assert len(changes(scenario(timeline=line), "video")) == 1
    back = [
        {"at": "10s", "forward": {"loss": "1%"}},
        {"at": "20s", "forward": {"loss": "1%"}},
        {"at": "30s", "forward": {"loss": "none"}},
    ]
    assert [change[:2] for change in seen(scenario(timeline=back))] == [("start", 0), ("loss", 10), ("loss", 30)]


def test_ramps_are_no_changes_but_their_capacity_counts():
    line = [
        {"at": "10s", "forward": {"rate": "100Mbps"}, "ramp": {"over": "20s"}},
        {"at": "20s", "forward": {"delay": "1ms"}},
        {"at": "40s", "forward": {"rate": "100Mbps"}},
        {"at": "50s", "forward": {"rate": "30Mbps"}},
    ]
    assert seen(scenario(timeline=line)) == [
        ("start", 0, 20, 47.826),
        ("delay", 20, 50, round(75 * FRACTION, 3)),  # half-way up
        ("capacity", 50, 60, round(30 * FRACTION, 3)),
    ]


def test_a_step_cuts_a_ramp_short_and_a_ramp_begins_where_another_had_got_to():
    line = [
        {"at": "10s", "forward": {"rate": "90Mbps"}, "ramp": {"over": "20s"}},
        {"at": "20s", "forward": {"rate": "50Mbps"}, "ramp": {"over": "20s"}},
        {"at": "30s", "forward": {"delay": "1ms"}},
    ]
    assert seen(scenario(timeline=line))[1] == (
        "delay",
        30,
        60,
        round(60 * FRACTION, 3),
    )  # 70 at 20 s, 60 half-way to 50
    line[1] = {"at": "20s", "forward": {"rate": "50Mbps"}}
    assert seen(scenario(timeline=line))[1] == ("capacity", 20, 30, round(50 * FRACTION, 3))


def test_a_trace_counts_with_its_mean(tmp_path):
    (tmp_path / "t.csv").write_text("t_s,rate_mbps\n0,10\n1,30\n")
    forward = {"trace": {"file": str(tmp_path / "t.csv"), "format": "csv", "scale": 2}}
    assert seen(scenario(path={"forward": forward})) == [("start", 0, 60, round(40 * FRACTION, 3))]


def test_faults():
    faults = [
        {"at": "10s", "flow": "video", "kind": "gpu_failure", "lasts": "5s"},
        {"at": "30s", "flow": "video", "kind": "key_frame"},
        {"at": "40s", "flow": "other", "kind": "feedback_stop"},
        {"at": "55s", "flow": "video", "kind": "feedback_stop", "lasts": "5s"},
    ]
    broken = scenario(faults=faults, flows=[{"name": "video"}, {"name": "other"}])
    kinds = [("start+join", 0), ("fault", 10), ("recovery", 15), ("fault", 30), ("fault", 55)]
    assert [change[:2] for change in seen(broken)] == kinds, "one at the end of the run is no more"
    assert [change[:2] for change in seen(broken, "other")] == [("start+join", 0), ("fault", 40)]


def test_changes_are_within_the_life_of_the_flow():
    line = [{"at": f"{t}s", "forward": {"rate": f"{t}Mbps"}} for t in (5, 10, 20, 30)]
    late = scenario(timeline=line, flows=[{"name": "video", "start": "10s", "stop": "30s"}])
    assert seen(late) == [
        ("start+capacity", 10, 20, round(10 * FRACTION, 3)),
        ("capacity", 20, 30, round(20 * FRACTION, 3)),
    ]


def test_changes_of_nobody():
    with pytest.raises(KeyError):
        changes(scenario(), "nobody")


def test_marks():
    line = [{"at": "20s", "forward": {"rate": "1Gbps"}}]
    assert marks(scenario(timeline=line)) == [0, 5 * S, 15 * S, 20 * S, 25 * S, 55 * S, 60 * S]
    short = [{"at": "2s", "forward": {"rate": "1Gbps"}}]
    assert marks(scenario(timeline=short, duration="4s")) == [0, 2 * S, 4 * S], "none outside the run"


def test_steps():
    hops = [{"name": "a", "rate": "100Mbps"}, {"name": "b"}]
    line = [
        {"at": "30s", "forward": {"hop": "b", "delay": "1ms"}},
        {
            "at": "10s",
            "forward": {"hop": "a", "rate": "0bps", "queue": {"size": "10packets"}},
            "reverse": {"loss": "1%"},
        },
        {"at": "10s", "forward": {"hop": "a", "rate": "5Mbps", "duplicate": "1%"}, "ramp": {"over": "2s"}},
    ]
    found = steps(scenario(path={"forward": {"hops": hops}}, timeline=line))
    assert [(step.at_ns // S, step.direction, step.hop, step.hop_name) for step in found] == [
        (10, "forward", 0, "a"),
        (10, "forward", 0, "a"),
        (10, "reverse", 0, "link"),
        (30, "forward", 1, "b"),
    ]
    assert (found[0].change.rate, found[0].change.delay, found[0].change.queue.size.value, found[0].ramp) == (
        0,
        None,
        10,
        None,
    )
    assert (found[1].change.rate, found[1].change.duplicate) == (5_000_000, 0.01)
    assert found[1].ramp == Ramp(0.0, 5e6, 2 * S), "it begins where the step of the same instant had got to"
    assert [step.kind for step in found] == ["capacity+queue", "capacity+duplicate", "loss", "delay"]
    assert found[1].text == "forward a: capacity 5Mbps over 2s, duplicate 1%"
    assert found[2].text == "reverse link: loss bernoulli (p 1%)"


def test_a_ramp_belongs_to_the_direction_whose_rate_it_is():
    line = [{"at": "10s", "forward": {"rate": "5Mbps"}, "reverse": {"delay": "1ms"}, "ramp": {"over": "2s"}}]
    assert [(step.direction, step.ramp) for step in steps(scenario(timeline=line))] == [
        ("forward", Ramp(50e6, 5e6, 2 * S)),
        ("reverse", None),
    ]


def test_crossed_hops():
    hops = [{"name": "a"}, {"name": "b"}, {"name": "c"}]
    flows = [{"name": "video", "hops": {"forward": ["b", "c"]}}]
    cross = [{"name": "x", "kind": "cbr", "rate": "1Mbps", "hops": ["a"]}]
    found = scenario(path={"forward": {"hops": hops}}, flows=flows, cross_traffic=cross)
    compiled = timeline.compile(found)
    assert list(compiled.crossed(found.flows[0])) == [1, 2]
    assert list(compiled.crossed(found.flows[0], "reverse")) == [0]
    assert list(compiled.crossed(found.cross_traffic[0])) == [0]
    assert list(compiled.crossed(found.cross_traffic[0], "reverse")) == []


@st.composite
def networks(draw):
    hops = draw(st.lists(st.floats(0.0, 1000.0) | st.just(float("inf")), min_size=1, max_size=4))
    routes = draw(st.lists(st.sets(st.integers(0, len(hops) - 1), min_size=1), min_size=1, max_size=5))
    limits = draw(st.lists(st.floats(0.1, 500.0), min_size=len(routes), max_size=len(routes)))
    return hops, routes, limits


@given(networks())
def test_max_min_is_max_min(network):
    """No hop is overfull; every flow is at its limit, or crosses a full hop where nobody has more than it."""
    hops, routes, limits = network
    rates = max_min(hops, routes, limits)
    slack = 1e-6
    load = [sum(rate for rate, route in zip(rates, routes, strict=True) if hop in route) for hop in range(len(hops))]
    assert all(used <= capacity + slack for used, capacity in zip(load, hops, strict=True))
    for rate, route, limit in zip(rates, routes, limits, strict=True):
        assert rate <= limit + slack
        held = any(
            load[hop] >= hops[hop] - slack
            and rate >= max(other for other, theirs in zip(rates, routes, strict=True) if hop in theirs) - slack
            for hop in route
        )
        assert held or rate >= limit - slack

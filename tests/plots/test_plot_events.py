"""What the scenario did, in few words."""

from __future__ import annotations

import pytest

from nenc_lab.errors import InputError
from nenc_lab.plots.events import events, on_trace


def said(**scenario: object) -> list[tuple[float, str]]:
    return [(event.t_s, event.text) for event in events(scenario, 100.0)]


def test_path_changes() -> None:
    timeline = [
        {"at": "20s", "forward": {"rate": "1Gbps"}},
        {"at": "25s", "forward": {"rate": "0bps"}, "reverse": None},
        {"at": "30s", "forward": {"delay": "100ms"}, "reverse": {"delay": "100ms"}},
        {"at": "31s", "forward": {"loss": "85%"}, "reverse": {"loss": 0.85}},
        {"at": "32s", "forward": {"loss": {"kind": "none"}}},
        {"at": "33s", "forward": {"loss": {"kind": "gilbert-elliott", "p": "1%", "r": "30%"}}},
        {"at": "34s", "forward": {"hop": "radio", "rate": "5Mbps", "queue": {"kind": "droptail", "size": "300ms"}}},
        {"at": "35s", "reverse": {"jitter": {"kind": "ordered", "std": "5ms"}}},
        {"at": "1min", "forward": {"rate": "50Mbps"}, "ramp": {"over": "5s"}},
    ]
    assert said(timeline=timeline) == [
        (20.0, "1 Gbit/s"),
        (25.0, "outage"),
        (30.0, "delay 100 ms both ways"),
        (31.0, "loss 85 % both ways"),
        (32.0, "no loss"),
        (33.0, "loss 3.2 % in bursts"),
        (34.0, "radio 5 Mbit/s, radio queue 300ms"),
        (35.0, "reverse jitter 5 ms"),
        (60.0, "50 Mbit/s over 5 s"),
    ]


def test_flows_and_faults() -> None:
    flows = [{"name": "a", "start": "0s", "stop": None}, {"name": "b", "start": "20s", "stop": "40s"}]
    cross = [{"name": "burst", "rate": "10Mbps", "start": "20s", "stop": "22s"}]
    faults = [
        {"at": "25s", "flow": "a", "kind": "gpu_failure", "lasts": "5s"},
        {"at": "50s", "flow": "a", "kind": "rung_switch", "resolution": "4320p"},
    ]
    got = said(flows=flows, cross_traffic=cross, faults=faults)
    assert [t for t, _ in got] == [20.0, 22.0, 25.0, 30.0, 40.0, 50.0]
    assert got[0][1] == "+ b, + burst 10 Mbit/s"
    assert got[2][1] == "GPU fails a"
    assert got[3][1] == "GPU back a"
    assert got[5][1].endswith("4320p a")


def test_what_only_a_kernel_has() -> None:
    cross = [{"name": "bulk", "kind": "tcp-cubic", "start": "20s", "streams": 1}]
    queue = {"kind": "codel", "limit": "1000packets", "target": "20ms", "interval": "100ms", "ecn": False}
    timeline = [
        {"at": "30s", "forward": {"queue": queue}},
        {"at": "40s", "forward": {"queue": {"kind": "cake", "rtt": "50ms", "isolation": "flows", "memory": "1MB"}}},
    ]
    assert said(cross_traffic=cross, timeline=timeline) == [
        (20.0, "+ bulk TCP CUBIC"),
        (30.0, "queue codel 20ms"),
        (40.0, "queue cake 50ms"),
    ]


def test_what_lies_beyond_the_end_is_not_shown() -> None:
    assert events({"timeline": [{"at": "20s", "forward": {"rate": "1Gbps"}}]}, 20.0) == ()


def test_a_garbled_scenario_is_bad_input() -> None:
    with pytest.raises(InputError):
        events({"timeline": [{"at": "soon", "forward": {"rate": "1Gbps"}}]}, 20.0)


def test_trace() -> None:
    assert on_trace({"path": {"forward": {"hops": [{"trace": None}, {"trace": {"file": "x"}}]}}})
    assert not on_trace({"path": {"forward": {"rate": "50Mbps", "trace": None}}})

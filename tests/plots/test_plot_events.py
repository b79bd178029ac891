"""What the scenario did, in few words."""

from __future__ import annotations

from typing import Any

from nenc_lab.plots.events import events
from nenc_lab.scenario.load import parse
from nenc_lab.scenario.timeline import compile

FLOW = {"name": "a", "rate": {"min": "5Mbps", "max": "50Mbps"}}
HOPS = [{"name": "radio", "rate": "40Mbps"}, {"name": "core", "rate": "100Mbps"}]


def said(until_s: float = 100.0, **scenario: Any) -> list[tuple[float, str]]:
    whole = {"version": 1, "name": "test", "duration": "100s", "path": {"forward": {"rate": "40Mbps"}}, "flows": [FLOW]}
    return [(event.t_s, event.text) for event in events(compile(parse({**whole, **scenario})), until_s)]


def test_path_changes() -> None:
    timeline = [
        {"at": "20s", "forward": {"rate": "1Gbps"}},
        {"at": "25s", "forward": {"rate": "0bps"}},
        {"at": "30s", "forward": {"delay": "100ms"}, "reverse": {"delay": "100ms"}},
        {"at": "31s", "forward": {"loss": "85%"}, "reverse": {"loss": 0.85}},
        {"at": "32s", "forward": {"loss": {"kind": "none"}}},
        {"at": "33s", "forward": {"loss": {"kind": "gilbert-elliott", "p": "1%", "r": "30%"}}},
        {"at": "34s", "forward": {"duplicate": "1%", "jitter": "none"}},
        {"at": "1min", "forward": {"rate": "50Mbps", "delay": "10ms"}, "ramp": {"over": "5s"}},
    ]
    assert said(timeline=timeline) == [
        (20.0, "1 Gbit/s"),
        (25.0, "outage"),
        (30.0, "delay 100 ms both ways"),
        (31.0, "loss 85 % both ways"),
        (32.0, "no loss"),
        (33.0, "loss 3.2 % in bursts"),
        (34.0, "jitter none, duplicates 1 %"),
        (60.0, "50 Mbit/s over 5 s, delay 10 ms"),
    ]


def test_hops_are_named() -> None:
    timeline = [
        {"at": "34s", "forward": {"hop": "radio", "rate": "5Mbps", "queue": {"kind": "droptail", "size": "300ms"}}},
        {"at": "35s", "reverse": {"jitter": {"kind": "ordered", "std": "5ms"}}},
    ]
    assert said(path={"forward": {"hops": HOPS}}, timeline=timeline) == [
        (34.0, "radio 5 Mbit/s, radio queue 300ms"),
        (35.0, "reverse jitter 5 ms"),
    ]


def test_flows_and_faults() -> None:
    got = said(
        flows=[FLOW, {**FLOW, "name": "b", "start": "20s", "stop": "40s"}],
        cross_traffic=[{"name": "burst", "kind": "cbr", "rate": "10Mbps", "start": "20s", "stop": "22s"}],
        faults=[
            {"at": "25s", "flow": "a", "kind": "gpu_failure", "lasts": "5s"},
            {"at": "50s", "flow": "a", "kind": "rung_switch", "resolution": "4320p"},
        ],
    )
    assert [t for t, _ in got] == [20.0, 22.0, 25.0, 30.0, 40.0, 50.0]
    assert got[0][1] == "+ b, + burst 10 Mbit/s"
    assert got[2][1] == "GPU fails a"
    assert got[3][1] == "GPU back a"
    assert got[5][1].endswith("4320p a")


def test_what_only_a_kernel_has() -> None:
    queue = {"kind": "codel", "limit": "1000packets", "target": "20ms", "interval": "100ms", "ecn": False}
    for name, path_queue, change, text in (
        ("codel", {"kind": "codel"}, queue, "queue codel 20ms"),
        ("cake", {"kind": "cake"}, {"kind": "cake", "rtt": "50ms"}, "queue cake 50ms"),
    ):
        assert said(
            name=name,
            path={"forward": {"rate": "40Mbps", "queue": path_queue}},
            cross_traffic=[{"name": "bulk", "kind": "tcp-cubic", "start": "20s"}],
            timeline=[{"at": "30s", "forward": {"queue": change}}],
        ) == [(20.0, "+ bulk TCP CUBIC"), (30.0, text)]


def test_what_lies_beyond_the_end_is_not_shown() -> None:
    assert said(20.0, timeline=[{"at": "20s", "forward": {"rate": "1Gbps"}}]) == []

"""Whole scenarios against what must physically come out; mostly at a fixed rate, so that no law is in the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lab_runs import PAYLOAD, columns, flow, mbps, run

FLAT = {"encoder": {"kind": "null"}}
"""Every frame is the rate's share: no noise in what is expected."""


def test_an_open_path_delivers_what_is_sent_after_its_delay(tmp_path: Path) -> None:
    done = run(tmp_path, packets=True, flows=[flow("video", 20, **FLAT)])
    assert mbps(done, 1, 9) == pytest.approx(20, rel=0.005)
    packets = columns(done, "packets")
    assert set(packets["fate"]) <= {"received"}
    owd = packets["received_s"] - packets["sent_s"] - packets["wait_ms"] / 1e3
    serial = packets["wire_bytes"] * 8 / 50e6
    assert owd == pytest.approx(0.020 + serial, abs=1e-8)
    rtt = columns(done, "ticks")["rtt_ms"]
    assert np.nanmin(rtt) > 40.2  # the last packet of a frame waits for some of the burst before it
    assert np.nanmax(rtt) < 46
    assert done.summary["flows"]["video"]["loss"] == 0


def test_a_bottleneck_carries_its_capacity_and_fills_its_queue(tmp_path: Path) -> None:
    path = {
        "forward": {"rate": "20Mbps", "delay": "20ms", "queue": {"kind": "droptail", "size": "120ms"}},
        "reverse": {"delay": "20ms"},
    }
    done = run(tmp_path, packets=True, path=path, flows=[flow("video", 40, **FLAT)])
    assert mbps(done, 2, 10) == pytest.approx(20 * PAYLOAD, rel=0.005)
    summary = done.summary["flows"]["video"]
    assert summary["utilisation"] == pytest.approx(1.0, abs=0.02)
    packets = columns(done, "packets")
    steady = (packets["sent_s"] > 2) & (packets["fate"] == "received")
    assert packets["wait_ms"][steady].max() <= 120.5
    assert packets["wait_ms"][steady].min() > 90
    assert summary["loss"] == pytest.approx(1 - 20 * PAYLOAD / 40, abs=0.03)


def test_two_equal_flows_share_a_fifo_evenly(tmp_path: Path) -> None:
    done = run(tmp_path, flows=[flow("one", 40), flow("two", 40)], duration="20s")
    rates = [mbps(done, 5, 20, name) for name in ("one", "two")]
    assert sum(rates) == pytest.approx(50 * PAYLOAD, rel=0.01)
    assert rates[0] == pytest.approx(rates[1], rel=0.1)
    assert done.summary["run"]["jain_last20s"] > 0.99


def test_the_narrowest_of_several_hops_decides(tmp_path: Path) -> None:
    hops = [{"name": name, "rate": f"{rate}Mbps", "delay": "5ms"} for name, rate in (("a", 80), ("b", 15), ("c", 40))]
    done = run(
        tmp_path,
        path={"forward": {"hops": hops}, "reverse": {"delay": "20ms"}},
        flows=[flow("all", 30, **FLAT), flow("last", 20, hops={"forward": ["c"]}, **FLAT)],
    )
    assert mbps(done, 2, 10, "all") == pytest.approx(15 * PAYLOAD, rel=0.01)
    assert mbps(done, 2, 10, "last") == pytest.approx(20, rel=0.01)
    queued = {hop: columns(done, "path", hop=f"forward.{hop}")["queue_bytes"][200:].mean() for hop in "abc"}
    assert queued["b"] > 20 * max(queued["a"], queued["c"])


def test_cross_traffic_takes_what_it_sends(tmp_path: Path) -> None:
    cross = [{"name": "burst", "kind": "cbr", "rate": "30Mbps", "start": "4s", "stop": "8s"}]
    done = run(tmp_path, duration="12s", cross_traffic=cross, flows=[flow("video", 15, **FLAT)])
    for begin, end in ((1, 4), (4.1, 8), (8.1, 12)):
        assert mbps(done, begin, end) == pytest.approx(15, rel=0.01)  # both fit
    path = columns(done, "path", hop="forward.link")
    carried = path["packets"].reshape(-1, 100).sum(axis=1) * 1242 * 8e-6
    assert carried[5:8] == pytest.approx(30 + 15 / PAYLOAD, rel=0.02)
    crowded = run(tmp_path, duration="12s", cross_traffic=cross, flows=[flow("video", 40, **FLAT)])
    assert mbps(crowded, 1, 4) == pytest.approx(40, rel=0.01)
    assert 12 < mbps(crowded, 5, 8) < 40 * 0.9
    carried = columns(crowded, "path", hop="forward.link")["packets"][500:800].sum() * 1242 * 8e-6 / 3
    assert carried == pytest.approx(50, rel=0.015)  # a frame's last packet is shorter


def test_on_off_traffic_has_its_mean(tmp_path: Path) -> None:
    for distribution in ("fixed", "exponential"):
        cross = [{"name": "web", "kind": "onoff", "rate": "20Mbps", "start": "0s", "on": "30ms", "off": "90ms"}]
        cross[0]["distribution"] = distribution
        done = run(tmp_path, duration="60s", cross_traffic=cross, flows=[flow("video", 10, **FLAT)])
        path = columns(done, "path", hop="forward.link")
        sent = columns(done, "ticks")["sent_packets"][-1]
        assert (path["packets"].sum() - sent) * 1242 * 8e-6 / 60 == pytest.approx(5, rel=0.1)


def trace(tmp_path: Path, name: str, text: str) -> str:
    file = tmp_path / name
    file.write_text(text)
    return str(file)


def test_a_mahimahi_trace_is_its_opportunities(tmp_path: Path) -> None:
    """5 opportunities of 1504 bytes each 10 ms for a second (6.016 Mbit/s), then 20 (24.064)."""
    lines = [ms for ms in range(10, 1001, 10) for _ in range(5)] + [
        ms for ms in range(1010, 2001, 10) for _ in range(20)
    ]
    file = trace(tmp_path, "two.up", "\n".join(map(str, lines)) + "\n")
    path = {"forward": {"trace": {"file": file, "format": "mahimahi"}, "delay": "20ms"}, "reverse": {"delay": "20ms"}}
    done = run(tmp_path, path=path, flows=[flow("video", 40, **FLAT)])
    capacity = columns(done, "path", hop="forward.link")["capacity_bps"]
    seconds = capacity.reshape(10, 100).mean(axis=1)
    assert seconds[::2] == pytest.approx(6.016e6, rel=0.06)
    assert seconds[1::2] == pytest.approx(24.064e6, rel=0.06)
    assert capacity.mean() == pytest.approx(15.04e6, rel=0.01)
    assert mbps(done, 2, 10) == pytest.approx(15.04 * PAYLOAD, rel=0.01)


def test_a_csv_trace_is_its_rates_scaled(tmp_path: Path) -> None:
    file = trace(tmp_path, "steps.csv", "t_s,rate_mbps\n0,10\n1,30\n1.5,0\n2,20\n3,20\n")
    path = {
        "forward": {"trace": {"file": file, "format": "csv", "scale": 0.5}, "delay": "20ms"},
        "reverse": {"delay": "20ms"},
    }
    done = run(tmp_path, path=path, flows=[flow("video", 40, **FLAT)])
    capacity = columns(done, "path", hop="forward.link")["capacity_bps"][:300] / 1e6
    assert capacity[:100] == pytest.approx(np.full(100, 5.0))
    assert capacity[100:150] == pytest.approx(np.full(50, 15.0))
    assert capacity[150:200] == pytest.approx(np.zeros(50))
    assert capacity[200:300] == pytest.approx(np.full(100, 10.0))
    carried = columns(done, "path", hop="forward.link")["packets"][:300].reshape(6, 50).sum(axis=1) * 1242 * 8 / 0.5e6
    assert carried[1:] == pytest.approx([5, 15, 0, 10, 10], rel=0.05, abs=0.05)


def test_an_outage_holds_everything_back_and_loses_what_does_not_fit(tmp_path: Path) -> None:
    timeline = [{"at": "4s", "forward": {"rate": "0bps"}}, {"at": "4800ms", "forward": {"rate": "50Mbps"}}]
    done = run(tmp_path, packets=True, timeline=timeline, flows=[flow("video", 20, **FLAT)])
    packets = columns(done, "packets")
    arrived = packets["received_s"][packets["fate"] == "received"]
    assert not ((arrived > 4.021) & (arrived < 4.82)).any()
    # 300 ms of 50 Mbit/s are 1.875 MB: all of the 0.8 s x 20 Mbit/s (2.09 MB on the wire) but for some 0.2 MB.
    lost = packets["wire_bytes"][packets["fate"] == "dropped"].sum()
    assert lost == pytest.approx(0.8 * 20e6 / PAYLOAD / 8 - 1.875e6, abs=60_000)
    assert packets["wait_ms"].max() == pytest.approx(800, abs=5)
    assert done.summary["flows"]["video"]["freezes"] == 1


def test_a_ramp_is_met_in_the_middle(tmp_path: Path) -> None:
    timeline = [{"at": "2s", "forward": {"rate": "10Mbps"}, "ramp": {"over": "6s"}}]
    done = run(tmp_path, timeline=timeline, flows=[flow("video", 60, **FLAT)])
    capacity = columns(done, "path", hop="forward.link")["capacity_bps"]
    assert capacity[199] == pytest.approx(50e6)
    assert capacity[499] == pytest.approx(30e6, rel=0.01)
    assert capacity[800:] == pytest.approx(10e6)
    assert mbps(done, 2.1, 8.1) == pytest.approx(30 * PAYLOAD, rel=0.02)


def test_a_silent_receiver_stops_the_samples_and_nothing_else(tmp_path: Path) -> None:
    faults = [{"at": "3s", "flow": "video", "kind": "feedback_stop", "lasts": "4s"}]
    done = run(tmp_path, faults=faults, flows=[flow("video", 20, **FLAT)])
    ticks = columns(done, "ticks")
    feedback = np.interp([3.0, 6.95, 10.0], ticks["t_s"], ticks["feedback_wire_bytes"])
    assert feedback[1] - feedback[0] < 500  # at most the report of that very moment
    assert feedback[2] > feedback[1] + 50 * 60
    assert mbps(done, 3, 7) == pytest.approx(20, rel=0.01)
    kinds = [row for row in done.frame("events")["text"].to_list() if "report" in row]
    assert kinds == ["receiver stops reporting", "receiver reports again"]


def test_the_production_law_without_feedback_goes_down(tmp_path: Path) -> None:
    faults = [{"at": "5s", "flow": "video", "kind": "feedback_stop", "lasts": "4s"}]
    done = run(tmp_path, duration="15s", faults=faults, flows=[flow("video", 5, "nenc")])
    ticks = columns(done, "ticks")
    rate = np.interp([5.0, 6.0, 8.9, 15.0], ticks["t_s"], ticks["rate_bps"])
    assert rate[1] <= rate[0] * 1.1
    assert rate[2] < 0.8 * rate[0]  # nobody answers: down, whatever the reason
    assert rate[3] > 1.2 * rate[2]


def test_a_gpu_failure_is_software_for_as_long_as_it_lasts(tmp_path: Path) -> None:
    faults = [{"at": "3s", "flow": "video", "kind": "gpu_failure", "lasts": "2s"}]
    encoder = {"encode_time": "4ms", "software_time": "12ms"}
    done = run(tmp_path, faults=faults, flows=[flow("video", 20, encoder=encoder)])
    frames = columns(done, "frames")
    failed = (frames["t_s"] >= 3) & (frames["t_s"] < 5)
    assert set(frames["encoder"][failed]) == {"software"}
    assert set(frames["encoder"][~failed]) == {"model"}
    assert frames["encode_ms"][failed][0] == pytest.approx(16)  # hardware, then the same picture in software
    assert frames["encode_ms"][failed][1:] == pytest.approx(12)
    assert frames["encode_ms"][~failed] == pytest.approx(4)
    keys = frames["t_s"][frames["key"]]
    assert len(keys) == 3  # the first, and one at each end of it
    assert keys[1:] == pytest.approx([3, 5], abs=0.03)
    assert mbps(done, 1, 10) == pytest.approx(20, rel=0.05)


def test_a_late_flow_starts_late_and_leaves_early(tmp_path: Path) -> None:
    done = run(tmp_path, flows=[flow("always", 10), flow("visitor", 10, start="3s", stop="7s")])
    frames = columns(done, "frames", flow="visitor")
    assert frames["t_s"][0] == pytest.approx(3)
    assert frames["t_s"][-1] == pytest.approx(7, abs=0.05)
    assert columns(done, "ticks", flow="visitor")["t_s"][[0, -1]] == pytest.approx([3, 7], abs=0.02)
    assert np.isfinite(frames["received"]).all()


def test_loss_on_the_way_damages_frames_and_reports_say_so(tmp_path: Path) -> None:
    path = {"forward": {"rate": "50Mbps", "delay": "20ms", "loss": "5%"}, "reverse": {"delay": "20ms"}}
    done = run(tmp_path, path=path, duration="30s", flows=[flow("video", 20, **FLAT)])
    summary = done.summary["flows"]["video"]
    assert summary["loss"] == pytest.approx(0.05, abs=0.005)
    ticks = columns(done, "ticks")
    assert np.nanmean(ticks["loss"]) == pytest.approx(0.05, abs=0.007)
    frames = columns(done, "frames")
    packets = frames["packets"].mean()
    assert (frames["lost"] > 0).mean() == pytest.approx(1 - 0.95**packets, abs=0.03)
    assert mbps(done, 1, 30) == pytest.approx(20 * 0.95, rel=0.01)


def test_a_crowded_way_back_delays_reports(tmp_path: Path) -> None:
    """Reports cross a reverse link of 1 Mbit/s with 1.2 Mbit/s of others, then with none: the RTT sees both ways."""
    path = {
        "forward": {"delay": "20ms"},
        "reverse": {"rate": "1Mbps", "delay": "20ms", "queue": {"kind": "droptail", "size": "500ms"}},
    }
    cross = [
        {"name": "uploads", "kind": "cbr", "rate": "1200kbps", "start": "2s", "stop": "4s", "direction": "reverse"}
    ]
    done = run(tmp_path, path=path, cross_traffic=cross, flows=[flow("video", 5, **FLAT)])
    ticks = columns(done, "ticks")
    rtt = np.interp([1.9, 3.9, 8.0], ticks["t_s"], ticks["rtt_ms"])
    assert rtt[0] == pytest.approx(41, abs=2)
    assert rtt[1] > 300
    assert rtt[2] == pytest.approx(41, abs=2)


def test_a_change_on_the_way_back_is_felt_at_once(tmp_path: Path) -> None:
    """Reports held up by an outage of the reverse path are read when it ends, not at the next report's time."""
    timeline = [{"at": "2013ms", "reverse": {"rate": "0bps"}}, {"at": "3013ms", "reverse": {"rate": "1Gbps"}}]
    path = {"forward": {"delay": "20ms"}, "reverse": {"rate": "1Mbps", "delay": "5ms"}}
    done = run(tmp_path, path=path, timeline=timeline, flows=[flow("video", 10, **FLAT)], duration="5s")
    ticks = columns(done, "ticks")
    moved = ticks["t_s"][1:][np.diff(np.nan_to_num(ticks["rtt_ms"])) != 0]
    after = moved[moved > 2.1]
    assert after[0] == pytest.approx(3.018, abs=1 / 60)

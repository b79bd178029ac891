"""The whole summary from run folders drawn by hand; every figure is worked out beside the assertion."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from drawn_run import delays, draw, frames, path, ticks

from nenc_lab.analysis.metrics.shape import change_shape, flow_shape, run_shape
from nenc_lab.analysis.summary import summarise
from nenc_lab.recording.open import open_run

FRACTION = 1188 / 1242
STEPPED = {
    "name": "stepped",
    "duration": "30s",
    "path": {"forward": {"rate": "50Mbps", "delay": "20ms"}, "reverse": {"delay": "20ms"}},
    "timeline": [{"at": "10s", "forward": {"rate": "20Mbps"}}, {"at": "20s", "forward": {"loss": "10%"}}],
    "flows": [{"name": "video"}],
}


def stepped(tmp_path) -> dict[str, Any]:
    """Capacity 50, from 10 s on 20 Mbit/s; 10 % loss from 20 s on. The rate: 5, from 2 s 45, from 11 s 18 Mbit/s."""
    video = {
        "ticks": ticks(
            0,
            30,
            [(0, 5), (2, 45), (11, 18)],
            {
                "sent_bytes": [(0, 5e6), (12, 1e5), (14, 2e6)],
                "received_bytes": [(0, 4.5e6), (10, 2e6)],
                "received_wire_bytes": [(0, 5e6), (10, 2.25e6)],
                "sent_packets": [(0, 4500), (10, 2000)],
                "received_packets": [(0, 4500), (20, 3600)],
                "lost_packets": [(0, 0), (20, 400)],
                "feedback_wire_bytes": [(0, 2000)],
            },
            # Another value every 4 ticks, and for the last 104 ticks the same.
            rtt_ms=np.concatenate([np.repeat(np.arange(1400 // 4), 4), np.full(100, 349)]) + 40.0,
            samples=np.concatenate([np.repeat(np.arange(1400 // 4), 4), np.full(100, 349)]) + 1,
            throughput=0.0,
        ),
        "frames": frames(
            np.arange(0, 30, 0.1),
            [30.0] * 200 + [450.0] * 10 + [math.nan] * 10 + [60.0] * 80,
            25000,
            lost=np.array([0] * 200 + [1] * 5 + [0] * 5 + [30] * 10 + [0] * 80),
        ),
        "delays": delays(
            [
                (0, 5, 200, 100),
                (5, 10, 10, 900),
                (5, 10, 30, 100),
                (10, 15, 280, 40),
                (15, 20, 40, 949),
                (15, 20, 70, 51),
                (20, 25, 5, 10),
                (25, 30, 1, 950),
                (25, 30, 3, 50),
            ]
        ),
    }
    folder = draw(
        tmp_path,
        STEPPED,
        flows={"video": video},
        hops=[path("forward.link", 30, [(0, 50), (10, 20)]), path("reverse.link", 30, [(0, math.inf)])],
        timing={"simulated_s": 30.0, "wall_s": 0.06, "packets": 12345},
    )
    return summarise(open_run(folder.path))


def test_one_flow_by_hand(tmp_path):
    video = stepped(tmp_path)["flows"]["video"]
    # Up to the last tick, 29.98 s: received 5e6 x 10 + 2.25e6 x 19.98 B on the wire; usable 50 x 10 + 20 x 10 Mbit,
    # then 20 x 0.9 for 9.98 s. (rate.max needs 125.45 Mbit/s on the wire: no cap here.)
    assert video["utilisation"] == pytest.approx(8 * (50e6 + 2.25e6 * 19.98) / (500e6 + 200e6 + 18e6 * 9.98))
    assert video["goodput_mbps"] == pytest.approx(8 * (45 + 2 * 19.98) / 29.98)
    # 100 ticks at 5, 450 at 45, 950 at 18.
    mean = (100 * 5 + 450 * 45 + 950 * 18) / 1500
    assert video["rate_mbps"]["mean"] == pytest.approx(mean)
    assert (video["rate_mbps"]["min"], video["rate_mbps"]["max"]) == (5.0, 45.0)
    variance = (100 * (5 - mean) ** 2 + 450 * (45 - mean) ** 2 + 950 * (18 - mean) ** 2) / 1500
    assert video["rate_mbps"]["std"] == pytest.approx(math.sqrt(variance))
    # 3150 packets: 950 at 1 ms, 50 at 3, 10 at 5, 900 at 10, 100 at 30, 949 at 40, 51 at 70, 100 at 200, 40 at 280.
    # Cumulative: 950 1000 1010 1910 2010 2959 3010 3110 3150; 50 % = 1575, 95 % = 2992.5, 99 % = 3118.5.
    assert video["queue_delay_ms"] == {"p50": 10.0, "p95": 70.0, "p99": 280.0, "max": 280.0}
    assert video["loss"] == pytest.approx(400 * 9.98 / (4500 * 20 + 3600 * 9.98 + 400 * 9.98), rel=1e-4)
    # 290 shown: 200 at 30 ms, 80 at 60, 10 at 450. 95 % = 275.5 -> 60; 99 % = 287.1 -> 450.
    assert video["frame_delay_ms"]["p50"] == pytest.approx(30.0)
    assert video["frame_delay_ms"]["p95"] == pytest.approx(60.0)
    assert video["frame_delay_ms"]["p99"] == pytest.approx(450.0)
    assert video["late_frames"] == 10
    assert video["damaged_frames"] == 5
    # Shown every 100 ms (limit 166.7 ms at 60 fps): 19.93, then 20.45 .. 21.35, then 22.06 ..: gaps of 0.52 and 0.71 s.
    assert video["freezes"] == 2
    assert video["freeze_s"] == pytest.approx(0.52 + 0.71)
    assert video["oscillations_per_min"] == 0.0
    # 10 frames of 200 kbit a second = 2 Mbit/s against 5 (2 s), 45 (9 s) and 18 Mbit/s (19 s).
    assert video["encoder_error"] == pytest.approx((2 * 3 / 5 + 9 * 43 / 45 + 19 * 16 / 18) / 30)
    assert video["psnr_db"] is None
    assert video["ssim"] is None
    # Feedback 2000 x 29.98 B; sent 5e6 x 12 + 1e5 x 2 + 2e6 x 15.98 B media in 4500 x 10 + 2000 x 19.98 packets.
    sent_wire = 60e6 + 2e5 + 2e6 * 15.98 + (45000 + 39960) * 54
    assert video["feedback_overhead"] == pytest.approx(59960 / sent_wire)


def test_round_trips_by_hand(tmp_path):
    """350 samples, 40, 41 ... 389 ms, however long each is shown: the 175th, the 333rd and the 347th of them."""
    rtt = stepped(tmp_path)["flows"]["video"]["rtt_ms"]
    assert rtt == {"p50": 214.0, "p95": 372.0, "p99": 386.0}


def test_changes_by_hand(tmp_path):
    start, capacity, loss = stepped(tmp_path)["flows"]["video"]["changes"]
    share, low = 50 * FRACTION, 20 * FRACTION
    assert [change["kind"] for change in (start, capacity, loss)] == ["start", "capacity", "loss"]
    assert [(change["at_s"], change["until_s"]) for change in (start, capacity, loss)] == [(0, 10), (10, 20), (20, 30)]
    assert start["to_mbps"] == pytest.approx(share)
    assert capacity["to_mbps"] == loss["to_mbps"] == pytest.approx(low)

    # The judged rate is the mean of 10 ticks. From 2.00 s on it is 9, 13, 17, ... 9 + 4k at 2 + 0.02 k.
    # Band 38.26 .. 50.2, 80 % of the share 38.26, 80 % of the way 5 + 0.8 x 42.83 = 39.26: all first by 41, k = 8.
    assert start["settling_s"] == start["rise_s"] == start["to_80pct_s"] == 2.16
    assert start["overshoot"] == pytest.approx(45 / share - 1)
    climb = sum(share - (9 + 4 * k) for k in range(9)) * 0.02
    assert start["iae_mbit"] == pytest.approx(2 * (share - 5) + climb + (8 - 9 * 0.02) * (share - 45))
    assert start["to_floor_s"] == 0.0
    assert start["utilisation_last5s"] == pytest.approx(8 * 5e6 / 50e6)
    assert start["queue_delay_p95_ms"] == 30.0  # 900 x 10, 100 x 30: 95 % is the 950th
    assert start["queue_delay_max_ms"] == 200.0
    assert start["loss"] == 0.0
    assert start["send_mbps_min"] == pytest.approx(40.0)

    # 45 until 11 s, then 45 - 2.7 (k + 1) at 11 + 0.02 k. Band up to 20.09: k = 9. The way: to 24.3: k = 7.
    assert capacity["settling_s"] == pytest.approx(1.18)
    assert capacity["rise_s"] == pytest.approx(1.14)
    assert capacity["overshoot"] == pytest.approx(45 / low - 1)
    assert capacity["to_80pct_s"] == 0.0
    assert capacity["to_floor_s"] is None
    assert capacity["utilisation_last5s"] == pytest.approx(8 * 2.25 / 20)
    assert capacity["queue_delay_p95_ms"] == 70.0  # 949 x 40, 51 x 70: the 950th is a 70
    assert capacity["queue_delay_max_ms"] == 280.0
    assert capacity["send_mbps_min"] == pytest.approx(0.8)

    assert loss["settling_s"] == 0.0
    assert loss["rise_s"] is None  # 80 % of the way from 18 to 19.13 is 18.9
    assert loss["overshoot"] == pytest.approx(18 / low - 1)
    assert loss["utilisation_last5s"] == pytest.approx(8 * 2.25 / (20 * 0.9))
    assert loss["queue_delay_p95_ms"] == 1.0  # 950 of 1000
    assert loss["queue_delay_max_ms"] == 5.0
    assert loss["loss"] == pytest.approx(0.1, rel=1e-3)
    assert loss["oscillations_last5s"] == 0


def test_the_run_as_a_whole(tmp_path):
    assert stepped(tmp_path)["run"] == {
        "simulated_s": 30.0,
        "wall_s": 0.06,
        "speed": pytest.approx(500.0),
        "packets": 12345,
        "jain_last20s": 1.0,
        "lateness_ms": {"p99": None, "max": None},
    }


def keys(value: Any) -> Any:
    """The shape of a summary: its keys, in any order."""
    if isinstance(value, list):
        return [keys(value[0])]
    return {key: keys(item) for key, item in value.items()} if isinstance(value, dict) else None


def test_the_shape_is_that_of_the_table_of_metrics(tmp_path):
    summary = stepped(tmp_path)
    assert keys(summary["flows"]["video"]) == keys({**flow_shape(), "changes": [{"kind": None, **change_shape()}]})
    assert keys(summary["run"]) == keys(run_shape())
    json.dumps(summary, allow_nan=False)


TWO = {
    "name": "two",
    "duration": "40s",
    "path": {"forward": {"rate": "40Mbps"}},
    "flows": [{"name": "early", "stop": "30s"}, {"name": "late", "start": "10s"}],
}


def test_two_flows_share(tmp_path):
    """Capacity 40: early alone to 10 s, both to 30 s, late alone from there."""
    steady = {"received_bytes": [(0, 2e6)], "received_wire_bytes": [(0, 2.1e6)], "sent_bytes": [(0, 2e6)]}
    later = {
        "received_bytes": [(0, 0), (10, 1e6), (30, 4e6)],
        "received_wire_bytes": [(0, 0), (10, 1.05e6), (30, 4.2e6)],
    }
    flows = {
        "early": {"ticks": ticks(0, 30, [(0, 16)], steady)},
        "late": {"ticks": ticks(10, 40, [(0, 8)], later)},
    }
    folder = draw(tmp_path, TWO, flows=flows, hops=[path("forward.link", 40, [(0, 40)])], timing={"simulated_s": 40.0})
    summary = summarise(open_run(folder.path))
    early, late = summary["flows"]["early"], summary["flows"]["late"]
    assert [(c["kind"], c["at_s"], c["until_s"]) for c in early["changes"]] == [("start", 0, 10), ("join", 10, 30)]
    assert [(c["kind"], c["at_s"], c["until_s"]) for c in late["changes"]] == [("start", 10, 30), ("leave", 30, 40)]
    assert [c["to_mbps"] for c in early["changes"]] == [pytest.approx(40 * FRACTION), pytest.approx(20 * FRACTION)]
    # Against the whole 40 Mbit/s over the run, against its part at a change.
    assert early["utilisation"] == pytest.approx(16.8 / 40)
    assert [c["utilisation_last5s"] for c in early["changes"]] == [pytest.approx(16.8 / 40), pytest.approx(16.8 / 20)]
    # Late's own time alone: 10 .. 39.98 s.
    assert late["goodput_mbps"] == pytest.approx(8 * (20 * 1 + 9.98 * 4) / 29.98)
    # The last 20 s are 20 .. 40: early 16 Mbit/s over the 10 s it was there, late 10 s at 8 and 9.98 s at 32.
    a, b = 16.0, 8 * (10 * 1 + 9.98 * 4) / 19.98
    assert summary["run"]["jain_last20s"] == pytest.approx((a + b) ** 2 / (2 * (a * a + b * b)))


def test_a_flow_crosses_only_its_hops(tmp_path):
    """Hops of 10 and 40 Mbit/s, 20 % loss on the first: a flow over the second alone is measured by that one."""
    scenario = {
        "name": "hops",
        "duration": "10s",
        "path": {
            "forward": {
                "hops": [
                    {"name": "radio", "rate": "10Mbps", "loss": "20%"},
                    {"name": "core", "rate": "40Mbps", "loss": {"kind": "gilbert-elliott", "p": "1%", "r": "3%"}},
                ]
            }
        },
        "flows": [{"name": "one", "hops": {"forward": ["core"]}}, {"name": "both"}],
    }
    rows = {"ticks": ticks(0, 10, [(0, 8)], {"received_wire_bytes": [(0, 1e6)]})}
    hops = [path("forward.radio", 10, [(0, 10)]), path("forward.core", 10, [(0, 40)])]
    folder = draw(tmp_path, scenario, flows={"one": rows, "both": rows}, hops=hops, timing={"simulated_s": 10.0})
    flows = summarise(open_run(folder.path))["flows"]
    # Gilbert-Elliott is in the bad state p / (p + r) = 25 % of the time, and loses all there.
    assert flows["one"]["utilisation"] == pytest.approx(8 / (40 * 0.75))
    assert flows["both"]["utilisation"] == pytest.approx(8 / (10 * 0.8 * 0.75))


def test_capacity_is_capped_by_what_the_flow_can_use(tmp_path):
    """No bottleneck, then 1 Gbit/s: rate.max 120 Mbit/s needs 120 x 1242 / 1188 on the wire."""
    scenario = {"name": "wide", "duration": "10s", "path": {"forward": {"rate": "1Gbps"}}, "flows": [{"name": "video"}]}
    rows = {"ticks": ticks(0, 10, [(0, 120)], {"received_wire_bytes": [(0, 120e6 / 8 / FRACTION)]})}
    hops = [path("forward.link", 10, [(0, math.inf), (5, 1000)])]
    folder = draw(tmp_path, scenario, flows={"video": rows}, hops=hops, timing={"simulated_s": 10.0})
    video = summarise(open_run(folder.path))["flows"]["video"]
    assert video["utilisation"] == pytest.approx(1.0, rel=1e-6)
    assert video["changes"][0]["utilisation_last5s"] == pytest.approx(1.0, rel=1e-6)


def test_oscillations_count_within_changes(tmp_path):
    """A rate that follows the path down and up does not oscillate; one that swings around a steady share does."""
    scenario = {
        "name": "swinging",
        "duration": "20s",
        "path": {"forward": {"rate": "50Mbps"}},
        "timeline": [{"at": "5s", "forward": {"rate": "20Mbps"}}, {"at": "10s", "forward": {"rate": "50Mbps"}}],
        "flows": [{"name": "video"}],
    }
    following = [(0, 45), (5.5, 18), (10.5, 45)]
    swinging = [*following, (16, 30), (17, 45), (18, 30), (19, 45)]
    for name, rate, per_min, last in (("a", following, 0.0, 0), ("b", swinging, 6.0, 2)):
        rows = {"ticks": ticks(0, 20, rate, {})}
        hops = [path("forward.link", 20, [(0, 50), (5, 20), (10, 50)])]
        folder = draw(tmp_path / name, scenario, flows={"video": rows}, hops=hops, timing={"simulated_s": 20.0})
        video = summarise(open_run(folder.path))["flows"]["video"]
        assert video["oscillations_per_min"] == per_min  # two in a third of a minute
        assert [change["oscillations_last5s"] for change in video["changes"]] == [0, 0, last]


def test_zero_share_is_null(tmp_path):
    """An outage: nothing to rise to or to shoot over, nothing to utilise, nothing to oscillate around."""
    scenario = {
        "name": "outage",
        "duration": "12s",
        "path": {"forward": {"rate": "50Mbps"}},
        "timeline": [{"at": "4s", "forward": {"rate": "0bps"}}, {"at": "8s", "forward": {"rate": "50Mbps"}}],
        "flows": [{"name": "video"}],
    }
    rows = {"ticks": ticks(0, 12, [(0, 45), (4.5, 5), (9, 45)], {"sent_bytes": [(0, 5e6), (5, 0), (6.5, 5e6)]})}
    hops = [path("forward.link", 12, [(0, 50), (4, 0), (8, 50)])]
    folder = draw(tmp_path, scenario, flows={"video": rows}, hops=hops, timing={"simulated_s": 12.0})
    outage = summarise(open_run(folder.path))["flows"]["video"]["changes"][1]
    assert outage["to_mbps"] == 0.0
    for figure in ("rise_s", "settling_s", "overshoot", "to_80pct_s", "utilisation_last5s", "oscillations_last5s"):
        assert outage[figure] is None, figure
    assert outage["loss"] is None  # no packet came to anything
    assert outage["queue_delay_p95_ms"] is None  # shorter than 5 s
    assert outage["to_floor_s"] == pytest.approx(0.68)  # 5.05 is passed when no 45 is left in the average: 4.68 s
    assert outage["send_mbps_min"] == 0.0
    assert outage["iae_mbit"] == pytest.approx(0.5 * 45 + sum(41 - 4 * k for k in range(10)) * 0.02 + 5 * 3.3)


def test_a_change_shorter_than_a_second_has_no_lowest_send_rate(tmp_path):
    scenario = {
        **TWO,
        "timeline": [{"at": "5s", "forward": {"rate": "20Mbps"}}, {"at": "5.9s", "forward": {"rate": "40Mbps"}}],
    }
    rows = {"ticks": ticks(0, 30, [(0, 16)], {"sent_bytes": [(0, 2e6)]})}
    hops = [path("forward.link", 40, [(0, 40), (5, 20), (5.9, 40)])]
    folder = draw(tmp_path, scenario, flows={"early": rows}, hops=hops, timing={"simulated_s": 40.0})
    changes = summarise(open_run(folder.path))["flows"]["early"]["changes"]
    assert [change["send_mbps_min"] for change in changes[:3]] == [pytest.approx(16), None, pytest.approx(16)]


def test_a_killed_run_is_summarised_as_far_as_it_went(tmp_path):
    """Killed after 12 s: the second change is judged by its 2 s, the third does not exist, and nothing is NaN."""
    rows = {"ticks": ticks(0, 12, [(0, 5), (2, 45), (11, 18)], {"received_wire_bytes": [(0, 2.25e6)]})}
    hops = [path("forward.link", 12, [(0, 50), (10, 20)])]
    folder = draw(tmp_path, STEPPED, flows={"video": rows}, hops=hops, before_close=lambda recorder: recorder.flush())
    run = open_run(folder.path)
    assert (folder.path / "ticks.parquet").is_dir()
    summary = summarise(run)
    changes = summary["flows"]["video"]["changes"]
    assert [(change["at_s"], change["until_s"]) for change in changes] == [(0, 10), (10, 12)]
    assert changes[1]["settling_s"] is None
    assert changes[1]["queue_delay_p95_ms"] is None
    assert summary["run"]["simulated_s"] == 12.0
    assert summary["run"]["wall_s"] is None
    assert summary["run"]["speed"] is None
    json.dumps(summary, allow_nan=False)


def test_flows_that_never_ran(tmp_path):
    """Killed before the first row, or before the second flow began: the same names, all null."""
    nothing = draw(tmp_path / "a", TWO, flows={}, hops=[])
    rows = {"ticks": ticks(0, 5, [(0, 16)], {})}
    one = draw(tmp_path / "b", TWO, flows={"early": rows}, hops=[path("forward.link", 5, [(0, 40)])])
    for folder, silent in ((nothing, ("early", "late")), (one, ("late",))):
        summary = summarise(open_run(folder.path))
        for name in silent:
            figures = summary["flows"][name]
            assert figures["changes"] == []
            assert keys({**figures, "changes": [None]}) == keys({**flow_shape(), "changes": [None]})
            assert "null" in json.dumps(figures)
            assert not any(isinstance(value, int | float) for value in figures.values())
        json.dumps(summary, allow_nan=False)
    assert summarise(open_run(nothing.path))["run"]["jain_last20s"] is None

"""A real run on the virtual network, with every packet logged: the summary against figures counted from the packets."""

from __future__ import annotations

import itertools
import math

import polars as pl
import pytest

from nenc_lab import session
from nenc_lab.analysis.finish import finish
from nenc_lab.recording.open import open_run
from nenc_lab.scenario.load import parse

SCENARIO = {
    "version": 1,
    "name": "counted",
    "duration": "16s",
    "path": {"forward": {"rate": "40Mbps", "delay": "20ms"}, "reverse": {"delay": "20ms"}},
    "timeline": [{"at": "8s", "forward": {"rate": "15Mbps", "loss": "2%"}}],
    "flows": [{"name": "a"}, {"name": "b", "start": "2s", "stop": "14s", "packet": "800B"}],
}
STOPS = {"a": 16.0, "b": 14.0}


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    folder = session.run(parse(SCENARIO, "test"), out=tmp_path_factory.mktemp("runs"), argv=[], packets=True)
    return open_run(folder.path), finish(folder, "complete")


def nearest_rank(values: list[float], percent: int) -> float:
    return sorted(values)[max(0, math.ceil(percent * len(values) / 100 - 1e-9) - 1)]


def packets_of(run, flow: str) -> pl.DataFrame:
    return run.frame("packets").filter(pl.col("flow").cast(pl.String) == flow)


def last_tick(run, flow: str) -> float:
    return float(run.columns("ticks", flow, ["t_s"])["t_s"][-1])


@pytest.mark.parametrize("flow", ["a", "b"])
def test_queue_delay(counted, flow):
    """Bins are at most 1 % wide, 10 us below 1 ms, and named by their upper edge."""
    run, summary = counted
    arrived = packets_of(run, flow).filter((pl.col("fate").cast(pl.String) == "received") & (pl.col("received_s") < 16))
    waits = arrived["wait_ms"].to_list()
    for name, percent in (("p50", 50), ("p95", 95), ("p99", 99), ("max", 100)):
        exact = nearest_rank(waits, percent)
        assert exact <= summary["flows"][flow]["queue_delay_ms"][name] <= 1.0101 * exact + 0.0101
    for change in summary["flows"][flow]["changes"]:
        begin, end = change["at_s"], change["until_s"]
        inside = arrived.filter((pl.col("received_s") >= begin) & (pl.col("received_s") < end))
        assert change["queue_delay_max_ms"] == pytest.approx(inside["wait_ms"].max(), rel=0.0101, abs=0.0101)
        calm = inside.filter(pl.col("received_s") >= begin + 5)["wait_ms"].to_list()
        if end - begin > 5:
            exact = nearest_rank(calm, 95)
            assert exact <= change["queue_delay_p95_ms"] <= 1.0101 * exact + 0.0101
        else:
            assert change["queue_delay_p95_ms"] is None


@pytest.mark.parametrize("flow", ["a", "b"])
def test_loss_and_delivery(counted, flow):
    run, summary = counted
    end = last_tick(run, flow)
    packets = packets_of(run, flow)
    arrived = packets.filter((pl.col("fate").cast(pl.String) == "received") & (pl.col("received_s") <= end))
    lost = packets.filter(pl.col("fate").cast(pl.String).is_in(["dropped", "lost"])).height
    figures = summary["flows"][flow]
    # A loss has no time of its own in packets.parquet: a few of the last ones may come after the last tick.
    assert figures["loss"] == pytest.approx(lost / (lost + arrived.height), rel=0.02)
    assert lost > 50
    begin = 2.0 if flow == "b" else 0.0
    media = (arrived["wire_bytes"] - 54).sum()
    assert figures["goodput_mbps"] == pytest.approx(8e-6 * media / (end - begin), rel=1e-9)
    usable = 40e6 * (8 - begin) + 15e6 * 0.98 * (end - 8)
    assert figures["utilisation"] == pytest.approx(8 * arrived["wire_bytes"].sum() / usable, rel=1e-9)


@pytest.mark.parametrize("flow", ["a", "b"])
def test_frames(counted, flow):
    """Frames put together again from their packets."""
    run, summary = counted
    fates = packets_of(run, flow).with_columns(pl.col("fate").cast(pl.String))
    frames = run.frame("frames").filter(pl.col("flow").cast(pl.String) == flow).filter(pl.col("pending") == 0)
    last_in = fates.filter(pl.col("fate") == "received").group_by("frame").agg(pl.col("received_s").max())
    broken = fates.filter(pl.col("fate").is_in(["dropped", "lost"])).group_by("frame").agg(pl.len().alias("broken"))
    whole = frames.join(last_in, on="frame", how="left").join(broken, on="frame", how="left")
    shown = whole.filter(pl.col("received_s").is_not_null())
    delays = ((shown["received_s"] - shown["t_s"]) * 1e3).to_list()
    figures = summary["flows"][flow]
    for name, percent in (("p50", 50), ("p95", 95), ("p99", 99)):
        assert figures["frame_delay_ms"][name] == pytest.approx(nearest_rank(delays, percent), rel=1e-9)
    assert figures["late_frames"] == sum(delay > 400 for delay in delays)
    assert figures["damaged_frames"] == shown.filter(pl.col("broken") > 0).height > 0
    times = [*sorted(shown["received_s"].to_list())]
    gaps = [later - earlier for earlier, later in itertools.pairwise([*times, max(STOPS[flow], times[-1])])]
    frozen = [gap for gap in gaps if gap >= 1 / 60 + 0.150]
    assert figures["freezes"] == len(frozen)
    assert figures["freeze_s"] == pytest.approx(sum(frozen))


def test_shares_and_fairness(counted):
    run, summary = counted
    kinds = {flow: [change["kind"] for change in summary["flows"][flow]["changes"]] for flow in ("a", "b")}
    assert kinds == {"a": ["start", "join", "capacity+loss", "leave"], "b": ["start", "capacity+loss"]}
    fraction = {"a": 1188 / 1242, "b": 788 / 842}
    for flow, at, wire in (("a", 0, 40), ("a", 1, 20), ("a", 2, 7.5), ("a", 3, 15), ("b", 0, 20), ("b", 1, 7.5)):
        share = summary["flows"][flow]["changes"][at]["to_mbps"]
        assert share == pytest.approx(max(wire * fraction[flow], 0), rel=1e-9)
    goodput = [summary["flows"][flow]["goodput_mbps"] for flow in ("a", "b")]  # 16 s: the last 20 s are all of it
    assert summary["run"]["jain_last20s"] == pytest.approx(sum(goodput) ** 2 / (2 * sum(x * x for x in goodput)))
    assert summary["run"]["packets"] == run.columns("frames", only=["packets"])["packets"].sum()

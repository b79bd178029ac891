"""What every network promises the engine. One table: a new network is a line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from paths import (
    AT_ONCE_BPS,
    MEDIA_BYTES,
    MS_NS,
    OVERHEAD_BYTES,
    SECOND_NS,
    WIRE_BYTES,
    counters,
    flow,
    link,
    network,
    send,
)

from nenc_lab.errors import InternalError
from nenc_lab.network.base import (
    JitterSetting,
    LinkChange,
    LossSetting,
    Network,
    QueueSetting,
)
from nenc_lab.scenario.capacity import Opportunities, Ramp, RateProgram

NETWORKS: dict[str, Callable[..., Any]] = {"virtual": network}

pytestmark = pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)

FRAME = 10 * MEDIA_BYTES


def both_ways(forward_bps: float | None = 20e6, **changes: Any) -> list[Any]:
    return [link(forward_bps, 10.0, **changes), link(None, 30.0, "reverse")]


def test_a_frame_there_and_a_report_back(make: Any) -> None:
    net: Network = make(both_ways(), [flow()])
    net.set_target(0, 0, AT_ONCE_BPS)
    assert net.send_frame(0, 1 * MS_NS, 5 * MS_NS, FRAME, 3, 1 | 2160 << 16, 21.0, 40.0, 0.9) == 0
    serial = WIRE_BYTES * 8 / 20e6
    net.send_report(0, 60 * MS_NS)
    assert 60 * MS_NS < net.next_report(0) <= 90 * MS_NS
    assert net.take_report(0, 90 * MS_NS - 1) is None
    sample = net.take_report(0, 90 * MS_NS)
    assert sample is not None
    assert sample.time_ns == 90 * MS_NS
    assert sample.rtt_ms == pytest.approx(10 + 10 * serial * 1e3 + 30, abs=1e-3)
    assert sample.throughput_kbps == pytest.approx(20e3 * MEDIA_BYTES / WIRE_BYTES, abs=1)
    assert (sample.loss, sample.ecn) == (0.0, 0.0)
    assert net.take_report(0, 90 * MS_NS) is None
    assert net.next_report(0) == 2**63 - 1

    row = net.take_frames(0, all_=False)[0]
    assert (row["frame"], row["capture_ns"], row["ready_ns"]) == (0, 1 * MS_NS, 5 * MS_NS)
    assert row["sent_ns"] == 5 * MS_NS
    assert row["received_ns"] / 1e9 == pytest.approx(0.015 + 10 * serial, abs=1e-8)
    assert (row["packets"], row["lost"], row["pending"], row["bytes"], row["tag"]) == (10, 0, 0, FRAME, 3)
    assert (row["flags"], row["qp"], row["psnr"]) == (1 | 2160 << 16, 21.0, 40.0)
    assert len(net.take_frames(0, all_=True)) == 0
    got = counters(net)
    assert (got.sent_packets, got.received_packets, got.received_bytes, got.backlog_bytes) == (10, 10, FRAME, 0)
    assert got.received_wire_bytes == FRAME + 10 * OVERHEAD_BYTES
    net.close()


def test_silence_makes_no_report(make: Any) -> None:
    net: Network = make(both_ways(), [flow()])
    for t in range(1, 20):
        net.send_report(0, t * 50 * MS_NS)
    assert net.next_report(0) == 2**63 - 1
    assert counters(net).reports_sent == 0
    net.close()


def test_path_rows_every_ten_ms_and_hop(make: Any) -> None:
    net: Network = make([link(20e6), link(None), link(1e6, 5.0, "reverse")], [flow(0, 1)])
    net.cut_delays(SECOND_NS)
    rows = net.take("path")
    assert list(rows["t_ns"][:3]) == [10 * MS_NS] * 3
    assert list(rows["link"][:3]) == [0, 1, 2]
    assert len(rows) == 300
    capacity = rows["capacity_bps"].reshape(100, 3)
    assert capacity[:, 0] == pytest.approx(20e6)
    assert np.isinf(capacity[:, 1]).all()
    assert capacity[:, 2] == pytest.approx(1e6)
    assert len(net.take("path")) == 0
    net.close()


def test_every_change_takes_effect(make: Any) -> None:
    """Capacity, delay, queue, loss, jitter, duplication: seen in what a steady flow gets before and after."""
    changes = [
        LinkChange(0, rate_bps=4e6),
        LinkChange(0, rate_bps=20e6, delay_ns=100 * MS_NS),
        LinkChange(0, delay_ns=10 * MS_NS, loss=LossSetting("bernoulli", p=0.5)),
        LinkChange(0, loss=LossSetting(), jitter=JitterSetting("reorder", 5 * MS_NS, 15 * MS_NS)),
        LinkChange(0, jitter=JitterSetting(), duplicate=0.5),
        LinkChange(0, duplicate=0.0, rate_bps=4e6, queue=QueueSetting("packets", 1)),
    ]
    net: Network = make(both_ways(queue=QueueSetting("ms", 300 * MS_NS)), [flow()])
    net.set_target(0, 0, AT_ONCE_BPS)
    for second, change in enumerate([None, *changes]):
        if change is not None:
            net.apply(second * SECOND_NS, change)
        for t in range(second * SECOND_NS, (second + 1) * SECOND_NS, MS_NS):
            send(net, 0, t, MEDIA_BYTES)
    net.cut_delays(8 * SECOND_NS)
    rows = net.take("packets")
    second = rows["sent_ns"] // SECOND_NS
    delay = (rows["received_ns"] - rows["sent_ns"]) / MS_NS
    got = [rows["fate"][second == n] for n in range(7)]
    serial = WIRE_BYTES * 8 / 20e6 * 1e3
    assert set(got[0]) == {0}
    assert delay[second == 0] == pytest.approx(10 + serial, abs=1e-5)
    assert (got[1] == 1).mean() > 0.25  # 9.9 Mbit/s into 4
    assert rows["wait_ns"][(second == 1) & (rows["fate"] == 0)].max() == pytest.approx(300 * MS_NS, rel=0.02)
    late = (second == 2) & (rows["sent_ns"] > 2.5 * SECOND_NS)
    assert delay[late] == pytest.approx(100 + serial, abs=1e-5)
    assert (got[3] == 2).mean() == pytest.approx(0.5, abs=0.08)
    assert np.diff(rows["sequence"][(second == 4) & (rows["fate"] == 0)]).min() < 0
    assert (got[5] == 3).sum() == pytest.approx(500, abs=80)
    assert rows["wait_ns"][(second == 6) & (rows["fate"] == 0)][-100:].max() == 0
    net.close()


def test_a_ramp_is_linear_and_its_integral_exact(make: Any) -> None:
    """10 -> 50 Mbit/s over 2 s from 1.003 s on, turned back to 20 Mbit/s in mid-ramp over 1 s."""
    net: Network = make([link(10e6, 0.0)], [flow()])
    net.apply(1_003 * MS_NS, LinkChange(0, rate_bps=50e6, ramp=Ramp(10e6, 50e6, 2 * SECOND_NS)))
    net.apply(2_503 * MS_NS, LinkChange(0, rate_bps=20e6, ramp=Ramp(40e6, 20e6, SECOND_NS)))
    net.cut_delays(5 * SECOND_NS)
    rows = net.take("path")
    t = rows["t_ns"] / 1e9 - 0.005
    expected = np.interp(t, [0, 1.003, 2.503, 3.503, 5], [10e6, 10e6, 40e6, 20e6, 20e6])
    assert rows["capacity_bps"] == pytest.approx(expected, abs=0.2e6)
    bits = rows["capacity_bps"].sum() * 0.01
    assert bits == pytest.approx(10e6 * 1.003 + 25e6 * 1.5 + 30e6 * 1.0 + 20e6 * 1.497, rel=1e-9)
    net.close()


def test_a_ramp_down_to_an_outage_and_up_again(make: Any) -> None:
    net: Network = make([link(10e6, 0.0)], [flow()])
    net.apply(SECOND_NS, LinkChange(0, rate_bps=0.0, ramp=Ramp(10e6, 0.0, SECOND_NS)))
    net.apply(3 * SECOND_NS, LinkChange(0, rate_bps=10e6, ramp=Ramp(0.0, 10e6, SECOND_NS)))
    net.cut_delays(5 * SECOND_NS)
    capacity = net.take("path")["capacity_bps"]
    assert capacity[200:300].max() == 0.0
    assert capacity.sum() * 0.01 == pytest.approx(10e6 + 5e6 + 0 + 5e6 + 10e6, rel=1e-9)
    net.close()


def test_capacity_programs(make: Any) -> None:
    steps = RateProgram(np.array([0, 30 * MS_NS, 60 * MS_NS]), np.array([8e6, 0.0, 24e6]), 90 * MS_NS)
    turns = Opportunities(np.arange(10, dtype=np.int64) * MS_NS, 1504.0, 10 * MS_NS)
    for capacity, mean in ((steps, 32e6 / 3), (turns, 1504 * 8e3)):
        net: Network = make([link(None, 0.0, capacity=capacity, queue_rate_bps=mean)], [flow()])
        net.set_target(0, 0, AT_ONCE_BPS)
        send(net, 0, 1, 4000 * MEDIA_BYTES)
        net.cut_delays(9 * 90 * MS_NS)
        got = counters(net).received_wire_bytes * 8 / 0.81
        assert got == pytest.approx(mean, rel=0.01)
        assert net.take("path")["capacity_bps"].mean() == pytest.approx(mean, rel=0.01)
        net.close()


def test_what_waits_at_the_end_is_told(make: Any) -> None:
    net: Network = make(both_ways(1e6), [flow()])
    net.set_target(0, 0, AT_ONCE_BPS)
    for t in range(5):
        send(net, 0, t * 10 * MS_NS, FRAME)
    net.cut_delays(150 * MS_NS)
    done, rest = net.take_frames(0, all_=False), net.take_frames(0, all_=True)
    assert list(done["frame"]) == [0]
    assert list(rest["frame"]) == [1, 2, 3, 4]
    assert rest["pending"].tolist() == [10 - 4, 10, 10, 10]
    net.close()


def test_two_of_a_seed_are_one(make: Any) -> None:
    def rows(seed: int) -> bytes:
        lossy = both_ways(
            loss=LossSetting("gilbert-elliott", 0.02, 0.3), jitter=JitterSetting("ordered", MS_NS, 3 * MS_NS)
        )
        net: Network = make(lossy, [flow()], seed=seed)
        net.set_target(0, 0, 10e6)
        for t in range(200):
            send(net, 0, t * 16 * MS_NS, 20_000)
        net.cut_delays(4 * SECOND_NS)
        taken = b"".join(net.take(what).tobytes() for what in ("packets", "path", "delays"))
        net.close()
        return taken

    assert rows(1) == rows(1)
    assert rows(1) != rows(2)


def test_time_does_not_run_backwards(make: Any) -> None:
    net: Network = make(both_ways(), [flow()])
    net.cut_delays(SECOND_NS)
    with pytest.raises(InternalError, match=r"range|backwards"):
        net.set_target(0, SECOND_NS - 1, 1e6)
    net.close()


def test_close_twice(make: Any) -> None:
    net: Network = make(both_ways(), [flow()])
    net.close()
    net.close()

"""What the qdiscs of a hop are after each change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nenc_lab.network.base import (
    JitterSetting,
    LinkChange,
    LinkSetting,
    LossSetting,
    QueueSetting,
)
from nenc_lab.real.qdiscs import limits
from nenc_lab.real.qdiscs.link_state import first_state
from nenc_lab.real.qdiscs.qdiscs import FIFO_RATE_BPS, Bfifo, Cake, Codel, FqCodel, HfscClass, Pfifo, Pie
from nenc_lab.real.qdiscs.support import refusals, remarks
from nenc_lab.real.qdiscs.tc_options import encode
from nenc_lab.scenario.capacity import Opportunities, Ramp, RateProgram

MS = 1_000_000
LINK = LinkSetting("forward", 20e6, 20 * MS)
BURSTS = LossSetting("gilbert-elliott", 0.01, 0.3)


def state(link=LINK, changes=()):
    return first_state(link, list(changes))


def test_a_queue_in_ms_follows_the_rate_and_outlives_an_outage():
    now = state()
    assert (now.bottleneck(), now.queue_options()) == (HfscClass(20_000_000), Bfifo(750_000))
    now = now.after(LinkChange(0, rate_bps=5e6))
    assert (now.bottleneck(), now.queue_options()) == (HfscClass(5_000_000), Bfifo(187_500))
    now = now.after(LinkChange(0, rate_bps=0.0))
    assert (now.bottleneck(), now.queue_options()) == (HfscClass(0), Bfifo(187_500))
    now = now.after(LinkChange(0, rate_bps=20e6))
    assert (now.bottleneck(), now.queue_options()) == (HfscClass(20_000_000), Bfifo(750_000))


def test_on_a_trace_it_is_the_mean_and_in_bytes_it_stays():
    trace = RateProgram(np.array([0]), np.array([8e6]), 0)
    link = LinkSetting("forward", None, 0, capacity=trace, queue_rate_bps=10e6)
    assert state(link).after(LinkChange(0, rate_bps=1e6)).queue_options() == Bfifo(375_000)
    link = LinkSetting("forward", 1e6, 0, QueueSetting("bytes", 40_000))
    assert state(link).after(LinkChange(0, rate_bps=9e6)).queue_options() == Bfifo(40_000)


def test_a_trace_stands_at_its_mean_before_the_run():
    trace = RateProgram(np.array([0, 5]), np.array([8e6, 4e6]), 10)
    assert state(LinkSetting("forward", None, 0, capacity=trace)).rate_bps == 6e6
    assert state(LinkSetting("forward", None, 0, capacity=trace, queue_rate_bps=5e6)).rate_bps == 5e6
    chances = Opportunities(np.arange(0, 1000 * MS, 10 * MS), 1504.0, 1000 * MS)
    assert state(LinkSetting("forward", None, 0, capacity=chances)).bottleneck().rate_bps == 100 * 1504 * 8


def test_a_queue_of_packets_is_a_pfifo():
    now = state(LinkSetting("forward", 1e6, 0, QueueSetting("packets", 50)))
    assert now.queue_options() == Pfifo(50)


def test_an_ecn_threshold_is_a_codel_that_never_drops():
    child = state(LinkSetting("forward", 10e6, 0, ecn_ns=5 * MS)).queue_options()
    assert isinstance(child, Codel)
    assert child.ce_ns == 5 * MS
    assert child.target_ns > 100_000 * MS
    assert child.limit_packets == 375_000 // 1242


AQM = {"target": 5 * MS, "interval": 100 * MS, "ecn": True}
MANAGED = [
    (QueueSetting("packets", 900, "codel", AQM), Codel(5 * MS, 100 * MS, 900, ecn=True)),
    (
        QueueSetting("packets", 900, "fq-codel", AQM | {"flows": 64, "quantum": 300, "memory": 10**6}),
        FqCodel(5 * MS, 100 * MS, 900, ecn=True, flows=64, quantum_bytes=300, memory_bytes=10**6),
    ),
    (
        QueueSetting("packets", 900, "pie", {"target": 15 * MS, "tupdate": 30 * MS, "ecn": False}),
        Pie(15 * MS, 30 * MS, 900, ecn=False),
    ),
    (
        QueueSetting("bytes", 10**6, "cake", {"rtt": 50 * MS, "memory": 10**6, "isolation": "flows"}),
        Cake(50 * MS, 10**6, "flows"),
    ),
]


@pytest.mark.parametrize(("queue", "qdisc"), MANAGED, ids=lambda value: value.kind)
def test_a_queue_management_is_the_child_of_the_bottleneck(queue, qdisc):
    link = LinkSetting("forward", 10e6, 0, queue=queue)
    assert state(link).queue_options() == qdisc
    assert state(link).after(LinkChange(0, rate_bps=1e6)).queue_options() == qdisc
    assert refusals([link], []) == []


def test_a_threshold_beside_a_law_is_codels_alone():
    codel, *others = [replace(LinkSetting("forward", 10e6, 0, ecn_ns=9 * MS), queue=queue) for queue, _ in MANAGED]
    assert state(codel).queue_options() == Codel(5 * MS, 100 * MS, 900, ecn=True, ce_ns=9 * MS)
    assert refusals([codel], []) == []
    for link in others:
        assert refusals([link], [])[0][1].startswith(f"an ECN threshold beside {link.queue.kind}: leave ecn out")


def test_flows_of_a_hash_cannot_change():
    queue = MANAGED[1][0]
    link = LinkSetting("forward", 10e6, 0, queue=queue)
    assert refusals([link], [LinkChange(0, queue=replace(queue, parameters=queue.parameters | {"target": MS}))]) == []
    ((_, text),) = refusals([link], [LinkChange(0, queue=replace(queue, parameters=queue.parameters | {"flows": 32}))])
    assert "number of flows" in text


def test_a_rate_that_stays_briefly_pays_for_the_packet_that_a_change_forgets():
    step = state().after(LinkChange(0, rate_bps=20e6), hold_ns=50 * MS).bottleneck()
    assert step.rate_bps / 8 * 0.05 + limits.WIRE_BYTES / 2 == pytest.approx(20e6 / 8 * 0.05, rel=1e-6)
    slow = state().after(LinkChange(0, rate_bps=100e3), hold_ns=50 * MS).bottleneck()
    assert slow.rate_bps == 50_000


def test_only_reordering_jitter_may_overtake():
    assert state().exit().rate_bps == FIFO_RATE_BPS
    ordered = state().after(LinkChange(0, jitter=JitterSetting("ordered", 5 * MS, 15 * MS))).exit()
    # what comes out behind a late packet comes at the link's rate, and its own time is not paid twice
    assert ordered.rate_bps == 21_000_000
    assert ordered.delay_ns + round(limits.WIRE_BYTES * 8e9 / ordered.rate_bps) == 20 * MS
    reorder = state().after(LinkChange(0, jitter=JitterSetting("reorder", 5 * MS, 15 * MS))).exit()
    assert (reorder.rate_bps, reorder.delay_ns) == (0, 20 * MS)


def test_the_delay_line_holds_all_that_is_under_way_at_the_highest_rate():
    changes = [LinkChange(0, rate_bps=1e9), LinkChange(0, delay_ns=200 * MS)]
    now = state(changes=changes)
    for change in changes:
        now = now.after(change)
    assert now.exit().limit_packets > 1e9 / 8 * 0.2 / limits.SMALLEST_BYTES


def test_loss_is_where_it_was_put():
    link = LinkSetting("forward", 1e6, 0, loss=BURSTS)
    assert state(link).exit().loss == BURSTS
    entry = state(LinkSetting("forward", 1e6, 0, loss=BURSTS, loss_at="entry"))
    assert entry.entry().loss == BURSTS
    assert entry.exit().loss.kind == "none"


def test_what_the_kernel_cannot_is_refused_with_its_place():
    links = [LINK, LinkSetting("reverse", 500.0, 0, jitter=JitterSetting("ordered", MS, 3000 * MS))]
    found = refusals(links, [LinkChange(0, queue=QueueSetting("packets", 5))])
    assert [link for link, _ in found] == [0, 1, 1]
    assert "packets" in found[0][1]
    assert "8 kbit/s" in found[1][1]
    assert refusals([LINK], [LinkChange(0, rate_bps=0.0)]) == []


def test_more_than_a_class_can_carry_is_refused_wherever_it_is_asked_for():
    most = float(limits.UNLIMITED_BPS)
    program = RateProgram(np.array([0, MS]), np.array([1e6, 2 * most]), 0)
    for link, change in (
        (LinkSetting("forward", 2 * most, 0), LinkChange(0, delay_ns=5)),
        (LINK, LinkChange(0, rate_bps=2 * most)),
        (LinkSetting("forward", None, 0, capacity=program), LinkChange(0, delay_ns=5)),
    ):
        ((number, text),) = refusals([link], [change])
        assert number == 0
        assert "64 Gbit/s: at most 32 Gbit/s" in text
    assert encode(HfscClass(limits.UNLIMITED_BPS))
    assert state(LinkSetting("forward", 2 * most, 0)).bottleneck() == HfscClass(limits.UNLIMITED_BPS)
    assert refusals([LinkSetting("forward", most, 0)], []) == []
    ((_, text),) = refusals([LinkSetting("forward", 1e6, 0, queue=QueueSetting("bytes", 5 << 30))], [])
    assert "1 GiB" in text


def test_what_differs_is_said():
    trace = LinkSetting("forward", None, 0, capacity=Opportunities(np.array([0]), 1504.0, 0), ecn_ns=MS)
    assert len(remarks([trace], [LinkChange(0, rate_bps=0.0)])) == 2
    lossy = LinkSetting("forward", 1e6, 0, loss=BURSTS)
    assert len(remarks([lossy], [LinkChange(0, delay_ns=5)])) == 1
    assert remarks([LINK], [LinkChange(0, rate_bps=1e6)]) == []
    assert remarks([LINK], [LinkChange(0, rate_bps=100e3)]) == []
    assert len(remarks([LINK], [LinkChange(0, rate_bps=100e3, ramp=Ramp(8e6, 100e3, 5 * MS))])) == 1

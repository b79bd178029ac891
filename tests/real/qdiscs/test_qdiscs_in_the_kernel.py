"""Physical assertions on real qdiscs with real packets."""

from __future__ import annotations

import math

import pytest


@pytest.mark.parametrize("delay_ms", [0, 20, pytest.param(75, marks=pytest.mark.slow)])
def test_a_round_trip_is_twice_the_delay_within_1500_us(best, delay_ms):
    got = best("round_trip", lambda r: r["median"] - 2 * delay_ms, 1.5, delay_ms=delay_ms)
    assert got["least"] >= 2 * delay_ms
    assert got["median"] <= 2 * delay_ms + 1.5


def test_the_first_packet_waits_for_nobodys_address(best):
    got = best("round_trip", lambda r: r["first"] - 20, 3.0, delay_ms=10)
    assert got["first"] <= 23.0


@pytest.mark.parametrize("rate_bps", [20e6, pytest.param(100e6, marks=pytest.mark.slow)])
def test_the_rate_is_what_was_asked_for_within_1_percent(best, rate_bps):
    got = best("rate", lambda r: abs(r["share"] - 1), 0.002, rate_bps=rate_bps)
    assert got["share"] == pytest.approx(1, abs=0.01)


@pytest.mark.slow
def test_a_pause_saves_nothing(best):
    got = best("after_a_pause", lambda r: max(abs(t - 1) for t in r["took"]), 0.03)
    assert got["took"] == pytest.approx([1] * 5, abs=0.03)


@pytest.mark.slow
def test_a_step_acts_on_what_is_queued_at_once(best):
    expected = 20e6 * 0.3 / 8 / 1242
    got = best("step_down", lambda r: abs(r["after"] / expected - 1), 0.05)
    assert got["queued"] > expected
    assert got["after"] == pytest.approx(expected, rel=0.05)


def test_random_loss_is_random(kernel):
    got = kernel("lossy", kind="bernoulli", count=40_000)
    lost = got["lost"]
    assert lost == got["drops"]
    assert abs(lost - got["sent"] * 0.01) < 4.5 * math.sqrt(got["sent"] * 0.01 * 0.99)
    assert lost / got["runs"] == pytest.approx(1 / 0.99, abs=0.06)


def test_gilbert_elliott_loss_comes_in_bursts(kernel):
    got = kernel("lossy", kind="gilbert-elliott", count=60_000)
    assert got["lost"] == got["drops"]
    assert got["lost"] / got["sent"] == pytest.approx(0.01 / 0.31, rel=0.2)
    assert got["lost"] / got["runs"] == pytest.approx(1 / 0.3, rel=0.12)


def test_loss_at_the_entry_spares_the_bottleneck(kernel):
    got = kernel("entry_loss")
    assert got["through"] == got["got"] == got["sent"] - got["drops"]
    assert 0.4 < got["got"] / got["sent"] < 0.6


@pytest.mark.slow
def test_ordered_jitter_never_reorders_and_the_other_does(kernel):
    ordered = kernel("jitter", kind="ordered")
    assert (ordered["got"], ordered["overtaken"]) == (ordered["sent"], 0)
    reorder = kernel("jitter", kind="reorder")
    assert reorder["got"] == reorder["sent"]
    assert reorder["overtaken"] > reorder["sent"] / 10


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ordered", "reorder"])
def test_jitter_is_the_folded_normal(best, kind):
    # |N(0, 5 ms)| cut at 10 ms: mean 3.90 ms
    got = best("delay_spread", lambda r: abs(r["mean"] - 3.9 - 0.4), 1.3, kind=kind)
    assert 2.6 < got["mean"] < 5.6
    assert 0 <= got["least"] < 1.5
    assert got["most"] > 7


def test_a_shorter_delay_lets_none_overtake(kernel):
    got = kernel("shorter_delay")
    assert (got["got"], got["overtaken"]) == (got["sent"], 0)


def test_an_outage_passes_nothing_and_ends_at_once(best):
    got = best("outage", lambda r: r["first_ms"], 10)
    assert got["during"] == 0
    assert got["first_ms"] <= 10
    assert got["got"] == got["sent"] == got["counted"] - 1  # the one that woke the queue
    assert got["drops"] == 0


def test_a_full_queue_moves_when_the_rate_comes_back_although_nothing_arrives(kernel):
    got = kernel("full_queue_outage")
    assert got["before"] == 0
    assert got["after"] == got["before"] + 50


@pytest.mark.iproute2
def test_the_limit_follows_the_rate_as_tc_sees_it(kernel):
    said = kernel("limits")
    assert said == [
        ["m1 0bit d 0us m2 20Mbit", 750_000],
        ["m1 0bit d 0us m2 5Mbit", 187_500],
        ["m1 0bit d 4e+03s m2 8bit", 187_500],
        ["m1 0bit d 0us m2 80Mbit", 3_000_000],
        ["m1 0bit d 0us m2 80Mbit", 50_000],
    ]


@pytest.mark.slow
@pytest.mark.iproute2
def test_the_printed_commands_make_the_same_network(kernel, tmp_path):
    got = kernel("printed_commands", folder=str(tmp_path))
    for ours, tcs in got["pairs"]:
        assert near(ours, tcs)
    assert got["routes"] == got["named_routes"]
    assert got["left"] == []


def near(ours, tcs):
    """Equal, numbers within what tc's words round away."""
    if isinstance(ours, dict):
        assert ours.keys() == tcs.keys()
        return all(near(ours[key], tcs[key]) for key in ours)
    if isinstance(ours, list):
        assert len(ours) == len(tcs)
        return all(near(a, b) for a, b in zip(ours, tcs, strict=True))
    if isinstance(ours, float):
        assert ours == pytest.approx(tcs, abs=2e-6, rel=1e-6)
        return True
    assert ours == tcs
    return True


def test_every_pair_talks_over_its_hops_only(kernel):
    got = kernel("many_hops")
    assert got["idle"] == [0, 0, 0, 0, 0]
    ways = [[1, 1, 1, 1, 1], [0, 1, 0, 1, 1], [0, 0, 1, 1, 1], [1, 1, 0, 1, 1], [1, 1, 1, 0, 1]]
    for (least_ms, counted), hops in zip(got["pairs"], ways, strict=True):
        assert counted == [5 * hop for hop in hops]
        assert least_ms >= sum(hops)


def test_no_packet_is_more_than_a_packet(kernel):
    got = kernel("sizes")
    assert 1000 < got["tcp"] <= 1514
    assert (got["udp_packets"], got["udp"]) == (20 * 40, 1242)


def test_packets_that_waited_longer_than_the_threshold_are_marked(kernel):
    got = kernel("marked")
    assert got["counted"] == got["ce"] > 0.6 * got["got"]
    # 10 Mbit/s: a packet a millisecond
    assert 15 <= got["first"] <= 30


@pytest.mark.iproute2
@pytest.mark.parametrize("kind", ["codel", "fq_codel", "pie", "cake", "pfifo", "bfifo"])
def test_every_queue_can_be_the_bottlenecks(kernel, kind):
    assert kernel("aqm", kind=kind)


@pytest.mark.iproute2
def test_our_netem_is_told_like_tcs(kernel):
    ours, tcs = kernel(
        "raw_options",
        line="netem limit 2564 delay 20000us 3752us loss gemodel 1% 30% 90% 0.5% duplicate 2% rate 32000000000bit",
        netem={
            "limit_packets": 2564,
            "delay_ns": 20_000_000,
            "jitter_ns": 3_752_000,
            "duplicate": 0.02,
            "rate_bps": 32_000_000_000,
        },
    )
    assert ours == tcs


@pytest.mark.slow
def test_a_ramp_carries_its_integral(best):
    got = best("ramp", lambda r: abs(r["carried"] / (1 + (r["took"] - 2) * 40 / 50) - 1), 0.03)
    assert got["carried"] == pytest.approx(1 + (got["took"] - 2) * 40 / 50, rel=0.03)
    assert got["steps"] == 41


def test_duplicates_come_twice(kernel):
    got = kernel("duplicates")
    assert got["distinct"] == got["sent"]
    assert got["got"] - got["sent"] == pytest.approx(500, abs=100)


@pytest.mark.iproute2
def test_a_qdisc_that_somebody_removed_fails_the_run(kernel):
    said = kernel("removed_behind_our_back")
    assert "f0-rate out" in said
    assert "hfsc" in said
    assert "removed" in said


def test_polls_and_changes_are_cheap(best):
    got = best("costs", lambda r: max(r["poll"] / 0.4, r["change"] / 2, r["build"] / 1.5), 1)
    assert got["poll"] < 0.4
    assert got["change"] < 2
    assert got["build"] < 1.5


def test_nothing_is_left_behind(kernel):
    got = kernel("left_behind", count=12)
    assert got["after"] == got["before"]
    assert got["namespaces"] <= 5  # of 60; the kernel is slow to say that they are gone


def test_the_network_needs_no_heavy_package(kernel):
    assert kernel("imports_stay_light") == []

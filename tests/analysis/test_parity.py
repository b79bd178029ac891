"""Two networks side by side: intervals, verdicts, nulls, and what is said of a difference."""

from __future__ import annotations

from math import sqrt

import pytest
from drawn_run import delays, draw, frames, path, ticks
from scipy import stats

from nenc_lab.analysis.finish import finish
from nenc_lab.analysis.interval import difference, mean_of, paired_difference
from nenc_lab.analysis.metrics.metric import ChangeMetric
from nenc_lab.analysis.metrics.table import metric
from nenc_lab.analysis.pair import Verdict, overall, pair
from nenc_lab.analysis.parity import Side, compare
from nenc_lab.analysis.tolerance import TOLERANCES, Tolerance, changed, tolerances
from nenc_lab.errors import InputError
from nenc_lab.recording.open import open_run

ONE = [3.1, 2.7, 3.4, 3.0]
OTHER = [3.9, 4.4, 3.6]
FRACTION = 1188 / 1242


def test_intervals_are_scipys():
    known = stats.ttest_1samp(ONE, 0.0).confidence_interval(0.95)
    mean = mean_of(ONE)
    assert (mean.mean - mean.half, mean.mean + mean.half) == pytest.approx(tuple(known))
    known = stats.ttest_ind(OTHER, ONE, equal_var=False).confidence_interval(0.95)
    apart = difference(ONE, OTHER)
    assert (apart.mean - apart.half, apart.mean + apart.half) == pytest.approx(tuple(known))
    known = stats.ttest_rel(OTHER, ONE[:3]).confidence_interval(0.95)
    apart = paired_difference(ONE[:3], OTHER)
    assert (apart.mean - apart.half, apart.mean + apart.half) == pytest.approx(tuple(known))


def test_one_run_has_no_interval_and_equal_runs_one_of_no_width():
    assert mean_of([5.0]).half is None
    assert difference([5.0], OTHER).half is None
    assert mean_of([0.1] * 7).half == 0.0
    apart = difference([0.1] * 3, [0.1] * 3)
    assert (apart.mean, apart.half) == (0.0, 0.0)
    # the one that scatters decides alone
    assert difference([3.0] * 4, OTHER).half == pytest.approx(stats.t.ppf(0.975, 2) * stats.sem(OTHER))


SECOND = Tolerance(metric(ChangeMetric, "settling_s"), 1.0, 0.0, "a test's")


@pytest.mark.parametrize(
    ("first", "second", "paired", "verdict"),
    [
        ([3.0, 3.1, 3.2], [3.3, 3.4, 3.5], False, Verdict.AGREES),
        ([3.0, 3.1, 3.2], [5.3, 5.4, 5.5], False, Verdict.MISSES),
        ([3.0], [3.9], False, Verdict.AGREES),  # of single runs the means decide
        ([3.0], [4.1], False, Verdict.MISSES),
        # the interval is 8 s wide: neither within nor without
        ([1.0, 2.0, 10.0], [1.1, 2.1, 9.0], False, Verdict.UNDECIDED),
        ([1.0, 2.0, 10.0], [1.0, 0.9, 1.0], False, Verdict.UNDECIDED),
        # as wide, but 0 is not in it
        ([1.0, 2.0, 3.0], [11.0, 14.0, 12.0], False, Verdict.MISSES),
        # with the same seeds the scatter is common to both
        ([1.0, 2.0, 10.0], [1.1, 2.1, 10.2], True, Verdict.AGREES),
        ([1.0, 2.0, 10.0], [2.4, 3.5, 11.6], True, Verdict.MISSES),
        ([None, None], [None, None], False, Verdict.AGREES),
        ([None, None], [1.0, 1.0], False, Verdict.MISSES),
        ([1.0, 1.0], [None, None], True, Verdict.MISSES),
        ([None, 1.0, 1.1], [1.0, 1.1, 1.0], False, Verdict.UNDECIDED),
        ([None, 1.0, 1.1], [1.0, 1.1, 1.0], True, Verdict.UNDECIDED),
        ([None, 1.0, 1.1], [None, 1.1, 1.0], False, Verdict.UNDECIDED),  # whose seeds? nobody knows
        ([None, 1.0, 1.1], [None, 1.05, 1.1], True, Verdict.AGREES),
        ([None, 1.0, 1.1], [9.0, 9.1, 9.0], True, Verdict.MISSES),  # what is known is outside already
    ],
)
def test_verdicts(first, second, paired, verdict):
    judged = pair(SECOND, first, second, paired)
    assert judged.verdict is verdict
    assert pair(SECOND, second, first, paired).verdict is verdict  # whichever comes first
    if None in (*first, *second) or verdict is Verdict.UNDECIDED:
        assert judged.reason
    assert judged.values == (tuple(first), tuple(second))


def test_a_part_is_of_the_second_network():
    five = TOLERANCES["goodput"]
    assert pair(five, [95.0], [100.0]).verdict is Verdict.AGREES
    assert pair(five, [100.0], [95.0]).verdict is Verdict.MISSES
    delay = TOLERANCES["queue_delay_p95"]
    assert [pair(delay, [a], [b]).verdict for a, b in ((1, 15), (1, 17), (85, 100), (84, 100), (230, 200))] == [
        *(Verdict.AGREES, Verdict.MISSES, Verdict.AGREES, Verdict.MISSES, Verdict.AGREES)
    ]


def test_the_worst_verdict_is_that_of_all():
    agrees, misses, undecided = Verdict.AGREES, Verdict.MISSES, Verdict.UNDECIDED
    assert overall([agrees, undecided, misses]) is misses
    assert overall([undecided, agrees]) is undecided
    assert overall([agrees]) is agrees


def test_tolerances_are_read_as_they_are_written():
    table = tolerances(["goodput=3%", "queue_delay_p95=10ms/10%", "loss=0.2%", "settling=250ms", "utilisation=2%"])
    assert [(table[key].absolute, table[key].relative) for key in table] == [
        *((0.0, 0.03), (2.0, 0.0), (15.0, 0.15), (10.0, 0.1), (pytest.approx(0.2), 0.0), (0.25, 0.0))
    ]
    assert changed(table) == ["goodput", "utilisation", "queue_delay_p95", "loss", "settling"]
    assert str(table["queue_delay_p95"]) == "10 ms or 10 %"
    assert str(table["loss"]) == "0.2 points"
    assert tolerances(["goodput=2Mbps"])["goodput"].limit(1000.0) == 2.0


def test_every_wrong_tolerance_is_named_with_what_would_be_right():
    with pytest.raises(InputError) as caught:
        tolerances(["godput=3%", "loss=1ms", "settling", "queue_delay_p95=1ms/2ms"])
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert "queue_delay_p50" in lines[0]
    assert "0.5%" in lines[1]
    assert "settling=1s" in lines[2]
    assert "two of a kind" in lines[3]


SCENARIO = {
    "name": "drawn",
    "duration": "20s",
    "path": {"forward": {"rate": "50Mbps", "delay": "20ms"}, "reverse": {"delay": "20ms"}},
    "flows": [{"name": "video", "encoder": {"kind": "model", "fps": 30}}],
}


def drawn(tmp_path, late_s=0.0, seed=1, drops=0, share=0.9, scenario=SCENARIO, status="complete", **info):
    """A run whose rate is 10, and from ``late_s`` after 5 s on ``share`` of 50 Mbit/s."""
    steps = [(0, 10.0), (5 + late_s, 50 * share)]
    grown = [(begin, 1e6 / 8 * mbps) for begin, mbps in steps]
    counters = {
        "sent_bytes": grown,
        "received_bytes": grown,
        "received_wire_bytes": [(begin, rate / FRACTION) for begin, rate in grown],
        "received_packets": [(0, 1000)],
        "lost_packets": [(0, 0), (10, 100)],
        "samples": [(0, 20)],
    }
    tables = {
        "ticks": ticks(0, 20, steps, counters),
        "frames": frames([k / 30 for k in range(600)], [50.0] * 600, 20000),
        "delays": delays([(0, 20, 30, 1000)]),
    }
    hop = path("forward.link", 20, [(0, 50)])
    hop["drops_queue"] = [drops, *[0] * 1999]
    folder = draw(tmp_path, {**scenario, "seed": seed}, flows={"video": tables}, hops=[hop])
    folder.update(seed=seed, timing={"simulated_s": 20.0}, **info)
    finish(folder, status)
    return open_run(folder.path)


def test_a_run_agrees_with_itself_at_no_distance(tmp_path):
    runs = tuple(drawn(tmp_path, late_s=0.2 * seed, seed=seed) for seed in (1, 2, 3))
    parity = compare(Side("virtual", runs), Side("again", runs[::-1]))
    assert parity.verdict is Verdict.AGREES
    assert parity.paired
    (flow,) = parity.flows
    assert [one.figure for one in flow.pairs] == [*list(TOLERANCES)[:-1], "settling"]
    assert {one.verdict for one in flow.pairs} == {Verdict.AGREES}
    assert {one.difference.mean for one in flow.pairs} == {0.0}
    distance = flow.distance
    assert (distance.mean_mbps, distance.of_share, distance.worst_mbps, distance.shifted_mbps) == (0, 0, 0, 0)
    assert distance.within_mbps[0] == distance.within_mbps[1] > 0
    assert parity.evidence == ()


def test_rate_curves_apart_by_a_delay(tmp_path):
    """From 10 to 45 Mbit/s 0.8 s later: 35 Mbit/s for 4 steps of 100; a second has 5 steps."""
    parity = compare(Side("virtual", (drawn(tmp_path),)), Side("netem", (drawn(tmp_path, late_s=0.8),)))
    distance = parity.flows[0].distance
    share = 50 * FRACTION
    assert distance.mean_mbps == pytest.approx(35 * 4 / 100)
    assert distance.of_share == pytest.approx(35 * 4 / 100 / share)
    assert distance.worst_mbps == pytest.approx(35 * 4 / 5)
    assert distance.worst_of_share == pytest.approx(35 * 4 / 5 / share)
    assert 4.8 - 1e-9 <= distance.worst_at_s <= 5.0 + 1e-9  # both seconds hold all of it
    assert distance.shifted_mbps == pytest.approx(0.0)  # being late is all there is
    assert distance.runs_mbps == pytest.approx(distance.mean_mbps)
    assert distance.within_mbps == (None, None)
    later = compare(Side("virtual", (drawn(tmp_path),)), Side("netem", (drawn(tmp_path, late_s=3.0),)))
    assert later.flows[0].distance.shifted_mbps == pytest.approx(35 * (15 - 5) / 100)  # all but a second


def test_the_interval_of_a_mean_over_runs(tmp_path):
    one = tuple(drawn(tmp_path, seed=seed, share=share) for seed, share in ((1, 0.80), (2, 0.84), (3, 0.82)))
    other = tuple(
        drawn(tmp_path, seed=seed, share=share) for seed, share in ((1, 0.80), (2, 0.84), (3, 0.82), (4, 0.9))
    )
    parity = compare(Side("virtual", one), Side("netem", other))
    assert not parity.paired
    goodput = next(one for one in parity.flows[0].pairs if one.figure == "goodput")
    assert [len(values) for values in goodput.values] == [3, 4]
    assert goodput.means[0].half == pytest.approx(stats.t.ppf(0.975, 2) * stats.tstd(goodput.values[0]) / sqrt(3))


def test_a_miss_comes_with_what_the_runs_know(tmp_path):
    changed_ = {**SCENARIO, "path": {"forward": {"rate": "50Mbps", "delay": "30ms"}, "reverse": {"delay": "20ms"}}}
    lab = drawn(tmp_path)
    calibration = {"base_rtt_ms": 50.5, "rate_mbps": 49.9, "place": {"kernel": "6.1"}}
    timing = {"simulated_s": 20.0, "lateness_ms": {"p99": 3.0, "max": 12.5}}
    real = drawn(tmp_path, late_s=9.0, drops=70, scenario=changed_, calibration=calibration)
    folder = real.folder
    real.info["summary"]["run"]["lateness_ms"] = timing["lateness_ms"]
    parity = compare(Side("virtual", (lab,)), Side("netem", (real,)))
    assert parity.verdict is Verdict.MISSES
    (flow,) = parity.flows
    verdicts = {one.figure: one for one in flow.pairs}
    assert verdicts["goodput"].verdict is Verdict.MISSES
    assert verdicts["queue_delay_p95"].verdict is Verdict.AGREES
    known = "\n".join(parity.known(flow, verdicts["goodput"]))
    for words in (
        "the scenarios differ: path.forward.delay is 20ms in virtual, 30ms in netem",
        "netem was late by up to 12.5 ms (p99 3 ms)",
        "calibration of netem: base_rtt_ms 50.5, rate_mbps 49.9, place.kernel 6.1",
        "packets a full queue dropped, all flows: virtual 0 a run, netem 70 a run",
        "lowest round-trip time: virtual 40 ms, netem 40 ms",
    ):
        assert words in known, known
    assert folder.exists()
    assert "round-trip" not in "\n".join(parity.known(flow, verdicts["loss"]))  # bears on something else
    lab.info["calibration"] = {"probe_ms": [float(k) for k in range(1000)]}
    (long,) = [one.text for one in compare(*parity.sides).evidence if "calibration of virtual" in one.text]
    assert len(long) < 500
    assert long.endswith("probe_ms.15 15, and more in run.json")


def test_only_complete_runs_count(tmp_path):
    whole, broken = drawn(tmp_path), drawn(tmp_path, status="partial")
    parity = compare(Side("virtual", (whole, broken)), Side("netem", (whole,)))
    assert {len(values) for one in parity.flows[0].pairs for values in one.values} == {1}
    with pytest.raises(InputError, match=f"netem has no complete run to compare: {broken.folder} is partial"):
        compare(Side("virtual", (whole,)), Side("netem", (broken,)))
    with pytest.raises(InputError, match="there is no run"):
        compare(Side("virtual", ()), Side("netem", (whole,)))
    other = drawn(tmp_path, scenario={**SCENARIO, "name": "another"})
    with pytest.raises(InputError, match="another, drawn"):
        compare(Side("virtual", (whole,)), Side("netem", (other,)))

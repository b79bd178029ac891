"""Traces: reading, refusing, scaling and converting; and the LTE trace the project generates."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nenc_lab.errors import InputError, MachineError, ScenarioError
from nenc_lab.scenario import markov, traces
from nenc_lab.scenario.capacity import Opportunities, RateProgram
from nenc_lab.scenario.find import shipped_root
from nenc_lab.scenario.schema import Trace

BITS = 1504 * 8


def written(tmp_path, text, name="trace"):
    file = tmp_path / name
    file.write_text(text)
    return file


def test_mahimahi(tmp_path):
    file = written(tmp_path, "0\n0\n5\n10\n\n")
    times = traces.read(file, "mahimahi").times_ns
    assert times.dtype == np.int64
    assert times.tolist() == [0, 0, 5_000_000, 10_000_000]
    trace = Trace(file=str(file), format="mahimahi", scale=2.0)
    found = traces.load(trace)
    assert isinstance(found, Opportunities)
    assert (found.bytes, found.period_ns) == (3008.0, 10_000_000)
    assert traces.mean_rate(trace) == pytest.approx(2 * 4 * BITS / 0.010)


def test_csv(tmp_path):
    file = written(tmp_path, "t_s, rate_mbps\n0,10\n1,20.5\n3,0\n")
    found = traces.read(file, "csv")
    assert found.times_ns.tolist() == [0, 1_000_000_000, 3_000_000_000]
    assert found.rates_bps.tolist() == [10_000_000, 20_500_000, 0]
    assert found.length_ns == 5_000_000_000, "the last step lasts as long as the one before"
    assert found.mean_bps() == pytest.approx((10e6 * 1 + 20.5e6 * 2) / 5)
    assert traces.read(written(tmp_path, "t_s,rate_bps\n0,10\n1,20\n", "b"), "csv").rates_bps.tolist() == [10, 20]


def test_a_csv_that_does_not_loop_ends_with_nothing(tmp_path):
    file = written(tmp_path, "t_s,rate_mbps\n0,10\n1,20\n")
    once = traces.load(Trace(file=str(file), format="csv", loop=False, scale=0.5))
    assert isinstance(once, RateProgram)
    assert once.t_ns.tolist() == [0, 1_000_000_000, 2_000_000_000]
    assert (once.rate_bps.tolist(), once.period_ns) == ([5e6, 10e6, 0.0], 0)
    trace = Trace(file=str(file), format="csv")
    again = traces.load(trace)
    assert (again.rate_bps.tolist(), again.period_ns, traces.mean_rate(trace)) == ([10e6, 20e6], 2_000_000_000, 15e6)


def test_a_trace_that_changed_is_read_again(tmp_path):
    file = written(tmp_path, "10\n")
    assert len(traces.read(file, "mahimahi").times_ns) == 1
    assert len(traces.read(file, "mahimahi").times_ns) == 1
    file.write_text("10\n20\n30\n")
    assert len(traces.read(file, "mahimahi").times_ns) == 3


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 0, "is empty"),
        ("\n\n", 0, "is empty"),
        ("1,2\n", 1, "write t_s,rate_mbps or t_s,rate_bps"),
        ("t_s,rate_kbps\n0,1\n1,2\n", 1, "write t_s,rate_mbps or t_s,rate_bps"),
        ("t_s,rate_bps\n", 1, "at least two steps"),
        ("t_s,rate_bps\n0,5\n", 2, "at least two steps"),
        ("t_s,rate_bps\n1,5\n2,5\n", 2, "must start at 0"),
        ("t_s,rate_bps\n0,5\n0,5\n", 3, "is not later than"),
        ("t_s,rate_bps\n0,5\n2,5\n1,5\n", 4, "is not later than"),
        ("t_s,rate_bps\n0,5\n1,-5\n", 3, "out of range"),
        ("t_s,rate_bps\n0,5\n1,nan\n", 3, "out of range"),
        ("t_s,rate_bps\n0,inf\n1,5\n", 2, "out of range"),
        ("t_s,rate_bps\n0,5\n1,hello\n", 3, "'1,hello' is not two numbers"),
        ("t_s,rate_bps\n0,5\n1\n", 3, "is not two numbers"),
        ("t_s,rate_bps\n0,1_0\n1,5\n", 2, "is not two numbers"),
        ("t_s,rate_bps\n0,0\n1,0\n", 0, "every rate is 0"),
    ],
)
def test_bad_csv(tmp_path, text, line, message):
    with pytest.raises(ScenarioError) as caught:
        traces.read(written(tmp_path, text), "csv")
    (problem,) = caught.value.problems
    assert problem.line == line
    assert message in problem.message


def test_files_that_are_no_traces(tmp_path):
    for path, message in (
        (tmp_path, "is a directory"),
        (tmp_path / "nope", "no such trace"),
        (Path("/dev/zero"), "larger than"),
    ):
        with pytest.raises(ScenarioError, match=message):
            traces.read(path, "csv")
    with pytest.raises(ScenarioError, match="no such trace"):
        traces.read(tmp_path / "nope", "csv")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=100), st.sampled_from(["csv", "mahimahi"]))
def test_garbage_is_refused_or_read(tmp_path, data, kind):
    file = tmp_path / "g"
    file.write_bytes(data)
    try:
        found = (
            traces.read(file, "csv")
            if kind == "csv"
            else traces.Capacity(traces.read(file, "mahimahi").times_ns, None, 1)
        ).times_ns
    except ScenarioError:
        return
    assert len(found)


class TestImport:
    def test_opportunities_to_steps(self, tmp_path):
        source = written(tmp_path, "".join(f"{t}\n" for t in range(1, 1001)))  # one per ms: 12.032 Mbit/s
        done = traces.import_trace(source, tmp_path / "out.csv", "mahimahi")
        assert done.mean_bps == pytest.approx(BITS * 1000)
        assert done.min_bps == done.max_bps == pytest.approx(BITS * 1000)
        again = traces.read(tmp_path / "out.csv", "csv")
        assert again.mean_bps() == pytest.approx(done.mean_bps)
        assert again.length_ns == 1_000_000_000

    def test_steps_to_opportunities(self, tmp_path):
        source = written(tmp_path, "t_s,rate_mbps\n0,12.032\n1,24.064\n")
        done = traces.import_trace(source, tmp_path / "out.up", "csv")
        lines = traces.read(tmp_path / "out.up", "mahimahi").times_ns // 1_000_000
        assert len(lines) == 3000
        assert lines[:5].tolist() == [1, 2, 3, 4, 5]
        assert np.searchsorted(lines, 1000, side="right") == 1000
        assert (done.min_bps, done.max_bps) == (pytest.approx(12.032e6), pytest.approx(24.064e6))

    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.integers(1, 2000), min_size=2, max_size=300))
    def test_bits_survive_both_ways(self, tmp_path, times):
        times = sorted(times)
        source = written(tmp_path, "".join(f"{t}\n" for t in times))
        bin_ns = min(50_000_000, times[-1] * 1_000_000)
        rates = traces.read(source, "mahimahi").binned_bps(bin_ns)
        spans = np.full(len(rates), bin_ns / 1e9)
        spans[-1] = times[-1] / 1e3 - bin_ns / 1e9 * (len(rates) - 1)
        assert float(rates @ spans) == pytest.approx(len(times) * BITS)

    def test_what_cannot_be_converted(self, tmp_path):
        source = written(tmp_path, "10\n")
        with pytest.raises(InputError, match="does not fit"):
            traces.import_trace(source, tmp_path / "out.csv", "mahimahi", bin_ns=10**12)
        with pytest.raises(InputError, match="not even one delivery opportunity"):
            traces.import_trace(written(tmp_path, "t_s,rate_bps\n0,1\n1,1\n", "slow"), tmp_path / "out.up", "csv")
        with pytest.raises(MachineError, match="cannot be written"):
            traces.import_trace(source, tmp_path / "no" / "out.csv", "mahimahi", bin_ns=1_000_000)
        assert not list(tmp_path.glob("out*"))


def test_the_shipped_lte_trace_is_what_the_model_makes(tmp_path):
    markov.write(tmp_path / "lte.csv")
    assert (tmp_path / "lte.csv").read_bytes() == (shipped_root() / "traces" / "lte-markov.csv").read_bytes()


def test_the_lte_model_keeps_its_word():
    rates = markov.rates_kbps(seed=1, seconds=5000)
    assert len(rates) == 50_000
    assert min(rates) >= 8_000
    assert max(rates) <= 100_000
    assert markov.rates_kbps(seed=1, seconds=1) == rates[:10]
    assert markov.rates_kbps(seed=2, seconds=1) != rates[:10]
    levels = [min(range(12), key=lambda level: abs(markov.LEVELS_KBPS[level] - rate)) for rate in rates]
    moves = [after - before for before, after in itertools.pairwise(levels)]
    middle = [move for move, level in zip(moves, levels, strict=False) if 3 <= level <= 8]
    share = {move: middle.count(move) / len(middle) for move in (-3, -1, 0, 1, 3)}
    assert share[0] == pytest.approx(0.70, abs=0.02)
    assert share[1] == pytest.approx(0.13, abs=0.02)
    assert share[-1] == pytest.approx(0.13, abs=0.02)
    assert share[3] == pytest.approx(0.02, abs=0.01)
    assert share[-3] == pytest.approx(0.02, abs=0.01)
    assert set(levels) == set(range(12)), "every level is visited"

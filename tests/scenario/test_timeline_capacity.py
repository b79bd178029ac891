"""The compiled capacity against a naive model, and what each network is told of it against the compiled capacity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nenc_lab.assembly.path import links, path_steps
from nenc_lab.network.virtual import PATH_ROW_NS, VirtualNetwork
from nenc_lab.real.qdiscs.schedule import STEP_NS, flatten
from nenc_lab.scenario import timeline
from nenc_lab.scenario.capacity import Opportunities, RateProgram
from nenc_lab.scenario.load import parse

S = 1_000_000_000
MS = 1_000_000
RUN_MS = 4000


@st.composite
def entries(draw):
    """Steps and ramps of a rate, in milliseconds and kbit/s: (at, rate, ramp), also several at one instant."""
    found = []
    for at in sorted(draw(st.lists(st.integers(0, RUN_MS - 1), min_size=1, max_size=6))):
        ramp = draw(st.just(0) | st.integers(1, 2000))
        found.append((at, draw(st.integers(8, 90_000)), min(ramp, RUN_MS - at)))
    return found


def compiled(found):
    line = [
        {"at": f"{at}ms", "forward": {"rate": f"{rate}kbps"}, **({"ramp": {"over": f"{ramp}ms"}} if ramp else {})}
        for at, rate, ramp in found
    ]
    data = {"version": 1, "name": "t", "duration": f"{RUN_MS}ms", "path": {"forward": {"rate": "50Mbps"}}}
    return timeline.compile(parse({**data, "flows": [{"name": "video"}], "timeline": line}))


def naive(found):
    """The rate in the middle of each millisecond, walked through one by one."""
    rates, now, ramp = [], 50e6, None
    for ms in range(RUN_MS):
        for at, rate, over in found:
            if at == ms:
                ramp = (at, now, rate * 1e3, over) if over else None
                now = now if over else rate * 1e3
        if ramp is None:
            rates.append(now)
            continue
        at, before, after, over = ramp
        rates.append(before + (after - before) * min(1.0, (ms + 0.5 - at) / over))
        now = before + (after - before) * min(1.0, (ms + 1 - at) / over)
    return np.array(rates)


@given(entries())
def test_the_compiled_capacity_is_the_naive_one(found):
    capacity = compiled(found).hops["forward"][0].capacity
    at = [capacity.at(ms * MS + MS // 2) for ms in range(RUN_MS)]
    assert at == pytest.approx(naive(found), rel=1e-9)


@given(entries())
def test_both_networks_carry_the_same_capacity(found):
    """The virtual network over each of its rows; netem's schedule over all that a step of it can hold."""
    line = compiled(found)
    told = [(step.at_ns, step.change) for step in path_steps(line)]
    expected = np.concatenate([[0.0], np.cumsum(naive(found)) * 1e-3])

    net = VirtualNetwork(1, links(line), [], [], log_packets=False)
    for at_ns, change in told:
        net.apply(at_ns, change)
    net.cut_delays(RUN_MS * MS)
    rows = net.take("path")
    net.close()
    forward = rows[rows["link"] == 0]
    virtual = np.cumsum(forward["capacity_bps"]) * PATH_ROW_NS / S
    most = 90e6 * 1e-3 * (PATH_ROW_NS // MS)
    assert virtual[-1] == pytest.approx(expected[-1], abs=most), "a ramp that is cut short ends within one of its steps"
    assert np.abs(virtual - expected[forward["t_ns"] // MS]).max() <= most * len(found)

    netem = np.full(RUN_MS, 50e6)
    for step in flatten(links(line), told, RUN_MS * MS):
        if step.change.link == 0 and step.change.rate_bps is not None:
            netem[-(-step.t_ns // MS) :] = step.change.rate_bps
    assert np.abs(np.cumsum(netem) * 1e-3 - expected[1:]).max() <= 90e6 * STEP_NS / S * len(found)


@st.composite
def programs(draw):
    count = draw(st.integers(2, 8))
    gaps = draw(st.lists(st.integers(1, 900), min_size=count, max_size=count))
    times = np.cumsum([0, *gaps[:-1]]) * MS
    rates = np.array(draw(st.lists(st.integers(0, 90_000), min_size=count, max_size=count))) * 1e3
    return RateProgram(times.astype(np.int64), rates, draw(st.sampled_from([0, int(sum(gaps)) * MS])))


@given(programs(), st.lists(st.integers(0, 5000), min_size=1, max_size=20))
def test_the_bits_of_a_program_are_counted_millisecond_by_millisecond(program, at_ms):
    bits = 0.0
    counted = [0.0]
    for ms in range(5000):
        inside = ms * MS % program.period_ns if program.period_ns else ms * MS
        bits += program.rate_bps[np.flatnonzero(program.t_ns <= inside)[-1]] * 1e-3
        counted.append(bits)
    got = program.bits(np.array(at_ms, np.int64) * MS)
    assert got == pytest.approx([counted[ms] for ms in at_ms], rel=1e-9, abs=1e-3)


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=30).map(sorted),
    st.booleans(),
    st.lists(st.integers(0, 500), min_size=1, max_size=20),
)
def test_the_opportunities_before_an_instant_are_counted_one_by_one(times_ms, again, at_ms):
    period = (times_ms[-1] + 1) if again else 0
    turns = Opportunities(np.array(times_ms, np.int64) * MS, 1504.0, period * MS)
    every = [t + lap * period for lap in range(501 if again else 1) for t in times_ms]
    expected = [sum(t < ms for t in every) * 1504 * 8 for ms in at_ms]
    assert turns.bits(np.array(at_ms, np.int64) * MS).tolist() == expected


def test_a_day_of_a_long_trace_costs_what_its_rows_and_the_steps_cost():
    """10^6 rows that repeat over 24 h: one period is kept, and the answer for the last instant comes from it."""
    rows = 1_000_000
    turns = RateProgram(np.arange(rows, dtype=np.int64) * MS, np.full(rows, 8e6), rows * MS)
    day = np.array([0, 86_400 * S], np.int64)
    assert turns.bits(day).tolist() == [0.0, pytest.approx(8e6 * 86_400)]


def test_a_flow_that_has_ended_is_not_asked_for_its_share():
    hops = [{"name": "a", "rate": "10Mbps"}, {"name": "b", "rate": "10Mbps"}]
    flows = [
        {"name": "early", "stop": "1s", "hops": {"forward": ["a"]}},
        {"name": "late", "start": "2s", "hops": {"forward": ["b"]}},
    ]
    data = {"version": 1, "name": "t", "duration": "4s", "path": {"forward": {"hops": hops}}, "flows": flows}
    line = timeline.compile(parse(data))
    assert [change.kind for change in line.changes("early")] == ["start"]
    assert [change.kind for change in line.changes("late")] == ["start"]

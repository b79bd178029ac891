"""Ramps and programs as steps: their integral, their order, what ends them."""

from __future__ import annotations

import numpy as np
import pytest

from nenc_lab.network.base import LinkChange, LinkSetting, LossSetting
from nenc_lab.real.qdiscs.schedule import STEP_NS, flatten, program
from nenc_lab.scenario.capacity import Opportunities, Ramp, RateProgram

S = 1_000_000_000
FORWARD = LinkSetting("forward", 20e6, 0)


def bits(steps, until_ns, before_bps=0.0):
    rates = [(step.t_ns, step.change.rate_bps) for step in steps if step.change.rate_bps is not None]
    times = [0, *(t for t, _ in rates), until_ns]
    values = [before_bps, *(rate for _, rate in rates)]
    return sum(rate * (end - start) for rate, start, end in zip(values, times, times[1:], strict=False)) / S


def test_a_plain_change_stays_what_it_is():
    change = LinkChange(0, rate_bps=5e6, delay_ns=7)
    assert [(s.t_ns, s.change, s.hold_ns) for s in flatten([FORWARD], [(3 * S, change)], 10 * S)] == [
        (3 * S, change, 0)
    ]


def test_a_ramp_carries_the_bits_of_the_ramp():
    steps = flatten([FORWARD], [(1 * S, LinkChange(0, rate_bps=10e6, ramp=Ramp(20e6, 10e6, 2 * S)))], 4 * S)
    assert bits(steps, 4 * S, 20e6) == pytest.approx(20e6 + 2 * 15e6 + 10e6)
    assert steps[0].t_ns == 1 * S
    assert steps[-1].change.rate_bps == 10e6
    gaps = np.diff([step.t_ns for step in steps])
    assert gaps.min() >= 20_000_000
    assert all(step.hold_ns == gap for step, gap in zip(steps, gaps, strict=False))


def test_a_short_ramp_is_one_step_of_the_mean():
    steps = flatten([FORWARD], [(0, LinkChange(0, rate_bps=10e6, ramp=Ramp(20e6, 10e6, 5_000_000)))], S)
    assert [step.change.rate_bps for step in steps] == [15e6, 10e6]


def test_what_comes_with_a_ramp_comes_once():
    change = LinkChange(0, rate_bps=10e6, ramp=Ramp(20e6, 10e6, S), loss=LossSetting("bernoulli", 0.1))
    steps = flatten([FORWARD], [(S, change)], 4 * S)
    assert [step.t_ns for step in steps if step.change.loss is not None] == [S]
    assert all(step.change.ramp is None for step in steps)


def test_a_new_rate_ends_a_ramp_and_the_next_ramp_begins_where_it_was():
    ramp = LinkChange(0, rate_bps=0.0, ramp=Ramp(20e6, 0.0, 4 * S))
    back = LinkChange(0, rate_bps=20e6, ramp=Ramp(10e6, 20e6, S))
    steps = flatten([FORWARD], [(0, ramp), (2 * S, back)], 10 * S)
    assert [step.t_ns for step in steps] == sorted({step.t_ns for step in steps})
    after = [step.change.rate_bps for step in steps if step.t_ns >= 2 * S]
    assert after == sorted(after)
    assert after[0] == pytest.approx(10e6, rel=0.05)


@pytest.mark.parametrize("period", [0, 3 * S])
def test_a_program_carries_its_bits(period):
    capacity = RateProgram(np.array([0, S // 3, 2 * S], np.int64), np.array([8e6, 0.0, 3e6]), period)
    got = sum(rate * STEP_NS for rate in expand(program(capacity, 9 * S), 9 * S)) / S
    lap = 8e6 / 3 + 3e6
    assert got == pytest.approx(3 * lap if period else lap + 6 * 3e6)


def test_a_program_that_begins_late_is_silent_before():
    capacity = RateProgram(np.array([S, 2 * S], np.int64), np.array([8e6, 4e6]), 2 * S)
    rates = expand(program(capacity, 5 * S), 5 * S)
    assert rates[0] == 0.0
    assert rates[int(1.5 * S) // STEP_NS] == pytest.approx(8e6)
    assert rates[int(3.5 * S) // STEP_NS] == pytest.approx(8e6)


def test_opportunities_become_mean_rates():
    times = np.arange(0, S, 10_000_000, dtype=np.int64)
    rates = expand(program(Opportunities(times, 1500.0, S), 3 * S), 3 * S)
    assert np.allclose(rates, 1500 * 8 * 100)


def test_a_rate_of_the_timeline_ends_a_program():
    capacity = RateProgram(np.arange(0, 10 * S, S // 10, dtype=np.int64), np.linspace(1e6, 9e6, 100), 0)
    link = LinkSetting("forward", None, 0, capacity=capacity)
    steps = flatten([link], [(2 * S, LinkChange(0, rate_bps=5e6))], 10 * S)
    assert steps[0].t_ns == 0
    assert max(step.t_ns for step in steps) == 2 * S
    assert len(steps) > 10


def expand(rates, until_ns):
    times = np.array([t for t, _ in rates])
    at = np.arange(0, until_ns, STEP_NS)
    return np.array([rate for _, rate in rates])[np.searchsorted(times, at, side="right") - 1]

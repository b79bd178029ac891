"""Rates over time as single changes: what a kernel can be told, no more often than every `STEP_NS`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from nenc_lab.network.base import LinkChange, LinkSetting, Opportunities, RateProgram

STEP_NS = 50_000_000
"""A change takes the lab some 0.2 ms in a guest, and forgets what is left of the packet in service."""
SHORT_NS = 500_000_000
"""Half a packet more often than this is worth more than 1 % of 1 Mbit/s."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change without a ramp, and for how long its rate will stay (0: long enough not to matter)."""

    t_ns: int
    change: LinkChange
    hold_ns: int = 0


def flatten(links: Sequence[LinkSetting], changes: Sequence[tuple[int, LinkChange]], until_ns: int) -> list[Step]:
    """The whole run of all links, in order of time: capacity programs and ramps cut into steps with the mean rate of
    each, every period of a program, and the timeline's own changes. A rate of the timeline ends a program or a ramp."""
    steps: list[Step] = []
    for number, link in enumerate(links):
        mine = [(t_ns, change) for t_ns, change in changes if change.link == number]
        steps += _of_link(number, link, sorted(mine, key=lambda entry: entry[0]), until_ns)
    return sorted(steps, key=lambda step: step.t_ns)


def _of_link(number: int, link: LinkSetting, changes: list[tuple[int, LinkChange]], until_ns: int) -> list[Step]:
    rates: list[tuple[int, float]] = []
    others: list[tuple[int, LinkChange]] = []
    told = [(t_ns, change) for t_ns, change in changes if change.rate_bps is not None]
    first_ns = told[0][0] if told else until_ns
    if link.capacity is not None:
        rates += program(link.capacity, min(first_ns, until_ns))
    now: float | None = rates[-1][1] if rates else link.rate_bps
    for i, (t_ns, change) in enumerate(told):
        end_ns = told[i + 1][0] if i + 1 < len(told) else until_ns
        for at_ns, rate in ramp(now, change, t_ns):
            if at_ns < end_ns or at_ns == t_ns:
                rates.append((at_ns, rate))
                now = rate
    others = [(t_ns, replace(change, rate_bps=None, ramp_ns=0)) for t_ns, change in changes]
    steps = []
    for i, (t_ns, rate) in enumerate(rates):
        hold_ns = rates[i + 1][0] - t_ns if i + 1 < len(rates) else 0
        hold_ns = hold_ns if hold_ns <= SHORT_NS else 0
        beside = [change for at_ns, change in others if at_ns == t_ns]
        others = [entry for entry in others if entry[0] != t_ns]
        steps.append(Step(t_ns, replace(_joined(number, beside), rate_bps=rate), hold_ns))
    return steps + [Step(t_ns, change) for t_ns, change in others]


def _joined(number: int, changes: list[LinkChange]) -> LinkChange:
    whole = LinkChange(number)
    for change in changes:
        given = {
            name: getattr(change, name)
            for name in ("delay_ns", "queue", "loss", "jitter", "duplicate")
            if getattr(change, name) is not None
        }
        whole = replace(whole, **given)
    return whole


def ramp(before_bps: float | None, change: LinkChange, t_ns: int) -> Iterator[tuple[int, float]]:
    """(time, rate) of a change of rate: at once, or in steps of the mean over each; the last is the new rate."""
    after = change.rate_bps
    if after is None:
        return
    if change.ramp_ns and before_bps is not None:
        count = max(1, round(change.ramp_ns / STEP_NS))
        edges = np.linspace(0, change.ramp_ns, count + 1)
        for start, end in pairwise(edges):
            middle = (start + end) / 2 / change.ramp_ns
            yield t_ns + int(start), before_bps + (after - before_bps) * float(middle)
        yield t_ns + change.ramp_ns, after
    else:
        yield t_ns, after


def program(capacity: RateProgram | Opportunities, until_ns: int) -> list[tuple[int, float]]:
    """(time, rate) of a capacity over time, from 0 on; equal neighbours are one."""
    edges = np.arange(0, max(until_ns, 1) + STEP_NS, STEP_NS, dtype=np.int64)
    bits = _rate_bits(capacity, edges) if isinstance(capacity, RateProgram) else _chance_bits(capacity, edges)
    rates = np.diff(bits) * 1e9 / STEP_NS
    keep = np.append(True, np.abs(np.diff(rates)) > 1.0)
    return [(int(t_ns), float(rate)) for t_ns, rate in zip(edges[:-1][keep], rates[keep], strict=True)]


def _rate_bits(capacity: RateProgram, edges: np.ndarray) -> np.ndarray:
    """The capacity's integral from 0 to each edge."""
    times, rates, period = capacity.t_ns, capacity.rate_bps, capacity.period_ns
    if not period:
        return _integral(times, rates, edges)
    first = int(times[0])
    laps, rest = np.divmod(np.maximum(edges - first, 0), period)
    lap = _integral(times - first, rates, np.array([period]))[0]
    return np.where(edges < first, 0.0, laps * lap + _integral(times - first, rates, rest))


def _integral(times: np.ndarray, rates: np.ndarray, at: np.ndarray) -> np.ndarray:
    sums = np.concatenate([[0.0], np.cumsum(rates[:-1] * np.diff(times))]) / 1e9
    index = np.searchsorted(times, at, side="right") - 1
    inside = index >= 0
    index = np.maximum(index, 0)
    return np.where(inside, sums[index] + rates[index] * (at - times[index]) / 1e9, 0.0)


def _chance_bits(capacity: Opportunities, edges: np.ndarray) -> np.ndarray:
    """Bits of the opportunities before each edge."""
    times, period = capacity.t_ns, capacity.period_ns
    if not period:
        return np.searchsorted(times, edges, side="left") * capacity.bytes * 8
    laps, rest = np.divmod(edges, period)
    return (laps * len(times) + np.searchsorted(times, rest, side="left")) * capacity.bytes * 8

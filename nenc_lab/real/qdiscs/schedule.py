"""Converts rates over time to single changes for the kernel, at most one every `STEP_NS`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from nenc_lab.network.base import LinkChange, LinkSetting
from nenc_lab.scenario.capacity import Opportunities, Ramp, RateProgram

STEP_NS = 50_000_000
"""Shortest time between changes. Each takes about 0.2 ms in a guest, and forgets the rest of the packet in service."""
SHORT_NS = 500_000_000
"""Rates that hold longer than this need no correction: half a packet is then less than 1 % of 1 Mbit/s."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change without a ramp, and how long its rate holds (0: long enough not to matter)."""

    t_ns: int
    change: LinkChange
    hold_ns: int = 0


def flatten(links: Sequence[LinkSetting], changes: Sequence[tuple[int, LinkChange]], until_ns: int) -> list[Step]:
    """Returns all changes of all links over the whole run, in order of time.

    Traces and ramps are cut into steps, each with its mean rate, and a trace is repeated as often as the run needs. A
    rate in the timeline ends a trace or a ramp.
    """
    steps: list[Step] = []
    for number, link in enumerate(links):
        mine = [(t_ns, change) for t_ns, change in changes if change.link == number]
        steps += _of_link(number, link, sorted(mine, key=lambda entry: entry[0]), until_ns)
    return sorted(steps, key=lambda step: step.t_ns)


def _of_link(number: int, link: LinkSetting, changes: list[tuple[int, LinkChange]], until_ns: int) -> list[Step]:
    others = [(t_ns, replace(change, rate_bps=None, ramp=None)) for t_ns, change in changes]
    rates = _rates(link, changes, until_ns)
    steps = []
    for i, (t_ns, rate) in enumerate(rates):
        hold_ns = rates[i + 1][0] - t_ns if i + 1 < len(rates) else 0
        hold_ns = hold_ns if hold_ns <= SHORT_NS else 0
        beside = [change for at_ns, change in others if at_ns == t_ns]
        others = [entry for entry in others if entry[0] != t_ns]
        steps.append(Step(t_ns, replace(_joined(number, beside), rate_bps=rate), hold_ns))
    return steps + [Step(t_ns, change) for t_ns, change in others]


def _rates(link: LinkSetting, changes: list[tuple[int, LinkChange]], until_ns: int) -> list[tuple[int, float]]:
    """Returns (time, rate) of a link; each rate holds until the next."""
    told = [(t_ns, change) for t_ns, change in changes if change.rate_bps is not None]
    ends = [t_ns for t_ns, _ in told] + [until_ns]
    rates = [] if link.capacity is None else program(link.capacity, min(ends[0], until_ns))
    for (t_ns, change), end_ns in zip(told, ends[1:], strict=True):
        rates += [(at_ns, rate) for at_ns, rate in _reached(t_ns, change) if at_ns < end_ns or at_ns == t_ns]
    return rates


def _reached(t_ns: int, change: LinkChange) -> Iterator[tuple[int, float]]:
    """Yields (time, rate) of a change of rate: at once, or along its ramp, which ends with the new rate."""
    if change.ramp is not None:
        yield from ((t_ns + at_ns, rate) for at_ns, rate in ramp_steps(change.ramp))
    elif change.rate_bps is not None:
        yield t_ns, change.rate_bps


def ramp_steps(ramp: Ramp) -> list[tuple[int, float]]:
    """Returns (time, rate) from the start of a ramp: equal steps with the mean of each, then the new rate."""
    edges = np.linspace(0, ramp.length_ns, max(1, round(ramp.length_ns / STEP_NS)) + 1)
    means = zip(edges[:-1].astype(np.int64).tolist(), ramp.means(edges).tolist(), strict=True)
    return [*means, (ramp.length_ns, ramp.end_bps)]


def _joined(number: int, changes: list[LinkChange]) -> LinkChange:
    """Combines changes of the same instant into one; of two values for the same field, the later one counts."""
    whole = LinkChange(number)
    for change in changes:
        given = {
            name: getattr(change, name)
            for name in (one.name for one in fields(LinkChange) if one.name != "link")
            if getattr(change, name) is not None
        }
        whole = replace(whole, **given)
    return whole


def program(capacity: RateProgram | Opportunities, until_ns: int) -> list[tuple[int, float]]:
    """Returns (time, rate) of a trace from 0 on, each the mean over `STEP_NS`; equal neighbours are merged."""
    edges = np.arange(0, max(until_ns, 1) + STEP_NS, STEP_NS, dtype=np.int64)
    rates = np.diff(capacity.bits(edges)) * 1e9 / STEP_NS
    keep = np.append(True, np.abs(np.diff(rates)) > 1.0)
    return list(zip(edges[:-1][keep].tolist(), rates[keep].tolist(), strict=True))

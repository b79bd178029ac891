"""The C plane against a plain simpy model with an event per packet: every delivery to a microsecond, every drop."""

from __future__ import annotations

import random

import numpy as np
import pytest
import simpy
from paths import SECOND_NS, cross, flow, link, network
from simpy_packets import Hop, Packet, constant, pacer

from nenc_lab.network.base import LinkChange, QueueSetting

SECONDS = 3.0


def frames_of(chance: random.Random, bps: float) -> list[tuple[float, int]]:
    """Frames at 60 fps whose sizes vary by half, ready at whole microseconds (as both sides can write them)."""
    return [
        (round(n / 60 + chance.uniform(0, 0.004), 6), int(bps / 480 * chance.uniform(0.5, 1.5)))
        for n in range(int(60 * SECONDS))
    ]


@pytest.mark.parametrize("seed", range(8))
def test_every_delivery(seed: int) -> None:
    chance = random.Random(seed)
    hops = chance.randrange(1, 4)
    rates: list[float | None] = [
        chance.choice([None, chance.uniform(8e6, 60e6), chance.uniform(8e6, 60e6)]) for _ in range(hops)
    ]
    rates[chance.randrange(hops)] = chance.uniform(10e6, 25e6)
    delays = [chance.randrange(1, 40_000) / 1e6 for _ in range(hops)]
    in_bytes = chance.random() < 0.5
    limits = [chance.randrange(20_000, 400_000) if in_bytes else chance.randrange(10, 300) for _ in range(hops)]
    spans = [(0, hops - 1), (hops - 1, hops - 1), (0, 0)][: chance.randrange(1, 4)]
    targets = [chance.uniform(3e6, 15e6) for _ in spans]
    factor, burst_s = 1.5, 0.005
    # Odd microseconds: a change never meets an arrival.
    steps = sorted(
        (
            chance.randrange(0, int(SECONDS * 5e5)) * 2e-6 + 1.5e-6,
            chance.randrange(hops),
            chance.choice([0.0, chance.uniform(4e6, 50e6)]),
        )
        for _ in range(12)
    )
    steps += [(SECONDS + 1.5e-6, hop, 100e6) for hop in range(hops)]
    crosses = [
        (
            chance.uniform(1e6, 6e6),
            chance.randrange(100, 1500),
            chance.randrange(0, hops),
            chance.uniform(0, 1),
            chance.uniform(1, SECONDS),
        )
    ]
    media = [frames_of(chance, target) for target in targets]

    # ---- one event per packet
    env = simpy.Environment()
    chain: list[Hop] = []
    last_rate = list(rates)

    def limit(hop: Hop) -> float:
        if in_bytes:
            return limits[hop.index]
        rate = last_rate[hop.index] if hop.rate_bps == 0 else hop.rate_bps
        return float("inf") if rate is None else int(limits[hop.index] * 1_000_000 * rate / 8e9)

    for index in range(hops):
        chain.append(Hop(env, index, rates[index], delays[index], limit, lambda at, packet: chain[at].arrive(packet)))
    log: list[Packet] = []
    for number, (first, last) in enumerate(spans):
        pace = factor * targets[number]
        env.process(pacer(env, number, media[number], lambda now, bps=pace: bps, burst_s, chain[first], last, log))
    for rate, wire, at, start, stop in crosses:
        env.process(constant(env, rate, wire, round(start, 6), round(stop, 6), chain[at], hops - 1))

    def timeline() -> simpy.events.ProcessGenerator:
        for at, hop, rate in steps:
            yield env.timeout(at - env.now)
            if chain[hop].rate_bps != 0:
                last_rate[hop] = chain[hop].rate_bps
            chain[hop].set_rate(rate)

    env.process(timeline())
    env.run(until=SECONDS + 5)

    # ---- the C plane
    queues = [QueueSetting("bytes" if in_bytes else "ms", size if in_bytes else size * 1_000_000) for size in limits]
    net = network(
        [link(rate, delay * 1e3, queue=queue) for rate, delay, queue in zip(rates, delays, queues, strict=True)],
        [flow(first, last, pacer_factor=factor, pacer_burst_ns=round(burst_s * 1e9)) for first, last in spans],
        [
            cross(
                rate,
                at,
                hops - 1,
                wire_bytes=wire,
                start_ns=round(round(start, 6) * 1e9),
                stop_ns=round(round(stop, 6) * 1e9),
            )
            for rate, wire, at, start, stop in crosses
        ],
    )
    for number, target in enumerate(targets):
        net.set_target(number, 0, target)
    for number, frames in enumerate(media):
        for ready, size in frames:
            net.send_frame(number, 0, round(ready * 1e9), size, 0, 0, 0.0, 0.0, 0.0)
    for at, hop, rate in steps:
        net.apply(round(at * 1e9), LinkChange(hop, rate_bps=rate))
    net.cut_delays(round((SECONDS + 5) * SECOND_NS))
    rows = net.take("packets")
    net.close()

    assert len(rows) == len(log)
    by_packet = {(int(row["flow"]), int(row["sequence"])): row for row in rows}
    theirs = np.array([[p.sent_s, p.received_s] for p in log])
    ours = (
        np.array([[row["sent_ns"], row["received_ns"]] for row in (by_packet[p.flow, p.sequence] for p in log)]) / 1e9
    )
    dropped = np.array([p.dropped for p in log])
    assert np.array_equal(ours[:, 1] < 0, dropped)
    assert (theirs[~dropped, 1] > 0).all()
    assert np.abs(ours[:, 0] - theirs[:, 0]).max() < 1e-6
    assert np.abs(ours - theirs)[~dropped].max() < 1e-6
    assert len(log) > 1000

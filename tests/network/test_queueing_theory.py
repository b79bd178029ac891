"""Waits and losses against closed forms that nobody here made up: D/D/1, M/D/1 and M/D/1/K."""

from __future__ import annotations

from math import exp, factorial

import numpy as np
import pytest
from paths import AT_ONCE_BPS, MEDIA_BYTES, SECOND_NS, WIRE_BYTES, counters, cross, flow, link, network, send

from nenc_lab.network.base import QueueSetting

RATE_BPS = 20e6
SERVICE_S = WIRE_BYTES * 8 / RATE_BPS


def waits(arrivals_ns: np.ndarray, **queue: object) -> tuple[np.ndarray, int]:
    """Waits (s) of the packets that got through, in order of arrival, and how many were dropped."""
    net = network([link(RATE_BPS, 0.0, **queue)], [flow()])
    net.set_target(0, 0, AT_ONCE_BPS)
    for t in arrivals_ns.tolist():
        send(net, 0, t, MEDIA_BYTES)
    net.cut_delays(int(arrivals_ns[-1]) + 10 * SECOND_NS)
    rows = net.take("packets")
    dropped = int(counters(net).dropped_packets)
    net.close()
    got = rows[rows["fate"] == 0]
    return got["wait_ns"][np.argsort(got["sequence"])] / 1e9, dropped


def poisson(load: float, count: int, seed: int) -> np.ndarray:
    gaps = np.random.default_rng(seed).exponential(SERVICE_S / load * 1e9, count)
    return np.cumsum(gaps).astype(np.int64)


def test_d_d_1() -> None:
    """Under the capacity nobody waits; over it packet n waits n (s - a)."""
    n = np.arange(5000)
    assert waits((n * 1.01 * SERVICE_S * 1e9).astype(np.int64))[0].max() == 0.0
    gap = 0.8 * SERVICE_S
    late, _ = waits((n * gap * 1e9).astype(np.int64))
    assert late == pytest.approx(n * (SERVICE_S - gap), abs=2e-9)


@pytest.mark.parametrize("load", [0.2, 0.5, 0.8])
def test_m_d_1(load: float) -> None:
    """Mean (Pollaczek-Khinchine), second moment, and the distribution (Erlang 1909) of the wait."""
    count = 400_000
    wait, _ = waits(poisson(load, count, 11))
    mean = load * SERVICE_S / (2 * (1 - load))
    second = 2 * mean**2 + load * SERVICE_S**2 / (3 * (1 - load))
    # Neighbours' waits hang together over some 1 / (1 - load)^2 packets: 5 standard deviations of what is left.
    spread = np.sqrt((second - mean**2) / (count * (1 - load) ** 2 / 4))
    assert wait.mean() == pytest.approx(mean, abs=5 * spread)
    assert (wait**2).mean() == pytest.approx(second, rel=0.1)
    for services in (0.5, 1.0, 2.0, 3.5):
        erlang = (1 - load) * sum(
            (load * (k - services)) ** k / factorial(k) * exp(-load * (k - services)) for k in range(int(services) + 1)
        )
        assert (wait <= services * SERVICE_S).mean() == pytest.approx(erlang, abs=0.01)


def test_m_d_1_from_on_off_sources() -> None:
    """250 sources that are seldom on make Poisson traffic (Palm, Khinchine); a probe sees its mean wait (PASTA)."""
    load, sources = 0.6, 250
    burst = WIRE_BYTES * 8 / 4e-3  # while on, a packet per 4 ms, and it is on for less: packets come one by one
    on_ns = 500_000
    share = load * RATE_BPS / sources / burst
    off_ns = round(on_ns * (1 - share) / share)
    crosses = [cross(burst, kind="onoff-exponential", on_ns=on_ns, off_ns=off_ns) for _ in range(sources)]
    net = network([link(RATE_BPS, 0.0)], [flow()], crosses)
    net.set_target(0, 0, AT_ONCE_BPS)
    seconds = 60
    probes = np.cumsum(np.random.default_rng(3).exponential(4e6, seconds * 240)).astype(np.int64) + SECOND_NS
    for t in probes.tolist():
        send(net, 0, t, 1)
    net.cut_delays(int(probes[-1]) + SECOND_NS)
    path, rows = net.take("path"), net.take("packets")
    net.close()
    carried = path["packets"].sum() - len(rows)
    assert carried * SERVICE_S / (path["t_ns"][-1] / 1e9) == pytest.approx(load, rel=0.03)
    wait = rows["wait_ns"] / 1e9
    assert wait.mean() == pytest.approx(load * SERVICE_S / (2 * (1 - load)), rel=0.1)
    assert (wait == 0).mean() == pytest.approx(1 - load, abs=0.03)


@pytest.mark.parametrize(("load", "room"), [(0.7, 2), (0.9, 5), (1.3, 10)])
def test_m_d_1_k_drops(load: float, room: int) -> None:
    """Loss of a queue of ``room`` packets, the one in service included, from the chain embedded at departures."""
    arrivals = [exp(-load) * load**k / factorial(k) for k in range(room + 1)]
    chain = np.zeros((room, room))
    for before in range(room):
        for k in range(room):
            chain[before, min(max(before - 1, 0) + k, room - 1)] += arrivals[k]
        chain[before, room - 1] += 1.0 - sum(arrivals[:room])
    left = np.linalg.solve(
        np.vstack([(chain.T - np.eye(room))[:-1], np.ones(room)]), np.append(np.zeros(room - 1), 1.0)
    )
    loss = 1.0 - 1.0 / (left[0] + load)
    count = 200_000
    _, dropped = waits(poisson(load, count, 5), queue=QueueSetting("packets", room))
    assert dropped / count == pytest.approx(loss, rel=0.03)

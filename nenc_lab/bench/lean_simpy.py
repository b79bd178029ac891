"""The reference of ``bench sim``: a minimal network in simpy, with one event per packet and no recording.

A source sends 60 frames a second at 50 Mbit/s, cut into packets, through one droptail queue, a 60 Mbit/s serialiser and
20 ms of propagation delay; the receiver reports every 50 ms. There is no controller, no encoder and no table, so that
the time it takes is the cost of one event per packet.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import simpy

RATE_BPS = 50e6
CAPACITY_BPS = 60e6
DELAY_S = 0.020
QUEUE_S = 0.300
FPS = 60
FEEDBACK_S = 0.050
MEDIA_BYTES = 1188
WIRE_BYTES = 1242


@dataclass(slots=True)
class Lean:
    """Counters of one run; delays in seconds."""

    sent: int = 0
    received: int = 0
    dropped: int = 0
    wait_s: float = 0.0
    """Sum of the packets' waits in the queue."""
    reports: int = 0
    wall_s: float = 0.0


def lean_simpy(simulated_s: float) -> Lean:
    """Simulates ``simulated_s`` seconds and returns the counters and the wall time."""
    began = perf_counter()
    env = simpy.Environment()
    lean = Lean()
    env.process(_source(env, lean))
    env.process(_receiver(env, lean))
    env.run(until=simulated_s)
    lean.wall_s = perf_counter() - began
    return lean


def _source(env: simpy.Environment, lean: Lean) -> Generator[simpy.Event, Any, None]:
    serialise_s = WIRE_BYTES * 8 / CAPACITY_BPS
    free_at = 0.0  # time at which the serialiser becomes idle
    owed_bytes = 0.0

    def arrive(event: simpy.Event) -> None:
        lean.received += 1

    while True:
        owed_bytes += RATE_BPS / 8 / FPS
        packets, owed_bytes = divmod(owed_bytes, MEDIA_BYTES)
        now = env.now
        for _ in range(int(packets)):
            lean.sent += 1
            wait_s = max(0.0, free_at - now)
            if wait_s > QUEUE_S:
                lean.dropped += 1
                continue
            lean.wait_s += wait_s
            free_at = max(free_at, now) + serialise_s
            packet = simpy.Event(env)
            packet.callbacks.append(arrive)
            packet._ok, packet._value = True, None
            env.schedule(packet, delay=free_at + DELAY_S - now)
        yield env.timeout(1 / FPS)


def _receiver(env: simpy.Environment, lean: Lean) -> Generator[simpy.Event, Any, None]:
    reported = 0
    while True:
        yield env.timeout(FEEDBACK_S)
        if lean.received > reported:
            reported = lean.received
            lean.reports += 1

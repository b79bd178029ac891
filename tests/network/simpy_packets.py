"""The virtual network once more, the obvious way: a simpy process per hop, an event per packet, float seconds.

Nothing of the C plane is used: servers wait in small steps of what is left of a packet, and a change of rate interrupts
them. Slow and plain; no loss model, no jitter (those are statistics, checked elsewhere).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import simpy

Process = Generator[simpy.Event, Any, None]


@dataclass
class Packet:
    flow: int
    """-1: cross traffic."""
    sequence: int
    wire_bytes: int
    last: int
    """Index of the hop it leaves behind."""
    sent_s: float = 0.0
    received_s: float = -1.0
    dropped: bool = False


@dataclass
class Hop:
    """FIFO, serialiser, propagation. ``rate_bps`` None: unlimited. ``limit``: bytes in the queue and in service."""

    env: simpy.Environment
    index: int
    rate_bps: float | None
    delay_s: float
    limit: Callable[[Hop], float]
    onward: Callable[[int, Packet], None]
    queue: deque[Packet] = field(default_factory=deque)
    wake: simpy.Event | None = None
    server: simpy.Process | None = None

    def __post_init__(self) -> None:
        self.server = self.env.process(self.serve())

    def arrive(self, packet: Packet) -> None:
        if self.queue and sum(p.wire_bytes for p in self.queue) + packet.wire_bytes > self.limit(self):
            packet.dropped = True
            return
        self.queue.append(packet)
        if self.wake is not None:
            self.wake.succeed()
            self.wake = None

    def set_rate(self, rate_bps: float | None) -> None:
        assert self.server is not None
        if self.wake is None:
            self.server.interrupt(("rate", rate_bps))
        else:
            self.rate_bps = rate_bps

    def serve(self) -> Process:
        env = self.env
        while True:
            while not self.queue:
                self.wake = env.event()
                yield self.wake
            bits = 8.0 * self.queue[0].wire_bytes
            while bits > 1e-6:
                rate, began = self.rate_bps, env.now
                try:
                    if rate is None:
                        break
                    yield env.event() if rate == 0 else env.timeout(bits / rate)
                    bits = 0.0
                except simpy.Interrupt as change:
                    bits -= (rate or 0.0) * (env.now - began)
                    self.rate_bps = change.cause[1]
            packet = self.queue.popleft()
            env.process(self.travel(packet, self.delay_s))

    def travel(self, packet: Packet, delay_s: float) -> Process:
        yield self.env.timeout(delay_s)
        if packet.last == self.index:
            packet.received_s = self.env.now
        else:
            self.onward(self.index + 1, packet)


def pacer(
    env: simpy.Environment,
    flow: int,
    frames: list[tuple[float, int]],
    bps: Callable[[float], float],
    burst_s: float,
    first: Hop,
    last: int,
    log: list[Packet],
) -> Process:
    """Frames (ready time, media bytes) into packets; at most ``bps`` of media but for ``burst_s`` of it."""
    bucket_empty_at = 0.0
    sequence = 0
    for ready, size in frames:
        while size > 0:
            media = min(size, 1188)
            at = max(ready, env.now, bucket_empty_at - burst_s)
            if at > env.now:
                yield env.timeout(at - env.now)
            bucket_empty_at = max(bucket_empty_at, env.now) + 8 * media / bps(env.now)
            packet = Packet(flow, sequence, media + 54, last, sent_s=env.now)
            log.append(packet)
            first.arrive(packet)
            sequence += 1
            size -= media


def constant(
    env: simpy.Environment, rate_bps: float, wire: int, start: float, stop: float, first: Hop, last: int
) -> Process:
    number = 0
    while (at := start + number * wire * 8 / rate_bps) < stop:
        yield env.timeout(max(0.0, at - env.now))
        first.arrive(Packet(-1, number, wire, last))
        number += 1

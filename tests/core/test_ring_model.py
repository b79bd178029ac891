"""The ring against a queue in Python, and what nenc_state counts against a model of record and step."""

from __future__ import annotations

import ctypes
import math
import os
import shutil
import subprocess
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from nenc_lab.kernels import ffi, lib

KERNELS = Path(__file__).parents[2] / "kernels_c"
CC = os.environ.get("CC", "cc")
SAMPLE = ffi.sizeof("nenc_sample")
STEPS = settings(max_examples=100, stateful_step_count=50, deadline=None)

HANDLES = """
#include "core/ring.h"
#include <stdlib.h>
nenc_ring *ring_new(uint64_t index)
{
    nenc_ring *ring = aligned_alloc(_Alignof(nenc_ring), sizeof *ring);
    memset(ring, 0, sizeof *ring);
    ring->head = ring->tail = index;
    return ring;
}
void ring_free(nenc_ring *ring) { free(ring); }
uint64_t ring_overwritten(const nenc_ring *ring) { return ring->overwritten; }
/* A push that is held up after so many words. */
void ring_push_in_part(nenc_ring *ring, const void *sample, size_t words)
{
    nenc_ring_slot *slot = &ring->slots[ring->head % NENC_RING_SLOTS];
    slot->sequence = 2 * ring->head + 1;
    for (size_t i = 0; i < words; i++) slot->words[i] = ((const uint64_t *)sample)[i];
}
"""
"""What the test needs beside the ring's own functions."""


class Ring(RuleBasedStateMachine):
    """One thread plays both: a producer that may be held up within a push, and the consumer."""

    library: ctypes.CDLL
    slots: int

    def __init__(self) -> None:
        super().__init__()
        self.ring: Any = None

    @initialize(index=st.sampled_from([0, 1, 2**63 - 3, 2**64 - 5]))  # the last two wrap: the version, the index
    def begin(self, index: int) -> None:
        self.start(index)

    def start(self, index: int) -> None:
        if self.ring:
            self.library.ring_free(self.ring)
        self.ring = self.library.ring_new(index)
        self.index = index
        self.pushed = self.lost = 0
        self.waiting: deque[bytes] = deque()
        self.held_up = False

    def teardown(self) -> None:
        if self.ring:
            self.library.ring_free(self.ring)

    @rule(sample=st.binary(min_size=SAMPLE, max_size=SAMPLE))
    def push(self, sample: bytes) -> None:
        self.library.nenc_ring_push(self.ring, sample)
        self.waiting.append(sample)
        self.pushed += 1
        self.held_up = False

    @rule(laps=st.floats(0, 2.5))
    def push_many(self, laps: float) -> None:
        for _ in range(int(laps * self.slots)):
            self.push(self.pushed.to_bytes(8, "little") * (SAMPLE // 8))

    @rule(sample=st.binary(min_size=SAMPLE, max_size=SAMPLE), words=st.integers(0, SAMPLE // 8))
    def begin_to_push(self, sample: bytes, words: int) -> None:
        self.library.ring_push_in_part(self.ring, sample, words)
        self.held_up = True

    @rule()
    def pop(self) -> None:
        while len(self.waiting) > self.slots or (self.held_up and len(self.waiting) == self.slots):
            self.waiting.popleft()
            self.lost += 1
        got = ctypes.create_string_buffer(SAMPLE)
        there = self.library.nenc_ring_pop(self.ring, got)
        assert there == bool(self.waiting)
        if there:
            assert got.raw == self.waiting.popleft()
        assert self.library.ring_overwritten(self.ring) == self.lost

    @rule()
    def drain(self) -> None:
        for _ in range(min(len(self.waiting), self.slots) + 1):
            self.pop()
        assert not self.waiting

    @rule(index=st.integers(0, 2**64 - 1))
    def reset(self, index: int) -> None:
        self.start(index)

    @invariant()
    def pushed_are_counted(self) -> None:
        if self.ring:
            assert self.library.nenc_ring_pushed(self.ring) == (self.index + self.pushed) % 2**64


@pytest.mark.skipif(not shutil.which(CC), reason="NOT CHECKED: there is no C compiler (apt-get install gcc libc6-dev)")
@pytest.mark.parametrize("slots", [1, 4, 256])
def test_the_ring_is_a_queue_that_forgets_the_oldest(slots: int, tmp_path: Path) -> None:
    handles, built = tmp_path / "handles.c", tmp_path / "ring.so"
    handles.write_text(HANDLES)
    options = ["-std=gnu11", "-O2", "-shared", "-fPIC", f"-DNENC_RING_SLOTS={slots}"]
    sources = [str(handles), str(KERNELS / "src" / "core" / "ring.c")]
    includes = [f"-I{KERNELS / 'src'}", f"-I{KERNELS / 'include'}"]
    subprocess.run([CC, *options, *includes, *sources, "-o", str(built)], check=True)
    library = ctypes.CDLL(str(built))
    library.ring_new.restype = ctypes.c_void_p
    library.ring_new.argtypes = [ctypes.c_uint64]
    library.ring_overwritten.restype = library.nenc_ring_pushed.restype = ctypes.c_uint64
    library.ring_free.argtypes = library.ring_overwritten.argtypes = library.nenc_ring_pushed.argtypes = [
        ctypes.c_void_p
    ]
    library.nenc_ring_push.argtypes = library.nenc_ring_pop.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    library.nenc_ring_pop.restype = ctypes.c_bool
    library.ring_push_in_part.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
    machine = type("Machine", (Ring,), {"library": library, "slots": slots})
    run_state_machine_as_test(machine, settings=STEPS)


# ---- through the public interface ------------------------------------------------------------------------------------

SLOTS = 256
WINDOW_NS = 10**9
RTT_LIMIT_MS = 64000


class Sample(NamedTuple):
    time_ns: int
    throughput_kbps: int
    rtt_ms: float
    loss: float


f32 = st.floats(width=32)
rtts = st.one_of(st.floats(0, 1e6, width=32), st.sampled_from([0.0, -0.0, 64000.0, 3e38]))
losses = st.one_of(st.floats(0, 1, width=32), st.sampled_from([0.0, -0.0, 1.0]))
bad_rtts = st.one_of(st.floats(max_value=-(2**-126), width=32), st.sampled_from([math.nan, math.inf]))
bad_losses = st.one_of(bad_rtts, st.floats(min_value=1, exclude_min=True, width=32))
stamps = st.sampled_from(["long ago", "at the last tick", "now", "in the future"])


class Controller(RuleBasedStateMachine):
    """Times of samples are few, so that no two slots of the window with different times become one."""

    def __init__(self) -> None:
        super().__init__()
        config = ffi.new("nenc_config *")
        lib.nenc_config_default(config)
        self.encoder = ffi.gc(lib.nenc_create(config, 0, ffi.NULL), lib.nenc_destroy)
        self.state = ffi.new("nenc_state *")
        self.now = 0
        self.newest: int | None = None
        self.waiting: list[Sample] = []
        self.window: deque[Sample] = deque()
        self.crowded_at = -(10**18)
        self.ticks = self.recorded = self.refused = self.overwritten = 0
        self.last: Sample | None = None

    def record(self, sample: Sample, *rest: float) -> int:
        code: int = lib.nenc_record(self.encoder, ffi.new("nenc_sample *", (*sample, *(rest or (math.nan,) * 3))))
        return code

    def time_of(self, stamp: str) -> int:
        return {"long ago": -(2**62) - 5, "at the last tick": self.now, "now": self.now + 1, "in the future": 2**62}[
            stamp
        ]

    @rule(stamp=stamps, throughput=st.integers(0, 2**32 - 1), rtt=rtts, loss=losses, rest=st.tuples(f32, f32, f32))
    def good_sample(self, stamp: str, throughput: int, rtt: float, loss: float, rest: tuple[float, ...]) -> None:
        sample = Sample(self.time_of(stamp), throughput, rtt, loss)
        assert self.record(sample, *rest) == lib.NENC_OK
        self.waiting.append(sample._replace(rtt_ms=min(rtt, RTT_LIMIT_MS)))
        self.recorded += 1

    @rule(stamp=stamps, bad=st.one_of(st.tuples(bad_rtts, losses), st.tuples(rtts, bad_losses)))
    def bad_sample(self, stamp: str, bad: tuple[float, float]) -> None:
        assert self.record(Sample(self.time_of(stamp), 1, *bad)) == lib.NENC_EINVAL
        self.refused += 1

    @rule()
    def no_sample(self) -> None:
        assert lib.nenc_record(self.encoder, ffi.NULL) == lib.NENC_EINVAL
        self.refused += 1

    @rule(count=st.integers(1, 700), stamp=stamps)
    def burst(self, count: int, stamp: str) -> None:
        for i in range(count):
            self.good_sample(stamp=stamp, throughput=1000 + i, rtt=20.0, loss=0.0, rest=())

    @rule(milliseconds=st.one_of(st.integers(40, 200), st.integers(900, 1100), st.just(5000)))
    def step(self, milliseconds: int) -> None:
        self.now += milliseconds * 10**6
        self.take()
        self.expire(self.now)
        self.ticks += 1
        rate = lib.nenc_step(self.encoder, self.now, self.state)
        assert rate == lib.get_current_bitrate(self.encoder) == math.floor(self.state.rate_bps + 0.5)
        self.compare()

    def take(self) -> None:
        """What a tick does with the samples: the newest SLOTS of them, their times made to fit."""
        self.overwritten += max(0, len(self.waiting) - SLOTS)
        for sample in self.waiting[-SLOTS:]:
            time = min(max(sample.time_ns, -(2**62), self.newest if self.newest is not None else -(2**62)), self.now)
            self.newest = time
            self.expire(time)
            if len(self.window) >= 64:
                self.crowded_at = self.now
            self.last = sample._replace(time_ns=time)
            self.window.append(self.last)
        self.waiting = []

    def expire(self, now: int) -> None:
        while self.window and now - self.window[0].time_ns >= WINDOW_NS:
            self.window.popleft()

    def compare(self) -> None:
        state = self.state
        assert (state.ticks, state.now_ns, state.samples) == (self.ticks, self.now, len(self.window))
        assert (state.recorded, state.refused, state.overwritten) == (self.recorded, self.refused, self.overwritten)
        age = 2**32 if self.newest is None else (self.now - self.newest) // 1000
        assert state.age_us == min(age, 2**32 - 1)
        if self.last:
            assert (state.throughput_bps, state.rtt_ms, state.loss) == (self.last.throughput_kbps * 1e3, *self.last[2:])
        if self.window and self.now - self.crowded_at > WINDOW_NS:
            rates = [float(np.float32(sample.throughput_kbps)) for sample in self.window]
            assert (state.throughput_min_kbps, state.throughput_max_kbps) == (min(rates), max(rates))
            trips = [sample.rtt_ms for sample in self.window]
            assert (state.rtt_min_ms, state.rtt_max_ms) == (min(trips), max(trips))

    @rule(back=st.integers(1, 10**12))
    def step_back(self, back: int) -> None:
        assert lib.nenc_step(self.encoder, self.now - back, ffi.NULL) == lib.NENC_ERANGE

    @rule()
    def look(self) -> None:
        """The state of the last tick, to the byte, whatever was recorded or refused since."""
        seen = ffi.new("nenc_state *")
        assert lib.nenc_state_get(self.encoder, seen) == lib.NENC_OK
        assert (seen.ticks, seen.now_ns) == (self.ticks, self.now)
        if self.ticks:
            assert bytes(ffi.buffer(seen)) == bytes(ffi.buffer(self.state))


def test_what_was_recorded_refused_and_lost_is_counted() -> None:
    run_state_machine_as_test(Controller, settings=STEPS)

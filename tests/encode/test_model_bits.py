"""The model encoder in C and the one in Python make the same frames, bit for bit, whatever they are asked."""

from __future__ import annotations

from math import inf, isnan
from random import Random

import pytest
from encoders import encoder
from model_oracle import ModelSettings, Oracle

from nenc_lab.encode.base import FAULTS, Encoder

FIELDS = ("bytes", "key", "rung", "interval_ns", "encode_ns", "software")
FRAMES = 6000
"""Over two blocks of the oracle's random numbers."""


def _settings(chance: Random) -> ModelSettings:
    return ModelSettings(
        lines=chance.choice((1080, 2160, 4320)),
        fps=chance.choice((24.0, 30.0, 59.94, 60.0, 120.0)),
        key_ratio=chance.choice((1.0, 13.5 / 4.17, chance.uniform(1, 100))),
        transient_frames=chance.choice((1, 2, 8, 60)),
        reaction_ns=chance.choice((0, 100_000_000, chance.randrange(10**9))),
        size_scale=chance.choice((0.0, 0.15, 1.0)),
        interval_scale=chance.choice((0.0, 0.15, 1.0)),
        lag_ns=chance.choice((0, 0, 80_000_000)),
        transient_change=chance.choice((0.0, 0.1, 0.5)),
        encode_ns=chance.randrange(20_000_000),
        watchdog_ns=chance.randrange(500_000_000),
        rate_min_bps=chance.choice((0.0, 2e6)),
        rate_max_bps=chance.choice((inf, 30e6)),
        key_interval_ns=chance.choice((0, 500_000_000)),
        follow_rung=chance.random() < 0.8,
    )


def _disturb(chance: Random, *both: Encoder) -> None:
    what, kind, on = chance.randrange(40), chance.choice(tuple(FAULTS)), chance.random() < 0.5
    lines = chance.choice((1080, 1440, 2160))
    for one in both:
        if what == 0:
            one.request_key()
        elif what == 1:
            one.set_resolution(lines)
        elif what == 2:
            one.set_fault(kind, on)


@pytest.mark.parametrize("seed", range(24))
def test_the_same_frames_under_random_calls(seed: int) -> None:
    chance = Random(seed)
    settings = _settings(chance)
    stream = (1 << 21) + 2 * seed
    ours = encoder("model", seed, stream, **{name: getattr(settings, name) for name in settings.__slots__})
    oracle = Oracle(settings, seed, stream)
    now, rate, fps, rung, qp = 0, 20e6, 60.0, 2160, 28.0
    for _ in range(FRAMES):
        if chance.random() < 0.2:
            rate = chance.choice((0.0, 100.0, 120e6, rate * chance.uniform(0.5, 1.5) + 1.0))
        if chance.random() < 0.02:
            fps, rung, qp = chance.choice((7.5, 30.0, 240.0)), chance.choice((1080, 4320)), chance.uniform(-5, 51)
        _disturb(chance, ours, oracle)
        got, wanted = ours.encode(now, rate, fps, rung, qp), oracle.encode(now, rate, fps, rung, qp)
        assert [getattr(got, name) for name in FIELDS] == [getattr(wanted, name) for name in FIELDS]
        assert got.qp == wanted.qp or (isnan(got.qp) and isnan(wanted.qp))
        now += got.interval_ns


def test_the_largest_seed_and_stream() -> None:
    for seed, stream in ((2**64 - 1, 2**64 - 1), (2**63, 0)):
        ours, oracle = encoder("model", seed, stream), Oracle(ModelSettings(), seed, stream)
        for number in range(100):
            asked = (number * 16_666_667, 20e6, 60.0, 2160, 28.0)
            assert ours.encode(*asked).bytes == oracle.encode(*asked).bytes

"""What every encoder promises the engine."""

from __future__ import annotations

import numpy as np
import pytest
from encoders import SECOND_NS, encoder, shoot, sizes

from nenc_lab.ctables.encoder_fields import kinds
from nenc_lab.encode.base import Encoder

STATISTICAL = ("model", "null")
"""Fast enough for minutes of 4K; what real ones make of a rate is in test_video.py and the C contract."""
every = pytest.mark.parametrize("kind", sorted(kinds()))


@pytest.mark.parametrize("kind", STATISTICAL)
@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0, 120.0])
@pytest.mark.parametrize("mbps", [0.3, 5, 50, 120])
def test_makes_the_rate_it_is_told_to(kind: str, fps: float, mbps: float) -> None:
    """Over a minute, rate and frame rate within 1 %: mean of four seeds (one varies by 0.8 % at 24 fps)."""
    clips = [shoot(encoder(kind, seed, fps=fps), 60, mbps * 1e6) for seed in range(1, 5)]
    assert np.mean([clip.bps for clip in clips]) == pytest.approx(mbps * 1e6, rel=0.01)
    assert np.mean([len(clip.t_ns) for clip in clips]) == pytest.approx(60 * fps, rel=0.01)


@every
def test_first_frame_is_a_key_frame_and_the_next_ones_are_not(kind: str) -> None:
    clip = shoot(encoder(kind), 4, 5e6)
    assert clip.key[0]
    assert not clip.key[1:].any()


@every
def test_key_frame_on_demand_is_the_next_frame_and_only_that(kind: str) -> None:
    clip = shoot(encoder(kind), 4, 5e6, at={100: lambda made: made.request_key()})
    assert list(np.flatnonzero(clip.key)) == [0, 100]


@every
def test_never_above_the_frame_rate_or_rung_allowed(kind: str) -> None:
    low, own, high = sizes(kind)
    clip = shoot(
        encoder(kind, fps=60.0, lines=own),
        6,
        5e6,
        fps=lambda now: 15.0 if now > 3 * SECOND_NS else 240.0,
        rung=lambda now: low if now > 3 * SECOND_NS else high,
    )
    late = clip.t_ns > 3.2 * SECOND_NS
    assert set(clip.rung[~late]) >= {own}
    assert set(clip.rung[late]) == {low}
    assert late.sum() == pytest.approx(2.8 * 15, rel=0.05)
    assert (~late).sum() == pytest.approx(3.0 * 60, rel=0.05)


@every
def test_resolution_switch_makes_a_key_frame(kind: str) -> None:
    _, own, high = sizes(kind)
    clip = shoot(encoder(kind, lines=own), 4, 5e6, at={60: lambda made: made.set_resolution(high)})
    assert list(clip.rung[58:62]) == [own, own, high, high]
    assert list(np.flatnonzero(clip.key)) == [0, 60]


@every
def test_failure_makes_a_key_frame_when_it_begins_and_ends(kind: str) -> None:
    """Hardware is found again by a probe, half a second after its loss and then at growing distances."""
    fails, mends = ((lambda made, on=on: made.set_fault("gpu_failure", on)) for on in (True, False))
    clip = shoot(encoder(kind), 4, 5e6, at={50: fails, 60: fails, 120: mends})
    keys = list(np.flatnonzero(clip.key))
    assert keys[:2] == [0, 50]
    assert len(keys) == 3
    assert 120 <= keys[2] <= 120 + 60 * 2


@every
def test_says_who_encoded(kind: str) -> None:
    made = encoder(kind)
    clip = shoot(made, 2, 5e6)
    assert set(clip.tag) <= set(range(len(made.names)))
    assert all(made.names)


@every
def test_next_to_no_rate_is_still_frames(kind: str) -> None:
    clip = shoot(encoder(kind), 2, 100.0)
    assert (clip.bytes >= 1).all()
    assert (clip.encode_ns >= 0).all()


@every
def test_same_seed_same_frames(kind: str) -> None:
    one, other = shoot(encoder(kind, 9), 4, 5e6), shoot(encoder(kind, 9), 4, 5e6)
    assert np.array_equal(one.t_ns, other.t_ns)
    assert np.array_equal(one.bytes, other.bytes)


@every
def test_close_twice(kind: str) -> None:
    made = encoder(kind)
    made.close()
    made.close()


@every
def test_a_hang_costs_the_watchdogs_time_in_virtual_time_alone(kind: str) -> None:
    hangs = {30: lambda made: made.set_fault("gpu_hang", True)}
    clip = shoot(encoder(kind), 1, 5e6, at=hangs)
    if kind in ("null", "x264"):  # nothing to hang: x264 is in the lab's own process
        return
    assert list(clip.encode_ns[28:33]) == [4_000_000, 4_000_000, 108_000_000, 8_000_000, 8_000_000]


@every
def test_a_failure_costs_the_hardwares_time_once(kind: str) -> None:
    for fault in ("gpu_failure", "gpu_reset"):
        clip = shoot(encoder(kind), 1, 5e6, at={30: lambda made, fault=fault: made.set_fault(fault, True)})
        if kind != "null":
            assert list(clip.encode_ns[28:33]) == [4_000_000, 4_000_000, 12_000_000, 8_000_000, 8_000_000]


@every
def test_a_rate_that_is_ignored_stays(kind: str) -> None:
    fault = {60: lambda made: made.set_fault("ignore_rate", True)}
    clip = shoot(encoder(kind), 6, lambda now: 3e6 if now < SECOND_NS else 1e6, at=fault)
    late = clip.t_ns > 3 * SECOND_NS
    bps = 8.0 * clip.bytes[late].sum() / 3
    assert bps == pytest.approx(1e6 if kind == "null" else 3e6, rel=0.1)


@every
def test_an_ignored_rate_does_not_mend_lost_hardware(kind: str) -> None:
    def both(made: Encoder) -> None:
        made.set_fault("gpu_reset", True)
        made.set_fault("ignore_rate", True)

    clip = shoot(encoder(kind), 3, 5e6, at={30: both, 60: lambda made: made.set_fault("ignore_rate", False)})
    if kind != "null":
        assert set(clip.tag[30:]) == {1}
        assert set(clip.tag[:30]) == {0}

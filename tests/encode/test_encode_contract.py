"""What every encoder promises the engine."""

from __future__ import annotations

import numpy as np
import pytest
from encoders import SECOND_NS, encoder, shoot

from nenc_lab.encode.table import ENCODERS

pytestmark = pytest.mark.parametrize("kind", sorted(ENCODERS))


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0, 120.0])
@pytest.mark.parametrize("mbps", [0.3, 5, 50, 120])
def test_makes_the_rate_it_is_told_to(kind: str, fps: float, mbps: float) -> None:
    """Over a minute, rate and frame rate within 1 %: mean of four seeds (one varies by 0.8 % at 24 fps)."""
    clips = [shoot(encoder(kind, seed, fps=fps), 60, mbps * 1e6) for seed in range(1, 5)]
    assert np.mean([clip.bps for clip in clips]) == pytest.approx(mbps * 1e6, rel=0.01)
    assert np.mean([len(clip.t_ns) for clip in clips]) == pytest.approx(60 * fps, rel=0.01)


def test_first_frame_is_a_key_frame_and_the_next_ones_are_not(kind: str) -> None:
    clip = shoot(encoder(kind), 10, 20e6)
    assert clip.key[0]
    assert not clip.key[1:].any()


def test_key_frame_on_demand_is_the_next_frame_and_only_that(kind: str) -> None:
    clip = shoot(encoder(kind), 4, 20e6, at={100: lambda made: made.request_key()})
    assert list(np.flatnonzero(clip.key)) == [0, 100]


def test_never_above_the_frame_rate_or_rung_allowed(kind: str) -> None:
    clip = shoot(
        encoder(kind, fps=60.0, resolution=2160),
        20,
        20e6,
        fps=lambda now: 15.0 if now > 10 * SECOND_NS else 240.0,
        rung=lambda now: 1080 if now > 10 * SECOND_NS else 4320,
    )
    late = clip.t_ns > 10.2 * SECOND_NS
    assert set(clip.rung[~late]) >= {2160}
    assert set(clip.rung[late]) == {1080}
    assert late.sum() == pytest.approx(9.8 * 15, rel=0.05)
    assert (~late).sum() == pytest.approx(10.0 * 60, rel=0.05)


def test_resolution_switch_makes_a_key_frame(kind: str) -> None:
    clip = shoot(encoder(kind, resolution=2160), 4, 20e6, at={60: lambda made: made.set_resolution(4320)})
    assert list(clip.rung[58:62]) == [2160, 2160, 4320, 4320]
    assert list(np.flatnonzero(clip.key)) == [0, 60]


def test_failure_makes_a_key_frame_when_it_begins_and_ends(kind: str) -> None:
    fails, mends = (lambda made: made.set_fault("gpu_failure", True)), (lambda made: made.set_fault("gpu_failure", False))
    clip = shoot(encoder(kind), 4, 20e6, at={50: fails, 60: fails, 120: mends})
    assert list(np.flatnonzero(clip.key)) == [0, 50, 120]


def test_says_who_encoded(kind: str) -> None:
    made = encoder(kind)
    clip = shoot(made, 2, 20e6)
    assert set(clip.tag) <= set(range(len(made.names)))
    assert all(made.names)


def test_next_to_no_rate_is_still_frames(kind: str) -> None:
    clip = shoot(encoder(kind), 2, 100.0)
    assert (clip.bytes >= 1).all()
    assert (clip.encode_ns >= 0).all()


def test_same_seed_same_frames(kind: str) -> None:
    one, other = shoot(encoder(kind, 9), 20, 20e6), shoot(encoder(kind, 9), 20, 20e6)
    assert np.array_equal(one.t_ns, other.t_ns)
    assert np.array_equal(one.bytes, other.bytes)


def test_close_twice(kind: str) -> None:
    made = encoder(kind)
    made.close()
    made.close()

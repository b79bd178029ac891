"""The model encoder against RFC 8593 section 5, paragraph by paragraph."""

from __future__ import annotations

import numpy as np
import pytest
from encoders import SECOND_NS, encoder, shoot

from nenc_lab.encode.settings import EncoderSettings

RATIO = 13.5 / 4.17
"""K_B / B0 of figure 2."""


def noiseless(**settings: object):
    return encoder("model", size_scale=0.0, interval_scale=0.0, **settings)


def mean_bytes(rate_bps: float, fps: float = 60.0) -> float:
    return rate_bps / 8 / fps


def steady(clip):
    """The frames behind the first transient, relative to their mean."""
    return clip.bytes[10:] / mean_bytes(20e6) - 1.0


@pytest.mark.parametrize("scale", [0.05, 0.15])
def test_frame_sizes_are_laplacian(scale: float) -> None:
    """Section 5.3: (B - B0) / B0 is Laplacian with SCALE_B: E|x| = scale, E x = 0, the quartiles at +-scale ln 2."""
    x = steady(shoot(encoder("model", size_scale=scale), 400, 20e6))
    n = len(x)
    assert n > 20_000
    assert abs(x.mean()) < 4 * scale * np.sqrt(2 / n)
    assert np.abs(x).mean() == pytest.approx(scale, rel=0.03)
    assert np.quantile(x, [0.25, 0.75]) == pytest.approx([-scale * np.log(2), scale * np.log(2)], rel=0.05)
    assert np.corrcoef(x[:-1], x[1:])[0, 1] == pytest.approx(0.0, abs=4 / np.sqrt(n))


def test_intervals_are_laplacian() -> None:
    """Section 5.3: (t - t0) / t0 with SCALE_t, independent of the sizes."""
    clip = shoot(encoder("model", interval_scale=0.15), 400, 20e6)
    x = np.diff(clip.t_ns) * 60 / 1e9 - 1.0
    assert abs(x.mean()) < 4 * 0.15 * np.sqrt(2 / len(x))
    assert np.abs(x).mean() == pytest.approx(0.15, rel=0.03)
    sizes = clip.bytes[:-1] / mean_bytes(20e6)
    assert np.corrcoef(x[10:], sizes[10:])[0, 1] == pytest.approx(0.0, abs=0.03)


@pytest.mark.parametrize("ratio", [1.0, RATIO, 6.0, 12.0])
@pytest.mark.parametrize("frames", [2, 8, 30])
def test_a_key_frame_is_k_b_and_the_transient_still_meets_the_rate(ratio: float, frames: int) -> None:
    """Section 5.2: first K_B, the rest smaller, so that the average is the target; none under a tenth of the mean."""
    made = noiseless(key_ratio=ratio, transient_frames=frames)
    clip = shoot(made, 8, 20e6, at={200: lambda made: made.request_key()})
    relative = clip.bytes / mean_bytes(20e6)
    assert relative[200] == pytest.approx(ratio, rel=1e-3)
    rest = relative[201:]
    paid_by = int(np.flatnonzero(np.abs(rest - 1.0) > 1e-3)[-1]) + 1 if ratio != 1.0 else 0
    assert (rest[:paid_by] < 1.0).all()
    assert (rest >= 0.1 - 1e-3).all()
    assert relative[200 : 201 + paid_by].mean() == pytest.approx(1.0, abs=2e-3)
    possible = max(frames - 1, (ratio - 1.0) / 0.9)
    assert paid_by <= np.ceil(possible) + 1


def test_key_frames_keep_the_mean_with_noise_and_a_high_ratio() -> None:
    """A key frame of 10 x the mean every second: the transients' floor must not add to the rate."""
    clip = shoot(encoder("model", key_ratio=10.0, key_interval_ns=SECOND_NS), 120, 20e6)
    assert 115 <= clip.key.sum() <= 120
    assert clip.bps == pytest.approx(20e6, rel=0.01)


def test_only_large_changes_set_off_a_transient() -> None:
    """Over 10 % since the last reaction; the controller ticks at 60 Hz, and slow growth is no abrupt change."""
    for change, transient in ((1.09, False), (0.91, False), (1.11, True), (0.89, True)):
        clip = shoot(noiseless(), 3, lambda now, factor=change: 20e6 * (factor if now > SECOND_NS else 1.0))
        after = clip.bytes[61:] / mean_bytes(20e6 * change)
        assert (after.max() > 2.0) == transient, change
        assert not clip.key[1:].any()
    climbing = shoot(noiseless(), 20, lambda now: 10e6 * 1.02 ** (now // 100_000_000))  # 2 % each reaction
    assert (np.abs(np.diff(climbing.bytes[10:]) / climbing.bytes[10:-1]) < 0.05).all()


def test_creeping_changes_add_up_between_reactions() -> None:
    """1 % per 60 Hz tick is 6 % per tau_v: no transient. 2 % per tick is 12 %: at each reaction one."""
    for per_tick, transient in ((1.01, False), (1.021, True)):
        clip = shoot(noiseless(), 0.9, lambda now, step=per_tick: 10e6 * step ** (now * 60 // SECOND_NS))
        relative = clip.bytes[10:] / mean_bytes(10e6)
        jumps = relative[1:] / relative[:-1]
        assert (jumps.max() > 1.8) == transient


def test_requests_wait_for_tau_v() -> None:
    """Section 5.1: after a reaction none for tau_v, then the newest request counts."""
    tau = 200_000_000

    def asked(now: int) -> float:
        return 20e6 if now < 1e9 else 21e6 if now < 1.05e9 else 19e6

    clip = shoot(noiseless(reaction_ns=tau), 2, asked)
    rates = clip.bytes * 8 * 60
    at_21 = clip.t_ns[np.abs(rates - 21e6) < 1e4]
    assert at_21[0] == pytest.approx(1e9, abs=2e7)
    assert at_21[-1] - at_21[0] == pytest.approx(tau, abs=2e7)
    assert np.abs(rates[clip.t_ns > 1.24e9] - 19e6).max() < 1e4


def test_first_request_is_met_at_once_and_an_unchanged_one_does_not_start_the_clock() -> None:
    clip = shoot(noiseless(reaction_ns=SECOND_NS), 4, lambda now: 20e6 if now < 2.5e9 else 21e6)
    rates = clip.bytes * 8 * 60
    assert rates[9] == pytest.approx(20e6, rel=1e-3)
    assert clip.t_ns[np.abs(rates - 21e6) < 1e4][0] == pytest.approx(2.5e9, abs=2e7)


def test_rates_are_clipped() -> None:
    """Section 5.4."""
    for asked, made in ((1e6, 2e6), (50e6, 30e6), (10e6, 10e6)):
        clip = shoot(encoder("model", rate_min_bps=2e6, rate_max_bps=30e6), 60, asked)
        assert clip.bps == pytest.approx(made, rel=0.02)


def test_a_debt_of_high_rates_does_not_starve_low_ones() -> None:
    """120 -> 5 Mbit/s right behind a key frame: what is owed are mean frames, not megabytes."""
    clip = shoot(
        noiseless(),
        3,
        lambda now: 120e6 if now < 1.01e9 else 5e6,
        at={60: lambda made: made.request_key()},
    )
    late = clip.t_ns > 1.4e9
    assert clip.bytes[late] / mean_bytes(5e6) == pytest.approx(np.ones(late.sum()), abs=1e-3)


def test_key_interval() -> None:
    clip = shoot(encoder("model", key_interval_ns=SECOND_NS // 2), 10, 20e6)
    gaps = np.diff(clip.t_ns[clip.key])
    assert (gaps >= SECOND_NS // 2).all()
    assert (gaps < 0.56 * SECOND_NS).all()


def test_failure_is_software() -> None:
    made = encoder("model", encode_ns=4_000_000, software_ns=8_000_000)
    clip = shoot(
        made,
        3,
        20e6,
        at={
            60: lambda made: made.set_fault("gpu_failure", True),
            120: lambda made: made.set_fault("gpu_failure", False),
        },
    )
    by = np.array(made.names)[clip.tag]
    assert set(by[:60]) == set(by[120:]) == {"model"}
    assert set(by[60:120]) == {"software"}
    assert clip.encode_ns[60] == 12_000_000  # hardware, then the same picture in software
    assert set(clip.encode_ns[61:120]) == {8_000_000}
    assert set(clip.encode_ns[:60]) | set(clip.encode_ns[120:]) == {4_000_000}


def test_fixed_ladder_keeps_to_the_source() -> None:
    clip = shoot(encoder("model", follow_rung=False, fps=60.0, lines=2160), 10, 20e6, fps=15.0, rung=1080)
    assert set(clip.rung) == {2160}
    assert len(clip.t_ns) == pytest.approx(600, rel=0.05)


def test_streams_are_apart() -> None:
    """Each flow's encoder has two streams of its own: nothing of the neighbour's comes back."""
    one, next_one = (shoot(encoder("model", stream=(1 << 21) + 2 * n), 60, 20e6) for n in range(2))
    n = min(len(one.bytes), len(next_one.bytes)) - 1
    for a, b in (
        (one.bytes, next_one.bytes),
        (np.diff(one.t_ns), next_one.bytes),
        (np.diff(one.t_ns), np.diff(next_one.t_ns)),
        (np.diff(one.t_ns), one.bytes),
    ):
        assert abs(np.corrcoef(a[10:n], b[10:n])[0, 1]) < 0.07


def test_defaults_are_the_rfcs() -> None:
    value = EncoderSettings("model").value
    assert value("key_ratio") == pytest.approx(3.237, abs=0.001)
    assert (value("transient_frames"), value("size_scale"), value("interval_scale")) == (8, 0.15, 0.15)
    assert value("transient_change") == 0.10

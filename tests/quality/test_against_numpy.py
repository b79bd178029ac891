"""PSNR and SSIM from their definitions in float64, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from frames import as_nv12, random_pair
from hypothesis import given, settings
from hypothesis import strategies as st

from nenc_lab import quality
from nenc_lab.errors import InputError


def numpy_psnr(a: np.ndarray, b: np.ndarray) -> float:
    mse = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
    return math.inf if mse == 0 else 10 * math.log10(255**2 / mse)


def numpy_ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Means, variances and covariance of every window, as Wang et al. 2004 write them, variances over n - 1."""
    if min(a.shape) < 8:
        return math.nan
    windows = [np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), (8, 8))[::4, ::4] for x in (a, b)]
    x, y = (window.reshape(*window.shape[:2], 64) for window in windows)
    mean_x, mean_y = x.mean(axis=2), y.mean(axis=2)
    covariance = ((x - mean_x[..., None]) * (y - mean_y[..., None])).sum(axis=2) / 63
    c1, c2 = (0.01 * 255) ** 2 / 64, (0.03 * 255) ** 2  # x264 and ffmpeg have a 64th of the first
    top = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    bottom = (mean_x**2 + mean_y**2 + c1) * (x.var(axis=2, ddof=1) + y.var(axis=2, ddof=1) + c2)
    return float((top / bottom).mean())


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**32 - 1), st.sampled_from([1, 8, 60, 255]))
def test_any_size(width: int, height: int, seed: int, noise: int) -> None:
    a, b = (quality.i420(data, width, height) for data in random_pair(width, height, seed, noise))
    sizes = np.array([plane.size for plane in a])
    squared = [int(((x.astype(np.int64) - y) ** 2).sum()) for x, y in zip(a, b, strict=True)]
    means = np.array([numpy_ssim(x, y) for x, y in zip(a, b, strict=True)])
    there = ~np.isnan(means)
    for x, y in ((a, b), (as_nv12(a), as_nv12(b))):
        assert list(quality.sse(x, y)) == squared
        psnr = quality.psnr(x, y)
        assert [psnr.y, psnr.u, psnr.v] == pytest.approx([numpy_psnr(*planes) for planes in zip(a, b, strict=True)])
        assert psnr.all == pytest.approx(numpy_psnr(*(np.concatenate([p.ravel() for p in z]) for z in (a, b))))
        if not there.any():
            with pytest.raises(InputError, match="8x8"):
                quality.ssim(x, y)
            continue
        ssim = quality.ssim(x, y)
        # the core's constants are those times 4096, rounded to integers
        assert [ssim.y, ssim.u, ssim.v] == pytest.approx(means, abs=2e-5, nan_ok=True)
        assert ssim.all == pytest.approx(np.average(means[there], weights=sizes[there]), abs=2e-5)


def test_grey_has_one_component() -> None:
    y = np.arange(400, dtype=np.uint16).astype(np.uint8).reshape(20, 20)
    psnr, ssim = quality.psnr(y, y // 2), quality.ssim(y, y // 2)
    assert psnr.all == psnr.y == pytest.approx(numpy_psnr(y, y // 2))
    assert ssim.all == pytest.approx(ssim.y)
    assert ssim.y == pytest.approx(numpy_ssim(y, y // 2), abs=2e-5)
    assert all(math.isnan(value) for value in (psnr.u, psnr.v, ssim.u, ssim.v))
    assert quality.sse(y, y // 2)[1:] == (0, 0)


def test_a_plane_without_a_window_does_not_count() -> None:
    a, b = (quality.i420(data, 14, 20) for data in random_pair(14, 20, 3, 20))
    ssim = quality.ssim(a, b)
    assert math.isnan(ssim.u)
    assert math.isnan(ssim.v)
    assert ssim.all == ssim.y


Y, U = np.zeros((10, 12), np.uint8), np.zeros((5, 6), np.uint8)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (Y.astype(np.int16), "int16"),
        ([[1, 2], [3, 4]], "uint8"),
        (Y[:0], r"shape \(0, 12\)"),
        (Y[None], r"shape \(1, 10, 12\)"),
        (Y[:, ::2], "strides"),
        (Y[::-1], "strides"),
        ((Y, U, U[:4]), r"plane 2 of frame a has shape \(4, 6\)"),
        ((Y, U), r"plane 1 of frame a has shape \(5, 6\)"),
        ((Y, U, U, U), "4 planes"),
        ((), "0 planes"),
        (np.zeros((1, 65537), np.uint8), "65536"),
    ],
)
def test_what_is_no_frame_is_refused(frame: object, said: str) -> None:
    for compare in (quality.sse, quality.psnr, quality.ssim):
        with pytest.raises(InputError, match=said):
            compare(frame, frame)  # type: ignore[arg-type]


def test_unlike_frames_are_refused() -> None:
    for other in (Y[:9], Y[:, :11], (Y, np.zeros((5, 6, 2), np.uint8)), (Y, U, U)):
        with pytest.raises(InputError, match="differ in form or size"):
            quality.psnr(Y, other)


def test_raw_bytes_of_another_size_are_refused() -> None:
    with pytest.raises(InputError, match="150 bytes, not 149"):
        quality.i420(bytes(149), 10, 10)
    with pytest.raises(InputError, match="0x4"):
        quality.nv12(bytes(4), 0, 4)
    y, uv = quality.nv12(bytes(range(6)), 2, 2)
    assert (y.tolist(), uv.tolist()) == ([[0, 1], [2, 3]], [[[4, 5]]])

"""PSNR and SSIM are those of ffmpeg's filters psnr and ssim, to the digits they print."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from frames import as_nv12, encoded_pair, ffmpeg, frame_bytes, needs_ffmpeg, random_pair

from nenc_lab import quality

pytestmark = needs_ffmpeg

SIZES = [(64, 48), (16, 16), (17, 19), (33, 130), (350, 287), (1283, 35), (4080, 40)]
"""Whole blocks, ragged ones, odd ones, one wider than what the core takes in a single strip."""
SSIM_DIGITS = 1e-6
"""ffmpeg prints six decimals."""


def x86_is_right(width: int) -> bool:
    """ffmpeg's x86 code (5.1) adds up rows of 4 n + 1 windows wrongly: its values then depend on -cpuflags."""
    return all((plane // 4 - 1) % 4 != 1 for plane in (width, (width + 1) // 2))


def stats(
    folder: Path, name: str, a: bytes, b: bytes, width: int, height: int, plain: bool = False
) -> list[dict[str, float]]:
    """What ffmpeg's filter ``name`` writes for each frame: by its keys (``Y``, ``psnr_y``). plain: no SIMD."""
    for file, data in (("a.raw", a), ("b.raw", b)):
        (folder / file).write_bytes(data)
    read = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size", f"{width}x{height}", "-i"]
    inputs = [*read, folder / "a.raw", *read, folder / "b.raw"]
    ffmpeg(
        *(["-cpuflags", "0"] if plain else []),
        *inputs,
        "-lavfi",
        f"[0:v][1:v]{name}=stats_file={folder / name}",
        "-f",
        "null",
        "-",
    )
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    return [{key: float(value) for key, value in re.findall(r"(\w+):(\S+)", line)} for line in lines]


def compare(folder: Path, a: bytes, b: bytes, width: int, height: int, plain: bool) -> None:
    size = frame_bytes(width, height)
    theirs_psnr, theirs_ssim = (stats(folder, name, a, b, width, height, plain) for name in ("psnr", "ssim"))
    assert len(theirs_psnr) == len(theirs_ssim) == len(a) // size
    for index, (psnr, ssim) in enumerate(zip(theirs_psnr, theirs_ssim, strict=True)):
        first, second = (quality.i420(data[index * size : (index + 1) * size], width, height) for data in (a, b))
        for x, y in ((first, second), (as_nv12(first), as_nv12(second))):
            ours = quality.psnr(x, y)
            for value, key in ((ours.all, "avg"), (ours.y, "y"), (ours.u, "u"), (ours.v, "v")):
                assert value == pytest.approx(psnr[f"psnr_{key}"], abs=0.00501), key
            ours = quality.ssim(x, y)
            for value, key in ((ours.all, "All"), (ours.y, "Y"), (ours.u, "U"), (ours.v, "V")):
                assert value == pytest.approx(ssim[key], abs=SSIM_DIGITS), key


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("noise", [1, 20, 255])
def test_random_frames(tmp_path: Path, width: int, height: int, noise: int) -> None:
    pairs = [random_pair(width, height, seed, noise) for seed in range(3)]
    a, b = (b"".join(pair[side] for pair in pairs) for side in (0, 1))
    compare(tmp_path, a, b, width, height, plain=True)
    if x86_is_right(width):
        compare(tmp_path, a, b, width, height, plain=False)


def test_most_sizes_meet_both_of_ffmpegs_kernels() -> None:
    assert sum(x86_is_right(width) for width, _ in SIZES) >= 4


@pytest.mark.parametrize("source", ["testsrc2", "mandelbrot", "smptebars"])
@pytest.mark.parametrize(("width", "height"), [(640, 360), (322, 242)])
def test_pictures_that_x264_has_coded(tmp_path: Path, source: str, width: int, height: int) -> None:
    a, b = encoded_pair(tmp_path, source, width, height, 4)
    assert x86_is_right(width)
    compare(tmp_path, a, b, width, height, plain=False)


def test_equal_frames_are_infinitely_good(tmp_path: Path) -> None:
    a, _ = random_pair(48, 32, 1, 1)
    (theirs,) = stats(tmp_path, "psnr", a, a, 48, 32)
    frame = quality.i420(a, 48, 32)
    assert math.isinf(theirs["psnr_avg"])
    assert quality.psnr(frame, frame) == quality.Quality(*[math.inf] * 4)
    assert quality.ssim(frame, frame) == quality.Quality(1.0, 1.0, 1.0, 1.0)

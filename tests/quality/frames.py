"""Frames to compare: random ones, and ffmpeg's test pictures before and after a real encoder."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from nenc_lab import quality

FFMPEG = shutil.which("ffmpeg")

needs_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="NOT CHECKED: there is no ffmpeg (apt-get install ffmpeg)")


def ffmpeg(*words: str | Path) -> None:
    done = subprocess.run(
        [str(FFMPEG), "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def frame_bytes(width: int, height: int) -> int:
    return width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)


def random_pair(width: int, height: int, seed: int, noise: int) -> tuple[bytes, bytes]:
    """Raw I420 of a coarse random picture, and of that picture with noise."""
    random = np.random.default_rng(seed)
    size = frame_bytes(width, height)
    a = np.repeat(random.integers(0, 256, size // 7 + 1), 7)[:size]
    b = np.clip(a + random.integers(-noise, noise + 1, size), 0, 255)
    return a.astype(np.uint8).tobytes(), b.astype(np.uint8).tobytes()


def encoded_pair(folder: Path, source: str, width: int, height: int, frames: int) -> tuple[bytes, bytes]:
    """Raw I420 of a test source of ffmpeg's, and of what x264 leaves of it at a low quality."""
    a, b, coded = folder / "a.yuv", folder / "b.yuv", folder / "b.mkv"
    raw = ["-pix_fmt", "yuv420p", "-f", "rawvideo"]
    ffmpeg("-f", "lavfi", "-i", f"{source}=size={width}x{height}:rate=25", "-frames:v", str(frames), *raw, a)
    read = [*raw, "-video_size", f"{width}x{height}", "-i", a]
    ffmpeg(*read, "-c:v", "libx264", "-preset", "veryfast", "-crf", "38", coded)
    ffmpeg("-i", coded, *raw, b)
    return a.read_bytes(), b.read_bytes()


def as_nv12(planes: tuple[quality.Plane, quality.Plane, quality.Plane]) -> tuple[quality.Plane, quality.Plane]:
    """The same frame as NV12, with rows further apart than they are long."""
    y, u, v = planes
    wide_y = np.full((y.shape[0], y.shape[1] + 13), 77, np.uint8)
    wide_uv = np.full((u.shape[0], u.shape[1] + 5, 2), 77, np.uint8)
    wide_y[:, : y.shape[1]] = y
    wide_uv[:, : u.shape[1]] = np.stack([u, v], axis=2)
    return wide_y[:, : y.shape[1]], wide_uv[:, : u.shape[1]]

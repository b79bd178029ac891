"""What encoders make, held against ffmpeg: it decodes without a word, to what they say, at the rate asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from nenc_lab import _kernels, quality
from nenc_lab.programs import module, program

PROGRAM = Path(_kernels.__file__).parents[1] / "kernels_c" / "tests" / "encode_file"
NEEDS = {"x264": "nenc-x264.so", "vaapi": "nenc_drv_video.so"}

pytestmark = pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="NOT CHECKED: there is no ffmpeg (apt-get install ffmpeg)"
)


@dataclass(frozen=True)
class Stream:
    """A stream and what its encoder said of every frame."""

    file: Path
    bytes: np.ndarray
    key: np.ndarray
    input: np.ndarray


def encode(folder: Path, kind: str, *words: str, strict: str = "", faults: str = "") -> Stream:
    if not PROGRAM.is_file():
        pytest.skip("NOT CHECKED: the package is not built in a checkout: no encode_file")
    if module(NEEDS[kind]) is None:
        pytest.skip(f"NOT CHECKED: this build has no {NEEDS[kind]}")
    file = folder / "stream.264"
    place = module(NEEDS["x264"])
    assert place is not None
    environment = {**os.environ, "NENC_MODULES": str(place.parent), "NENC_VA_STRICT": strict, "NENC_VA_FAULTS": faults}
    if not strict:
        del environment["NENC_VA_STRICT"]
    done = subprocess.run(
        [PROGRAM, kind, file, *words], capture_output=True, text=True, timeout=300, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    rows = np.array([line.split() for line in done.stdout.splitlines() if not line.startswith("#")], dtype=float)
    return Stream(file, rows[:, 1], rows[:, 2] != 0, rows[:, 4])


def decode(stream: Stream, width: int, height: int) -> list[bytes]:
    """Its pictures as NV12; any word of ffmpeg is a failure."""
    words = ["ffmpeg", "-v", "warning", "-xerror", "-i", stream.file, "-f", "rawvideo", "-pix_fmt", "nv12", "-"]
    done = subprocess.run([str(word) for word in words], capture_output=True, timeout=300, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    size = width * height * 3 // 2
    assert len(done.stdout) % size == 0
    return [done.stdout[at : at + size] for at in range(0, len(done.stdout), size)]


def kbps(stream: Stream, first: int, last: int, fps: int = 30) -> float:
    return float(stream.bytes[first:last].sum()) * 8 * fps / (last - first) / 1000


@pytest.mark.parametrize("mode", ["cbr", pytest.param("vbr", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("kind", "strict"), [("x264", ""), ("vaapi", ""), ("vaapi", "ihd"), ("vaapi", "radeonsi")])
def test_a_step_of_the_rate_is_followed(tmp_path: Path, kind: str, strict: str, mode: str) -> None:
    """600 frames of 640x360, 2 Mbit/s, then 500 kbit/s: both halves within 10 % over 5 s, decoded without a warning."""
    made = encode(tmp_path, kind, "frames=600", "step=300:500000", f"mode={mode}", strict=strict)
    assert len(decode(made, 640, 360)) == 600
    assert list(np.flatnonzero(made.key)) == [0]
    assert kbps(made, 150, 300) == pytest.approx(2000, rel=0.1)
    assert kbps(made, 450, 600) == pytest.approx(500, rel=0.1)


@pytest.mark.parametrize("size", [(640, 360), (642, 362), (16, 16), (1920, 1080)])
@pytest.mark.parametrize("kind", ["x264", "vaapi"])
def test_pictures_come_out_in_their_size(tmp_path: Path, kind: str, size: tuple[int, int]) -> None:
    width, height = size
    made = encode(tmp_path, kind, "frames=10", f"width={width}", f"height={height}", "key=5", "bps=4000000")
    assert list(np.flatnonzero(made.key)) == [0, 5]
    assert len(decode(made, width, height)) == 10


def test_the_reconstruction_is_what_a_decoder_shows(tmp_path: Path) -> None:
    made = encode(tmp_path, "x264", "frames=30", f"recon={tmp_path / 'recon'}", f"source={tmp_path / 'source'}")
    shown = decode(made, 640, 360)
    assert (tmp_path / "recon").read_bytes() == b"".join(shown)

    # and what ffmpeg's filter makes of it is what our kernels do
    size = 640 * 360 * 3 // 2
    source = (tmp_path / "source").read_bytes()
    ours = [
        quality.psnr(quality.nv12(source[n * size : (n + 1) * size], 640, 360), quality.nv12(shown[n], 640, 360)).all
        for n in range(30)
    ]
    raw = ["-f", "rawvideo", "-pix_fmt", "nv12", "-s", "640x360"]
    log = tmp_path / "psnr.txt"
    words = ["ffmpeg", "-v", "error", *raw, "-i", tmp_path / "recon", *raw, "-i", tmp_path / "source"]
    words += ["-lavfi", f"[0:v]format=yuv420p[a];[1:v]format=yuv420p[b];[a][b]psnr=stats_file={log}", "-f", "null", "-"]
    subprocess.run([str(word) for word in words], check=True, timeout=120)
    theirs = [float(line.split("psnr_avg:")[1].split()[0]) for line in log.read_text().splitlines()]
    assert ours == pytest.approx(theirs, abs=0.006)


@pytest.mark.parametrize("words", [["pool=0"], []], ids=["copied", "handed-over"])
def test_a_picture_that_is_handed_over_is_the_one_that_is_copied(tmp_path: Path, words: list[str]) -> None:
    made = encode(tmp_path, "vaapi", "frames=30", *words)
    assert set(made.input) == ({0.0} if words else {1.0})
    (tmp_path / "other").mkdir()
    other = encode(tmp_path / "other", "vaapi", "frames=30", "pool=0")
    assert made.file.read_bytes() == other.file.read_bytes()


def test_a_frame_in_two_segments_is_the_same_frame(tmp_path: Path) -> None:
    made = encode(tmp_path, "vaapi", "frames=30")
    (tmp_path / "other").mkdir()
    other = encode(tmp_path / "other", "vaapi", "frames=30", faults="two-segments@1..")
    assert made.file.read_bytes() == other.file.read_bytes()


def test_hevc(tmp_path: Path) -> None:
    made = encode(
        tmp_path, "vaapi", "codec=hevc", "frames=150", "width=320", "height=184", "bps=500000", "step=75:200000"
    )
    assert len(decode(made, 320, 184)) == 150
    assert kbps(made, 105, 150) == pytest.approx(200, rel=0.15)


@pytest.mark.parametrize(
    "fault", ["vaEndPicture@20=HW_BUSY", "vaMapBuffer@20=empty", "abort@20", "vaSyncSurface@20=hang"]
)
def test_a_stream_that_changed_hands_decodes_from_end_to_end(tmp_path: Path, fault: str) -> None:
    """All plans and call indices are in the C check; here four of its streams meet a decoder."""
    check = PROGRAM.with_name("check_encode_faults")
    if not check.is_file() or module(NEEDS["vaapi"]) is None:
        pytest.skip("NOT CHECKED: this build has no software VA-API driver")
    place = module(NEEDS["vaapi"])
    assert place is not None
    environment = {
        **os.environ,
        "NENC_MODULES": str(place.parents[1] if place.parent.name == "va_driver" else place.parent),
        "NENC_ENCODER_HOST": str(program("nenc_encoder_host")),
        "NENC_CHECK_PLAN": fault,
    }
    done = subprocess.run([check, tmp_path], capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = tmp_path.glob("*.264")
    frames = decode(Stream(file, np.empty(0), np.empty(0), np.empty(0)), 320, 192)
    assert len(frames) == 120

"""Clients that know nothing of this project encode through the software VA-API driver: vainfo, ffmpeg, GStreamer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from va_driver import decoded_frames, environment, has_profile, run, tool, x_server

FPS, SECONDS = 30, 10
FRAMES = FPS * SECONDS
CONTENT = f"testsrc2=size=640x360:rate={FPS},noise=alls=16:allf=t"
"""Noise, so that it is the rate and not the smallest QP that decides the size."""
NO_HEVC = "NOT CHECKED: this build of the driver has no HEVC (apt-get install libx265-dev, then build again)"
H264_BASELINE, H264_MAIN, H264_HIGH = "578", "77", "100"


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with x_server() as name:
        yield name


def ffmpeg(display: str, out: Path, *codec: str, content: str = CONTENT, frames: int = FRAMES, **env: str) -> str:
    """Encodes ``content`` with Debian's ffmpeg; what it said."""
    words = [tool("ffmpeg", "ffmpeg"), "-hide_banner", "-loglevel", "warning", "-y"]
    words += ["-init_hw_device", f"vaapi=va:{display}", "-f", "lavfi", "-i", content, "-frames:v", str(frames)]
    words += ["-vf", "format=nv12,hwupload", *codec, str(out)]
    done = run(words, environment(display, **env))
    assert done.returncode == 0, done.stderr
    return done.stderr


def kbps(stream: Path, seconds: float = SECONDS) -> float:
    return stream.stat().st_size * 8 / 1000 / seconds


def test_vainfo_lists_it(display: str) -> None:
    done = run([tool("vainfo", "vainfo"), "--display", "x11"], environment(display))
    assert done.returncode == 0, done.stderr
    assert "nenc software driver" in done.stdout
    found = re.findall(r"VAProfile(\w+)\s*:\s*VAEntrypoint(\w+)", done.stdout)
    h264 = [
        (f"H264{name}", entry)
        for name in ("ConstrainedBaseline", "Main", "High")
        for entry in ("EncSlice", "EncSliceLP")
    ]
    assert [pair for pair in found if pair[0] != "HEVCMain"] == h264
    assert [pair for pair in found if pair[0] == "HEVCMain"] in ([], [("HEVCMain", "EncSlice")])


@pytest.mark.parametrize("mode", ["", "ihd", "radeonsi"])
@pytest.mark.parametrize(("name", "peak"), [("cbr", 1500), ("vbr", 3000)])
def test_ffmpeg_gets_the_rate_it_asks_for(display: str, tmp_path: Path, name: str, peak: int, mode: str) -> None:
    out = tmp_path / f"{name}.h264"
    ffmpeg(display, out, "-c:v", "h264_vaapi", "-b:v", "1500k", "-maxrate", f"{peak}k", NENC_VA_STRICT=mode)
    assert decoded_frames(out, "h264") == FRAMES
    assert kbps(out) == pytest.approx(1500, rel=0.1)


@pytest.mark.parametrize("profile", [H264_BASELINE, H264_MAIN, H264_HIGH])
@pytest.mark.parametrize("low_power", ["0", "1"])
def test_ffmpeg_with_every_profile_and_entry_point(display: str, tmp_path: Path, profile: str, low_power: str) -> None:
    out = tmp_path / "small.h264"
    content = "testsrc2=size=178x98:rate=30"
    words = ["-c:v", "h264_vaapi", "-profile:v", profile, "-low_power", low_power, "-b:v", "300k", "-g", "10"]
    ffmpeg(display, out, *words, content=content, frames=25)
    assert decoded_frames(out, "h264") == 25
    assert out.read_bytes().count(b"\0\0\1\x65") == 3  # IDR pictures: 0, 10, 20


@pytest.mark.parametrize("size", ["16x16", "18x18", "34x20"])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_the_smallest_pictures_that_are_advertised(display: str, tmp_path: Path, codec: str, size: str) -> None:
    if codec == "hevc" and not has_profile(environment(display), "VAProfileHEVCMain"):
        pytest.skip(NO_HEVC)
    out = tmp_path / f"small.{codec}"
    ffmpeg(display, out, "-c:v", f"{codec}_vaapi", "-b:v", "100k", content=f"testsrc2=size={size}:rate=30", frames=20)
    assert decoded_frames(out, codec) == 20


def test_ffmpeg_with_a_constant_qp(display: str, tmp_path: Path) -> None:
    sizes = []
    for qp in ("20", "30", "40"):
        out = tmp_path / f"{qp}.h264"
        ffmpeg(display, out, "-c:v", "h264_vaapi", "-rc_mode", "CQP", "-qp", qp, frames=20)
        assert decoded_frames(out, "h264") == 20
        sizes.append(out.stat().st_size)
    assert sizes[0] > 2 * sizes[1] > 4 * sizes[2]


def test_ffmpeg_hevc(display: str, tmp_path: Path) -> None:
    if not has_profile(environment(display), "VAProfileHEVCMain"):
        pytest.skip(NO_HEVC)
    out = tmp_path / "small.hevc"
    content = "testsrc2=size=320x180:rate=30,noise=alls=16:allf=t"
    ffmpeg(display, out, "-c:v", "hevc_vaapi", "-b:v", "600k", "-maxrate", "600k", content=content, frames=150)
    assert decoded_frames(out, "hevc") == 150
    assert kbps(out, 5) == pytest.approx(600, rel=0.1)


def test_ffmpeg_writes_the_same_bytes_twice(display: str, tmp_path: Path) -> None:
    streams = []
    for name in ("one.h264", "two.h264"):
        ffmpeg(display, tmp_path / name, "-c:v", "h264_vaapi", "-b:v", "1M", frames=30)
        streams.append((tmp_path / name).read_bytes())
    assert streams[0] == streams[1]


def test_ffmpeg_falls_back_to_copies_and_reports_faults(display: str, tmp_path: Path) -> None:
    out = tmp_path / "copied.h264"
    ffmpeg(display, out, "-c:v", "h264_vaapi", "-b:v", "1M", frames=20, NENC_VA_FAULTS="vaDeriveImage@1..=fail")
    assert decoded_frames(out, "h264") == 20
    with pytest.raises(AssertionError, match="Failed to end picture encode issue"):
        ffmpeg(display, out, "-c:v", "h264_vaapi", "-b:v", "1M", frames=20, NENC_VA_FAULTS="vaEndPicture@5=HW_BUSY")


def test_a_plan_that_cannot_be_read_is_said(display: str) -> None:
    done = run(
        [tool("vainfo", "vainfo"), "--display", "x11"], environment(display, NENC_VA_FAULTS="vaEndPicture@x=fail")
    )
    assert done.returncode != 0
    assert "fault plan: 'vaEndPicture@x=fail': @ must be followed by a number from 1" in done.stderr


def test_gstreamer(display: str, tmp_path: Path) -> None:
    launch, inspect = tool("gst-launch-1.0", "gstreamer1.0-tools"), tool("gst-inspect-1.0", "gstreamer1.0-tools")
    more = {"GST_VAAPI_ALL_DRIVERS": "1", "GST_REGISTRY": str(tmp_path / "registry.bin")}
    environ = environment(display, **more)
    if run([inspect, "vaapih264enc"], environ).returncode != 0:
        pytest.skip("NOT CHECKED: GStreamer has no vaapih264enc (apt-get install gstreamer1.0-vaapi)")
    out = tmp_path / "gst.h264"
    pipeline = (
        f"videotestsrc num-buffers={FRAMES} pattern=snow ! video/x-raw,format=NV12,width=320,height=240,framerate=30/1"
    )
    pipeline += " ! vaapih264enc rate-control=cbr bitrate=1500 ! video/x-h264,stream-format=byte-stream ! filesink"
    done = run([launch, "-q", *pipeline.split(), f"location={out}"], environ)
    assert done.returncode == 0, done.stderr
    assert decoded_frames(out, "h264") == FRAMES
    assert kbps(out) == pytest.approx(1500, rel=0.1)

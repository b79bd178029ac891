"""Real encoders in a run: sizes that switch, files, limits of the quantiser, faults, and that all of it repeats."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from encoders import SECOND_NS, encoder, shoot

from nenc_lab.api import run_scenario
from nenc_lab.encode.base import Happening
from nenc_lab.encode.movie import Movie
from nenc_lab.errors import InputError, MachineError
from nenc_lab.kernels import ffi, lib
from nenc_lab.programs import module
from nenc_lab.recording.open import Run
from nenc_lab.scenario.load import parse
from nenc_lab.scenario.types import LINES

real = pytest.mark.parametrize("kind", ["x264", "vaapi"])


def scenario(duration: str, video: dict[str, Any], faults: list[dict[str, Any]] | None = None, **more: Any) -> Any:
    if module("nenc-x264.so") is None or (video["kind"] == "vaapi" and module("nenc_drv_video.so") is None):
        pytest.skip(f"NOT CHECKED: this build has no {video['kind']}")
    return parse(
        {
            "version": 1,
            "name": "filmed",
            "duration": duration,
            "path": {"forward": {"rate": "8Mbps", "delay": "20ms"}, "reverse": {"delay": "20ms"}},
            "flows": [
                {
                    "name": "video",
                    "rate": {"min": "1Mbps", "max": "4Mbps", "start": "3Mbps"},
                    "encoder": {"resolution": "360p", "fps": 30, **video},
                }
            ],
            "faults": faults or [],
            **more,
        }
    )


def run(folder: Path, *words: Any, **more: Any) -> Run:
    return run_scenario(scenario(*words, **more), out=folder, argv=["test"], plot=False)


def happenings(kind: str, seconds: float, rate_bps: float, **settings: Any) -> list[Happening]:
    made = encoder(kind, **settings)
    shoot(made, seconds, rate_bps)
    told = list(made.happenings)
    made.close()
    return told


def test_every_resolution_has_a_width() -> None:
    for lines in LINES.values():
        width = lib.nenc_camera_width(lines)
        assert width % 2 == 0
        assert width / lines == pytest.approx(16 / 9, rel=0.002)


@real
def test_4k_to_8k_and_back_in_mid_run(tmp_path: Path, kind: str) -> None:
    """No gap over two frame intervals; every frame at its size; a key frame at each switch."""
    faults = [
        {"at": "200ms", "flow": "video", "kind": "rung_switch", "resolution": "4320p"},
        {"at": "350ms", "flow": "video", "kind": "rung_switch", "resolution": "2160p"},
    ]
    flow = {"kind": kind, "resolution": "2160p", "ladder": "fixed", "preset": "ultrafast"}
    flow |= {"device": "driver:nenc"} if kind == "vaapi" else {}
    done = run(tmp_path, "500ms", flow, faults)
    frames = done.frame("frames")
    t, rung = frames["t_s"].to_numpy(), frames["rung"].to_numpy()
    assert set(rung[(t >= 0.2) & (t < 0.35)]) == {4320}
    assert set(rung[(t < 0.2) | (t >= 0.35)]) == {2160}
    assert np.diff(t).max() <= 2 / 30
    keys = t[frames["key"].to_numpy()]
    assert len(keys) == 3
    assert keys[1:] == pytest.approx([0.2, 0.35], abs=0.034)
    assert set(frames["encoder"].cast(str)) == {kind}


@real
def test_the_same_run_twice_is_the_same_to_the_byte(tmp_path: Path, kind: str) -> None:
    faults = [{"at": "1s", "flow": "video", "kind": "gpu_reset", "lasts": "500ms"}]
    video = {"kind": kind, "device": "driver:nenc" if kind == "vaapi" else "", "source": {"cut": "1s"}}
    one, other = (run(tmp_path / name, "3s", video, faults) for name in ("a", "b"))
    for table in ("ticks", "frames", "path", "events"):
        assert (one.folder / f"{table}.parquet").read_bytes() == (other.folder / f"{table}.parquet").read_bytes()
    assert one.info["encoders"]["video"]["encoder"]


def test_hardware_that_dies_is_told_and_comes_back(tmp_path: Path) -> None:
    faults = [{"at": "1s", "flow": "video", "kind": "gpu_reset", "lasts": "500ms"}]
    done = run(tmp_path, "4s", {"kind": "vaapi", "device": "driver:nenc"}, faults)
    events = done.frame("events")
    told = dict(zip(events["kind"].cast(str), events["text"], strict=True))
    assert "SIGABRT" in told["fallback"]
    assert told["recovery"] == "vaapi is back"
    frames = done.frame("frames")
    by = frames["encoder"].cast(str).to_list()
    t = frames["t_s"].to_numpy()
    software = [at for at, name in zip(t, by, strict=True) if name == "software"]
    assert software[0] == pytest.approx(1.0, abs=0.034)
    assert 1.5 <= software[-1] < 3.0
    switches = sum(a != b for a, b in pairwise(by))
    assert int(frames["key"].sum()) == 1 + switches == 3
    assert len(t) == 121  # an interval is a third of a nanosecond short


def test_hevc_falls_back_on_hevc(tmp_path: Path) -> None:
    """x264 has none: x265 in our own driver takes over, in the lab's process."""
    faults = [{"at": "500ms", "flow": "video", "kind": "gpu_reset", "lasts": "200ms"}]
    done = run(tmp_path, "2s", {"kind": "vaapi", "codec": "hevc", "device": "driver:nenc"}, faults)
    assert 10 < done.summary["flows"]["video"]["software_frames"] < 50
    assert "HEVC" in done.info["encoders"]["video"]["encoder"]


def test_hardware_that_never_was_is_said(tmp_path: Path) -> None:
    done = run(tmp_path, "1s", {"kind": "vaapi", "device": "/dev/null"})
    assert done.summary["flows"]["video"]["software_frames"] == len(done.frame("frames")) == 31
    assert done.info["encoders"]["video"]["encoder"].startswith("x264 in place of vaapi: vaGetDisplayDRM")
    assert "fallback" in done.frame("events")["kind"].cast(str).to_list()


def test_a_picture_too_easy_for_its_rate_is_not_the_controllers_fault(tmp_path: Path) -> None:
    video = {"kind": "x264", "source": {"complexity": "20%"}, "qp": {"min": 24}}
    done = run(tmp_path, "4s", video)
    figures = done.summary["flows"]["video"]
    assert figures["encoder_limited_s"] == {"min": 4, "max": 0}
    assert figures["encoder_error"] > 0.5
    (text,) = done.frame("events").filter(done.frame("events")["kind"].cast(str) == "warning")["text"]
    assert "at its finest QP (24) the picture needs no more" in text
    made, asked = (float(number) for number in text.split("makes ")[1].split(" Mbit/s")[0].split(" of "))
    assert made < 1 < asked <= 4.0


def test_a_picture_too_hard_for_its_rate_is_not_either() -> None:
    told = happenings("x264", 3, 3e5, complexity=1.0, qp_max=20)
    assert [one.kind for one in told] == ["warning"]
    assert "at its coarsest QP (20) the picture needs that much" in told[0].text


def test_an_encoder_that_follows_has_nothing_to_tell() -> None:
    assert happenings("x264", 3, 2e6) == []


def test_quality_is_of_what_was_shown() -> None:
    made = encoder("x264")
    low, high = (
        made.encode(n * SECOND_NS // 60, rate, 60.0, 360, 25.0) and _quality(made, rate)
        for n, rate in enumerate((3e5, 8e6))
    )
    made.close()
    assert 20 < low[0] < high[0] < 60
    assert 0.5 < low[1] < high[1] <= 1
    assert all(math.isnan(value) for value in _quality(encoder("vaapi"), 1e6))


def _quality(made: Any, rate_bps: float) -> tuple[float, float]:
    for n in range(1, 40):
        frame = made.encode((100 + n) * SECOND_NS // 60, rate_bps, 60.0, 360, 25.0)
    return frame.psnr, frame.ssim


def test_a_file_is_filmed_in_its_own_size(tmp_path: Path) -> None:
    clip = tmp_path / "clip.y4m"
    picture = b"FRAME\n" + bytes(range(256)) * (64 * 48 * 3 // 2 // 256)
    clip.write_bytes(b"YUV4MPEG2 W64 H48 F30:1 Ip C420\n" + picture * 3)
    done = run(tmp_path, "1s", {"kind": "x264", "source": str(clip)})
    assert set(done.frame("frames")["rung"]) == {48}
    assert done.info["scenario"]["flows"][0]["encoder"]["source"]["sha256"]


def test_any_video_is_filmed_through_pyav(tmp_path: Path) -> None:
    """Picture n of the file is picture n of the film, in any order and from its beginning again behind its end."""
    av = pytest.importorskip("av", reason="NOT CHECKED: no PyAV (pip install 'nenc-lab[video]')")
    clip = tmp_path / "clip.mkv"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(5):
            made = np.full((72, 64), 40 * number + 20, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(made, format="yuv420p")))
        container.mux(stream.encode())
    movie = Movie(clip, "source")
    assert (movie.width, movie.height) == (64, 48)
    memory = np.zeros((72, 256), np.uint8)
    picture = ffi.new("nenc_picture *")
    picture.plane = [ffi.from_buffer("uint8_t *", memory), ffi.from_buffer("uint8_t *", memory[48:]), ffi.NULL]
    picture.stride = [256, 256, 0]
    for number in (0, 3, 1, 4, 5, 12, 2):
        movie.render(number, picture)
        assert set(memory[:, :64].flat) == {40 * (number % 5) + 20}
        assert not memory[:, 64:].any()
    movie.close()
    done = run(tmp_path, "1s", {"kind": "x264", "source": str(clip)})
    assert set(done.frame("frames")["rung"]) == {48}


def test_a_file_that_is_no_video(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"hello" * 1000)
    with pytest.raises((InputError, MachineError), match=r"flows\.video\.encoder\.source\.file: .*clip\.mp4"):
        run(tmp_path, "1s", {"kind": "x264", "source": str(clip)})
    assert list(tmp_path.iterdir()) == [clip]


def test_a_file_that_is_no_clip_is_bad_input(tmp_path: Path) -> None:
    clip = tmp_path / "clip.y4m"
    clip.write_bytes(b"YUV4MPEG2 W64 H48 F30:1 It C420\n")
    with pytest.raises(InputError, match=r"flows\.video\.encoder\.source\.file: .*clip\.y4m: it is interlaced"):
        run(tmp_path, "1s", {"kind": "x264", "source": str(clip)})
    assert list(tmp_path.iterdir()) == [clip]


@pytest.mark.parametrize(
    ("video", "error", "text"),
    [
        ({"kind": "x264", "codec": "hevc"}, InputError, "x264: it encodes h264 only"),
        ({"kind": "x264", "preset": "hasty"}, InputError, "no preset 'hasty'"),
        ({"kind": "vaapi", "device": "driver:none"}, MachineError, "vaInitialize"),
        ({"kind": "vaapi", "device": "/dev/dri/renderD999"}, MachineError, "No such file"),
    ],
)
def test_what_an_encoder_cannot_do_is_said_before_anything_is_written(
    tmp_path: Path, video: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=rf"flows\.video\.encoder: .*{text}"):
        run(tmp_path, "1s", video)
    assert list(tmp_path.iterdir()) == []


def test_measured_latency_is_what_it_took() -> None:
    made = encoder("x264", latency="measured")
    clip = shoot(made, 0.5, 2e6)
    made.close()
    assert len(set(clip.encode_ns)) > 10
    assert 10_000 < np.median(clip.encode_ns) < 1_000_000_000

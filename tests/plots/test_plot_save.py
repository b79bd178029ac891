"""The figure files: whole, alike every time, small enough, of the size they should have."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from nenc_lab.errors import MachineError
from nenc_lab.plots import convergence
from nenc_lab.plots.save import save
from nenc_lab.recording.folder import RunFolder
from nenc_lab.recording.open import Run, open_run
from nenc_lab.recording.recorder import Recorder

Get = Callable[[str], Run]


def test_both_files_are_there_and_whole(plot_run: Get) -> None:
    run = plot_run("step")
    png, svg = save(run)
    assert (png, svg) == (run.folder / "convergence.png", run.folder / "convergence.svg")
    wide, high = struct.unpack(">II", png.read_bytes()[16:24])
    assert wide == 1800
    assert 1250 < high < 1450
    assert ElementTree.parse(svg).getroot().tag.endswith("svg")
    assert not [path.name for path in run.folder.iterdir() if path.name.endswith(".tmp")]


def test_the_same_bytes_whatever_the_user_has_set(plot_run: Get) -> None:
    import matplotlib

    run = plot_run("three_flows")
    first = [path.read_bytes() for path in save(run)]
    with matplotlib.rc_context({"font.size": 30, "axes.grid": True, "lines.linewidth": 9, "svg.fonttype": "none"}):
        again = [path.read_bytes() for path in save(run)]
        assert matplotlib.rcParams["font.size"] == 30, "the user's settings come back"
    assert first == again
    assert b"<dc:date>" not in first[1]


def test_a_folder_that_is_gone_is_said_plainly(plot_run: Get, tmp_path: Path) -> None:
    run = plot_run("step")

    class Moved(Run):
        """The tables are still read from where they were; only the figures go elsewhere."""

        def table(self, name: str, columns: object = None) -> object:
            return run.table(name, columns)  # type: ignore[arg-type]

    with pytest.raises(MachineError, match=r"convergence\.png"):
        save(Moved(tmp_path / "gone", run.info, run.status))


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """An hour at 60 Hz with a change every 2 s and a single tick of 118 Mbit/s and 9 s of delay in the middle."""
    rng = np.random.default_rng(4)
    count = 216_000
    t = np.arange(count) / 60
    path_t = np.arange(1, 360_001) / 100
    capacity = np.where(path_t // 2 % 2 == 0, 50e6, 1e9)
    rate = 45e6 + rng.normal(0, 2e6, count)
    delay = np.abs(rng.normal(10, 4, count))
    rate[count // 2], delay[count // 2] = 118e6, 900.0
    received = np.cumsum(rate / 8 / 60).astype(np.int64)
    changes = [
        {"kind": "capacity", "at_s": 2.0 * k, "until_s": 2.0 * k + 2, "to_mbps": 47.8,
         "settling_s": None if k % 3 else 1.0, "overshoot": 0.2}
        for k in range(1800)
    ]  # fmt: skip
    timeline = [{"at": f"{2 * k}s", "forward": {"rate": "1Gbps" if k % 2 else "50Mbps"}} for k in range(1, 1800)]
    flow = {"name": "video", "start": "0s", "rate": {"min": "5Mbps", "max": "120Mbps"}}
    info = {
        "scenario": {
            "version": 1, "name": "hour", "duration": "3600s", "path": {"forward": {"rate": "50Mbps"}},
            "flows": [flow], "timeline": timeline,
        },
        "seed": 1, "backend": "virtual", "controller": "nenc", "versions": {},
    }  # fmt: skip
    folder = RunFolder.create(tmp_path_factory.mktemp("hour"), info)
    with Recorder(folder) as recorder:
        recorder.append(
            "path",
            {"hop": "forward.link", "t_s": path_t, "capacity_bps": capacity, "queue_bytes": 0, "queue_delay_ms": 0.0,
             "packets": 1, "drops_queue": 0, "drops_loss": 0, "marked": 0, "duplicated": 0},
        )  # fmt: skip
        recorder.append(
            "ticks",
            {"flow": "video", "t_s": t, "rate_bps": rate, "encode_bps": rate, "p": rng.normal(0, 1, count),
             "i": rng.normal(0, 1, count), "d": rng.normal(0, 1, count), "error": 0.0, "anchor_bps": rate,
             "capacity_est_bps": None, "samples": np.arange(count), "throughput": rate,
             "rtt_ms": delay + 40, "loss": 0.0, "queue_delay_ms": delay, "queue_delay_est_ms": delay,
             "base_rtt_ms": 40.0,
             "delivered_bps": rate, "tfrc_bps": None, "qp": 30.0, "fps": 60.0, "rung": 2160, "bounds": 0,
             "sent_bytes": received, "received_bytes": received, "received_wire_bytes": received,
             "sent_packets": received // 1188, "received_packets": received // 1188,
             "lost_packets": received // 10_000_000, "backlog_bytes": 0, "feedback_wire_bytes": 0},
        )  # fmt: skip
        recorder.append(
            "frames",
            {"flow": "video", "frame": np.arange(count), "t_s": t, "size": (rate / 480).astype(np.int64), "key": False,
             "encode_ms": 4.0, "qp": None, "psnr": None, "ssim": None, "encoder": "model", "rung": 2160, "sent": t,
             "received": t, "packets": 10, "lost": 0, "pending": 0, "late": False},
        )  # fmt: skip
    folder.complete(summary={"flows": {"video": {"changes": changes}}})
    return open_run(folder.path)


def test_an_hour_keeps_its_peaks(hour: Run) -> None:
    info = convergence.info(hour)
    assert np.nanmax(info.panel("rate").curve("target.0").y) == pytest.approx(118.0)
    assert np.nanmax(info.panel("delay").curve("queue_delay.0").y) == pytest.approx(900.0)
    for panel in info.panels:
        for curve in panel.curves:
            assert curve.x.size <= 4000, curve.name
    assert info.remark == "1799 events, too many to mark"
    assert info.marked == ()


def test_an_hour_is_drawn_quickly_and_small(hour: Run) -> None:
    began = time.process_time()
    png, svg = save(hour)
    assert time.process_time() - began < 10.0, "CPU seconds; about 1.5 on the machine it was written on"
    assert svg.stat().st_size < 1_000_000
    assert png.stat().st_size < 1_000_000

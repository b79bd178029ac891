"""Whole runs over a real kernel's qdiscs: the same folder as a virtual run, and physics."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from real_runs import TEXT, run, run_virtual

import nenc_lab
from nenc_lab.errors import InputError, MachineError
from nenc_lab.programs import module
from nenc_lab.real.sandbox import Sandbox

REPOSITORY = Path(__file__).resolve().parents[3]


def test_a_run_leaves_what_a_virtual_one_does(sandbox: Sandbox, tmp_path: Path) -> None:
    real = run(sandbox, tmp_path, packets=True)
    assert real.status == "complete"
    assert real.info["backend"] == "netem"
    for name in ("ticks", "frames", "path", "delays", "events", "packets"):
        assert real.table(name).num_rows >= (0 if name == "events" else 10), name
    figures = real.summary["flows"]["video"]
    assert figures["loss"] == 0.0
    assert 4.0 < figures["goodput_mbps"] <= 10.0
    assert figures["rtt_ms"]["p50"] >= 29.0
    ticks = real.frame("ticks")
    assert np.all(np.diff(ticks["received_packets"].to_numpy()) >= 0)
    assert (ticks["received_packets"] <= ticks["sent_packets"]).all()
    assert ticks["t_s"].to_numpy()[-1] <= 6.0
    frames = real.frame("frames")
    assert frames["lost"].sum() == 0
    assert frames["frame"].to_list() == list(range(len(frames)))
    assert (frames["received"].drop_nulls() > 0).all()
    waits = real.frame("delays")
    assert int(waits["packets"].sum()) == int(ticks["received_packets"].to_numpy()[-1]) or (
        abs(int(waits["packets"].sum()) - int(ticks["received_packets"].to_numpy()[-1]))
        < 40  # those behind the last tick
    )
    path = real.frame("path").filter(nenc_lab_hop("forward.link"))
    assert (path["capacity_bps"] == 12e6).all()
    assert path["duplicated"].null_count() == len(path)  # nobody counts them


def nenc_lab_hop(name: str) -> object:
    import polars

    return polars.col("hop").cast(polars.String) == name


@pytest.mark.slow
def test_the_path_is_calibrated_before(sandbox: Sandbox, tmp_path: Path) -> None:
    found = run(sandbox, tmp_path, "duration=2s", "flows.video.rate.max=20Mbps").info["calibration"]
    assert found["rate_mbps"] == pytest.approx(12.0, rel=0.05)
    assert found["base_owd_ms"] == pytest.approx(20.0, abs=1.5)
    assert found["base_rtt_ms"] == pytest.approx(30.0, abs=1.5)
    assert found["reordered"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["nenc", "classic", "fixed"])
def test_every_controller_drives_the_real_sender(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    done = run(sandbox, tmp_path, f"flows.video.controller.kind={kind}", "duration=4s")
    ticks = done.frame("ticks")
    assert len(ticks) > 150
    assert int(ticks["samples"].to_numpy()[-1]) > 0 or kind == "fixed"
    assert done.summary["flows"]["video"]["goodput_mbps"] > 1.0
    if kind == "fixed":
        assert ticks["rate_bps"].unique().to_list() == [4e6]


@pytest.mark.slow
def test_a_controller_of_the_users_drives_it_too(sandbox: Sandbox, tmp_path: Path) -> None:
    library = tmp_path / "mine.so"
    include = REPOSITORY / "kernels_c" / "include"
    source = REPOSITORY / "kernels_c" / "examples" / "controller.c"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", f"-I{include}", str(source), "-o", str(library)], check=True)
    done = run(
        sandbox,
        tmp_path,
        "flows.video.controller.kind=external",
        f"flows.video.controller.library={library}",
        "duration=4s",
    )
    assert done.status == "complete"
    rates = done.frame("ticks")["rate_bps"]
    assert rates.max() > 4.5e6  # type: ignore[operator]
    assert int(done.frame("ticks")["samples"].to_numpy()[-1]) > 30


@pytest.mark.slow
def test_steps_are_applied_on_time_and_outages_end(sandbox: Sandbox, tmp_path: Path) -> None:
    changes = "timeline=[{at: 2s, forward: {rate: 0bps}}, {at: 3s, forward: {rate: 12Mbps}}]"
    done = run(sandbox, tmp_path, changes)
    ticks = done.frame("ticks")
    t, got = ticks["t_s"].to_numpy(), ticks["received_packets"].to_numpy()
    during = np.interp(2.95, t, got) - np.interp(2.1, t, got)
    assert during == 0
    assert np.interp(3.3, t, got) - np.interp(3.0, t, got) > 50
    events = done.frame("events").filter(nenc_lab_kind("capacity"))
    assert len(events) == 2
    path = done.frame("path").filter(nenc_lab_hop("forward.link"))
    outage = path.filter((path["t_s"] > 2.1) & (path["t_s"] < 2.9))
    assert (outage["capacity_bps"] == 0).all()


def nenc_lab_kind(name: str) -> object:
    import polars

    return polars.col("kind").cast(polars.String) == name


@pytest.mark.slow
def test_random_loss_and_a_silent_receiver(sandbox: Sandbox, tmp_path: Path) -> None:
    done = run(
        sandbox,
        tmp_path,
        "path.forward.loss=5%",
        "faults=[{at: 3s, flow: video, kind: feedback_stop, lasts: 1s}]",
        "flows.video.controller.kind=fixed",
    )
    figures = done.summary["flows"]["video"]
    assert figures["loss"] == pytest.approx(0.05, abs=0.02)
    frames = done.frame("frames")
    assert frames["lost"].sum() > 20
    samples = done.info["timing"]["programs"]["video"]["sender"]["feedback"]
    assert 70 <= samples <= 105  # of 120 there would be


@pytest.mark.slow
def test_cross_traffic_is_real(sandbox: Sandbox, tmp_path: Path) -> None:
    text = TEXT + "cross_traffic:\n  - {name: other, kind: cbr, rate: 9Mbps, start: 2s}\n"
    done = run(sandbox, tmp_path, "flows.video.rate.max=6Mbps", "flows.video.rate.start=6Mbps", text=text)
    changes = done.summary["flows"]["video"]["changes"]
    assert [change["kind"] for change in changes] == ["start", "join"]
    ticks = done.frame("ticks")
    t, got = ticks["t_s"].to_numpy(), ticks["received_bytes"].to_numpy() * 8e-6
    before, after = np.interp(2.0, t, got) - np.interp(1.0, t, got), np.interp(6.0, t, got) - np.interp(5.0, t, got)
    assert before > 4.5
    assert after < 4.0
    told = done.info["timing"]["programs"]["other"]
    assert told["source"]["packets"] == pytest.approx(9e6 / 8 / 1242 * 4.0, rel=0.03)
    assert told["sink"]["packets"] <= told["source"]["packets"]


@pytest.mark.slow
def test_an_aqm_and_tcp_that_the_virtual_network_has_not(sandbox: Sandbox, tmp_path: Path) -> None:
    text = TEXT.replace("{kind: droptail, size: 200ms}", "{kind: fq-codel}")
    text += "cross_traffic:\n  - {name: bulk, kind: tcp-cubic, start: 1s}\n"
    done = run(sandbox, tmp_path, text=text)
    assert done.status == "complete"
    assert done.summary["flows"]["video"]["goodput_mbps"] > 1.0
    with pytest.raises(InputError, match="netem"):
        run_virtual(tmp_path, text=text)


@pytest.mark.slow
@pytest.mark.skipif(
    module("nenc-x264.so") is None, reason="NOT CHECKED: this build has no x264 (apt-get install libx264-dev)"
)
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="NOT CHECKED: there is no ffmpeg (apt-get install ffmpeg)")
def test_the_stream_that_arrives_is_the_one_that_was_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    encoder = "{kind: x264, resolution: 720p, fps: 30, source: {complexity: 50%}}"
    text = TEXT.replace("{kind: model, resolution: 1080p, fps: 30}", encoder).replace("max: 10Mbps", "max: 4Mbps")
    done = run(sandbox, tmp_path, text=text, streams=True)
    assert done.summary["flows"]["video"]["loss"] == 0.0
    sent, received = done.folder / "video.sent.264", done.folder / "video.received.264"
    assert received.read_bytes() == sent.read_bytes()
    decoded = subprocess.run(
        ["ffmpeg", "-v", "warning", "-xerror", "-i", str(received), "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (decoded.returncode, decoded.stderr) == (0, "")
    assert not list((tmp_path / "runs").glob(".*"))


@pytest.mark.slow
def test_a_machine_too_slow_is_told_what_it_can_do(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"it needs \d+ Mbit/s .* and reached \d+ Mbit/s"):
        run(
            sandbox,
            tmp_path,
            "path.forward.rate=20Gbps",
            "flows.video.rate.max=950Mbps",
            "flows.video.packet=200B",
            "duration=2s",
            may_skip=False,
            streams=True,
        )
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_it_runs_in_a_cell_of_a_notebook(tmp_path: Path) -> None:
    from real_runs import write

    file = write(tmp_path)

    async def cell() -> str:
        return nenc_lab.run(file, backend="netem", overrides=["duration=2s"], out=tmp_path / "runs", plot=False).status

    try:
        assert asyncio.run(cell()) == "complete"
    except MachineError as error:
        pytest.skip(f"NETEM IS NOT TESTED: {error}")

"""SIGKILL and Ctrl-C at any moment of a real run leave a folder that can be read and drawn."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lab_runs import run

from nenc_lab.api import open_run
from nenc_lab.errors import Interrupted
from nenc_lab.recording import tape

COMMAND = [sys.executable, "-m", "nenc_lab"]
ENDLESS = ["run", "step", "--set", "duration=5000s", "--no-plot"]


def started(out: Path) -> tuple[subprocess.Popen[str], Path]:
    """A run that would take a quarter of a minute, once its run.json is there."""
    process = subprocess.Popen([*COMMAND, *ENDLESS, "--out", str(out)], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while not (files := list(out.glob("*/run.json"))):
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return process, files[0].parent


def drawn(folder: Path) -> None:
    done = subprocess.run([*COMMAND, "plot", str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert (folder / "convergence.png").stat().st_size > 10_000


@pytest.mark.parametrize("after_s", [0.0, 0.7, pytest.param(3.0, marks=pytest.mark.slow)])
def test_sigkill(tmp_path: Path, after_s: float) -> None:
    process, folder = started(tmp_path)
    time.sleep(after_s)
    process.kill()
    process.communicate()
    run = open_run(folder)
    assert run.status == "killed"
    assert run.summary == {}
    rows = {name: run.frame(name).height for name in ("ticks", "frames", "path", "delays", "events")}
    if after_s > 2.5:  # rows are put out of a SIGKILL's reach every two seconds
        assert min(rows["ticks"], rows["frames"], rows["path"], rows["delays"]) > 1000
        ticks = run.frame("ticks")["t_s"].to_numpy()
        assert (ticks[1:] > ticks[:-1]).all()
    drawn(folder)


@pytest.mark.parametrize("after_s", [0.0, 0.7, pytest.param(3.0, marks=pytest.mark.slow)])
def test_ctrl_c(tmp_path: Path, after_s: float) -> None:
    process, folder = started(tmp_path)
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert "Traceback" not in said
    run = open_run(folder)
    assert run.status == "partial"
    info = json.loads((folder / "run.json").read_text())
    simulated = info["summary"]["run"]["simulated_s"]
    assert 0 <= simulated < 5000
    ticks = run.frame("ticks")
    if after_s:
        assert simulated > 10
        assert ticks["t_s"][-1] == pytest.approx(simulated, abs=0.1)  # to the last tick, not to the last hand-over
        assert info["summary"]["flows"]["video"]["goodput_mbps"] > 1
        assert len(info["expectations"]) > 0
    drawn(folder)


@pytest.mark.parametrize("table", ["ticks", "frames", "path", "delays"])
def test_an_interrupt_between_two_tables_loses_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    """A signal while rows are handed over (10 s of them each time) is acted on when all of them are."""
    hand_over = getattr(tape, table)
    calls = []

    def interrupted(*arguments: object) -> None:
        calls.append(table)
        if len(calls) == 2:
            signal.raise_signal(signal.SIGINT)
        hand_over(*arguments)

    monkeypatch.setattr(tape, table, interrupted)
    with pytest.raises(Interrupted) as raised:
        run(tmp_path, duration="60s")
    done = open_run(raised.value.folders[0])
    assert done.status == "partial"
    frames, ticks, path = (done.frame(name) for name in ("frames", "ticks", "path"))
    assert frames["frame"].to_list() == list(range(frames.height))
    for times, period in ((ticks["t_s"].to_numpy(), 1 / 60), (path["t_s"].to_numpy()[::2], 0.01)):
        assert times[-1] > 19.9
        assert (times[1:] - times[:-1]).max() < 1.5 * period
    counted = done.frame("delays")["packets"].sum()
    assert counted == pytest.approx(ticks["received_packets"][-1], rel=0.001)

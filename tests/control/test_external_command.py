"""The command line with a user's controller: exit codes, other runs go on, and no process outlives the lab."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from external_runs import children, faulty, order
from shared_objects import needs_cc, template

from nenc_lab.api import open_run
from nenc_lab.cli import main

pytestmark = needs_cc

SCENARIO = """\
version: 1
name: {name}
duration: {duration}
path: {{forward: {{rate: 20Mbps, delay: 10ms}}, reverse: {{delay: 10ms}}}}
flows:
  - name: video
    controller: {controller}
expect: [flows.video.loss <= 1]
"""
COMMAND = [sys.executable, "-P", "-m", "nenc_lab"]


def write(folder: Path, name: str, controller: str = "{kind: nenc}", duration: str = "2s") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(SCENARIO.format(name=name, controller=controller, duration=duration), encoding="utf-8")
    return path


def spoilt(where: str, how: str, nth: int) -> str:
    return f"{{kind: external, library: {faulty()}, knobs: {json.dumps(order(where, how, nth))}}}"


@pytest.mark.parametrize("spelling", ["./mine.so", "mine.so", "sub/../mine.so"])
def test_an_object_on_the_command_line_is_beside_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], spelling: str
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "mine.so").write_bytes(template().read_bytes())
    (tmp_path / "sub").mkdir()
    scenario = write(tmp_path / "deep", "s")
    monkeypatch.chdir(tmp_path)
    assert main(["run", str(scenario), "--controller", spelling, "--no-plot", "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["controller"] == "mine.so"
    assert "failure" not in said
    controller = open_run(said["folder"]).info["scenario"]["flows"][0]["controller"]
    assert controller["library"] == str(tmp_path / "mine.so")


def test_another_object_than_the_scenario_s(tmp_path: Path) -> None:
    """What the file says of its own library does not matter then: its digest, or whether it is there."""
    scenario = write(tmp_path, "s", f"{{kind: external, library: gone.so, sha256: '{'0' * 64}'}}")
    words = ["run", str(scenario), "--no-plot", "--out", str(tmp_path / "runs")]
    assert main(words) == 2
    assert main([*words, "--controller", str(template())]) == 0


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_failure_ends_its_own_run_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str], jobs: str) -> None:
    files = [
        write(tmp_path, "a", spoilt("step", "segv", 30)),
        write(tmp_path, "b"),
        write(tmp_path, "c", spoilt("record", "exit", 9)),
        write(tmp_path, "d", f"{{kind: external, library: {template()}}}"),
    ]
    out = ["--no-plot", "--json", "--jobs", jobs, "--out", str(tmp_path / "runs")]
    assert main(["run", *map(str, files), *out]) == 1
    said, complained = capfd.readouterr()
    runs = [json.loads(line) for line in said.splitlines()]
    assert [run["scenario"] for run in runs] == ["a", "b", "c", "d"]
    assert [open_run(run["folder"]).status for run in runs] == ["partial", "complete", "partial", "complete"]
    assert ["failure" in run for run in runs] == [True, False, True, False]
    assert "step at 0.483333 s: its process was killed by SIGSEGV" in runs[0]["failure"]
    lines = [line for line in complained.splitlines() if line.startswith(("nenc-lab:", "partial run:"))]
    assert lines == [
        f"nenc-lab: {runs[0]['failure']}",
        f"partial run: {runs[0]['folder']}",
        f"nenc-lab: {runs[2]['failure']}",
        f"partial run: {runs[2]['folder']}",
    ]
    assert "Traceback" not in complained
    assert children() == []


def test_bad_input_is_found_for_all_before_the_first_runs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    files = [write(tmp_path, "a"), write(tmp_path, "b", spoilt("create", "abort", 1))]
    assert main(["run", *map(str, files), "--out", str(tmp_path / "runs")]) == 2
    assert "create: its process was killed by SIGABRT" in capfd.readouterr().err
    assert not (tmp_path / "runs").exists()
    assert main(["validate", *map(str, files)]) == 2
    assert f"{files[0]}: valid" in capfd.readouterr().out


def test_a_partial_run_can_be_drawn(tmp_path: Path) -> None:
    scenario = write(tmp_path, "a", spoilt("step", "hang", 60))
    words = ["run", str(scenario), "--set", "flows.video.controller.timeout=500ms", "--out", str(tmp_path / "runs")]
    assert main(words) == 1
    (folder,) = (tmp_path / "runs").iterdir()
    assert (folder / "convergence.png").stat().st_size > 10_000
    (folder / "convergence.png").unlink()
    assert main(["plot", str(folder)]) == 0
    assert (folder / "convergence.png").stat().st_size > 10_000


def test_a_sweep_goes_on(tmp_path: Path) -> None:
    """The row of the run that fails says so, and the other has its figures."""
    write(tmp_path, "a", spoilt("step", "segv", 30))
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(
        "version: 1\nname: s\nscenarios: [a.yaml]\nseeds: [1]\n"
        "space: {flows.video.controller.knobs.nth: [30, 100000]}\n",
        encoding="utf-8",
    )
    assert main(["sweep", str(sweep), "--no-plot", "--out", str(tmp_path / "sweeps")]) == 1
    import pyarrow.parquet

    (folder,) = (tmp_path / "sweeps").iterdir()
    rows = pyarrow.parquet.read_table(folder / "summaries.parquet").to_pylist()
    assert sorted(row["status"] for row in rows) == ["complete", "failed"]
    assert {row["controller"] for row in rows} == {faulty().name}
    assert "killed by SIGSEGV" in next(row["error"] for row in rows if row["status"] == "failed")
    assert children() == []


def test_repeats_take_the_keys_of_an_object_on_the_command_line(tmp_path: Path) -> None:
    words = ["run", str(write(tmp_path, "s")), "--controller", str(template()), "--repeat", "2", "--no-plot"]
    keys = ["--set", "flows.video.controller.isolate=false", "--out", str(tmp_path / "runs")]
    assert main([*words, *keys]) == 0
    assert len(list((tmp_path / "runs").iterdir())) == 2


def test_an_object_inside_a_worker_is_named_when_the_worker_ends(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    knobs = json.dumps(order("step", "segv", 30))
    controller = f"{{kind: external, library: {faulty()}, isolate: false, knobs: {knobs}}}"
    files = [str(write(tmp_path, name, controller)) for name in ("a", "b")]
    assert main(["run", *files, "--jobs", "2", "--no-plot", "--out", str(tmp_path / "runs")]) == 3
    assert "a controller in it (isolate: false) crashed or ended it" in capfd.readouterr().err


def test_what_an_object_prints_inside_is_not_the_lab_s_output(tmp_path: Path) -> None:
    scenario = write(tmp_path, "s", f"{{kind: external, library: {faulty()}, isolate: false}}")
    words = [*COMMAND, "run", str(scenario), "--json", "--no-plot", "--out", str(tmp_path / "runs")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout)["scenario"] == "s"
    assert done.stderr == "a controller may print\n"


def hosts_of(pid: int) -> list[int]:
    """Live processes that were started for this lab."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith(b"/nenc_controller_host") and words[3] == str(pid).encode():
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize("knobs", [{}, order("step", "hang", 5000)], ids=["busy", "in a call that hangs"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_the_lab(tmp_path: Path, number: signal.Signals, knobs: dict[str, float]) -> None:
    controller = f"{{kind: external, library: {faulty()}, timeout: 60s, knobs: {json.dumps(knobs)}}}"
    scenario = write(tmp_path, "a", controller, duration="5000s")
    words = ["run", str(scenario), "--no-plot", "--out", str(tmp_path / "runs")]
    process = subprocess.Popen([*COMMAND, *words], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not (hosts := hosts_of(process.pid)) or not list(tmp_path.glob("runs/*/run.json")):
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(1.0)
    os.kill(process.pid, number)
    said = process.communicate(timeout=30)[1]  # half of what the call may take
    while hosts_of(process.pid):
        assert time.monotonic() < deadline + 30
        time.sleep(0.01)
    assert hosts
    if number == signal.SIGINT:
        assert process.returncode == 130, said
        assert "Traceback" not in said
        (folder,) = (tmp_path / "runs").iterdir()
        assert open_run(folder).status == "partial"
        assert open_run(folder).failure is None

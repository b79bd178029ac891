"""``nenc-lab sweep`` as a process: killed, interrupted, its workers killed, and what it prints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sweeps import KP, write

import nenc_lab
from nenc_lab.cli import main

WORDS = [sys.executable, "-P", "-m", "nenc_lab", "sweep"]
LONG = {"duration": "20s", "ki": "{low: 0.01, high: 0.1, scale: log, steps: 5}", "seeds": "{low: 1, high: 3}"}
RUNS = 30


def start(*words: object) -> subprocess.Popen[str]:
    """In a group of its own, as a shell would."""
    return subprocess.Popen(
        [*WORDS, *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(what: Callable[[], object], process: subprocess.Popen[str]) -> None:
    for _ in range(2000):
        if what():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    pytest.fail("it did not come to that")


def parts(out: Path) -> Sequence[Path]:
    return list(out.glob("*/parts/*.parquet"))


def children(pid: int) -> list[int]:
    """Processes that ``pid`` started and that run Python code of ours (not the tracker of multiprocessing)."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
            found.append(int(child))
    return found


def dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The sweep without any trouble: its file and its dataset's bytes."""
    folder = tmp_path_factory.mktemp("whole")
    path = write(folder, **LONG)
    done = nenc_lab.sweep(path, jobs=2, out=folder / "out", plot=False)
    assert done.frame().height == RUNS
    return path, done.dataset.read_bytes()


def finished(path: Path, out: Path, capsys) -> tuple[int, Path]:
    """Starts it again, to the end: runs made, and the dataset."""
    capsys.readouterr()
    assert main(["sweep", str(path), "--out", str(out), "--jobs", "2", "--json", "--no-plot"]) == 0
    said = json.loads(capsys.readouterr().out)
    return said["ran"], Path(said["dataset"])


def test_after_a_kill_it_goes_on_where_it_was(whole, tmp_path, capsys):
    path, wanted = whole
    out = tmp_path / "out"
    with start(path, "--out", out, "--jobs", "2", "--no-plot") as process:
        wait_for(lambda: len(parts(out)) >= 4, process)
        workers = children(process.pid)
        process.kill()
    kept = len(parts(out))
    assert len(workers) == 2
    for _ in range(200):
        if all(map(dead, workers)):
            break
        time.sleep(0.02)
    assert all(map(dead, workers))
    (info,) = out.glob("*/sweep.json")
    assert json.loads(info.read_text())["status"] == "running"
    assert not list(out.glob("*/summaries.parquet"))

    ran, dataset = finished(path, out, capsys)
    assert ran <= RUNS - kept
    assert 0 < ran < RUNS
    assert dataset.read_bytes() == wanted
    assert sorted(file.name for file in dataset.parent.iterdir()) == [
        *("summaries.parquet", "sweep.json", "timings.parquet"),
    ]


@pytest.mark.slow
def test_killed_again_and_again_it_comes_to_its_end(whole, tmp_path, capsys):
    path, wanted = whole
    out = tmp_path / "out"
    for more in (2, 6, 10):
        with start(path, "--out", out, "--jobs", "2", "--no-plot") as process:
            wait_for(lambda more=more: len(parts(out)) >= more, process)
            process.kill()
    ran, dataset = finished(path, out, capsys)
    assert 0 < ran <= RUNS - 10
    assert dataset.read_bytes() == wanted


@pytest.mark.parametrize(
    ("jobs", "number", "code"),
    [(1, signal.SIGINT, 130), (2, signal.SIGINT, 130), (2, signal.SIGTERM, 143)],
    ids=["ctrl-c", "ctrl-c-2", "term-2"],
)
def test_an_interrupt_leaves_a_sweep_that_can_go_on(whole, tmp_path, capsys, jobs, number, code):
    path, wanted = whole
    out = tmp_path / "out"
    with start(path, "--out", out, "--jobs", jobs, "--no-plot") as process:
        wait_for(lambda: len(parts(out)) >= 3, process)
        workers = children(process.pid)
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == code
    assert stdout == ""
    (folder,) = out.iterdir()
    assert stderr == f"nenc-lab: interrupted\npartial run: {folder}\n"
    assert all(map(dead, workers))
    info = json.loads((folder / "sweep.json").read_text())
    assert info["status"] == "partial"
    assert info["done"] >= 3
    assert not (folder / ".work").exists()

    ran, dataset = finished(path, out, capsys)
    assert ran == RUNS - info["done"]
    assert dataset.read_bytes() == wanted


def test_a_killed_worker_costs_no_result(whole, tmp_path):
    path, wanted = whole
    out = tmp_path / "out"
    with start(path, "--out", out, "--jobs", "2", "--no-plot", "--json") as process:
        wait_for(lambda: len(parts(out)) >= 3, process)
        os.kill(children(process.pid)[0], signal.SIGKILL)
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, "")
    said = json.loads(stdout)
    assert (said["ran"], said["failed"]) == (RUNS, 0)
    assert Path(said["dataset"]).read_bytes() == wanted


def test_what_it_says_on_a_pipe(tmp_path, capsys):
    path = write(tmp_path)
    assert main(["sweep", str(path), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith(
        "little: 4 points of 2 keys, 1 scenario, 8 runs, 24 s simulated\n\nbest points (medians)\n"
    )
    (dataset,) = tmp_path.glob("out/*/summaries.parquet")
    assert f"dataset: {dataset}\nfigure: {dataset.parent / 'gain_map.png'}\n" in said.out
    assert main(["sweep", str(path), "--out", str(tmp_path / "out")]) == 0
    assert "8 runs, 24 s simulated; 8 of them run before\n" in capsys.readouterr().out


def test_json_is_one_object(tmp_path, capsys):
    path = write(tmp_path)
    assert main(["sweep", str(path), "--out", str(tmp_path / "out"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"sweep", "folder", "dataset", "figure", "points", "runs", "ran", "failed", "best"}
    assert (said["points"], said["runs"], said["ran"], said["failed"]) == (4, 8, 8, 0)


def test_a_dry_run_checks_and_writes_nothing(tmp_path, capsys):
    path = write(tmp_path)
    assert main(["sweep", str(path), "--out", str(tmp_path / "out"), "--dry-run"]) == 0
    assert capsys.readouterr().out == "little: 4 points of 2 keys, 1 scenario, 8 runs, 24 s simulated\n"
    assert main(["sweep", str(path), "--set", "duration=1s", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["simulated_s"] == 8.0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["little.yaml", "tiny.yaml"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["little.yaml", "--set", f"{KP}=1"], "is swept"),
        (["nowhere.yaml"], "no such file"),
        (["step"], "is a scenario, not a sweep"),
        (["little.yaml", "--jobs", "0"], "Invalid value for '--jobs'"),
    ],
)
def test_bad_input_is_exit_code_2_and_leaves_nothing(tmp_path, capsys, monkeypatch, words, said):
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", *words, "--out", "out"]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_exit_code_3(tmp_path):
    path = write(tmp_path)
    limit = ["bash", "-c", 'ulimit -f 8; exec "$@"', "bash"]  # files of 8 kB at most
    words = [*limit, *WORDS, str(path), "--out", str(tmp_path / "out")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr


def test_directories_leave_sweeps_out(tmp_path, capsys):
    write(tmp_path)
    (tmp_path / "flow.yaml").write_text("{version: 1, scenarios: [tiny.yaml], space: {duration: [1s, 2s]}}\n")
    assert main(["validate", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'tiny.yaml'}: valid\n"
    assert main(["run", str(tmp_path / "little.yaml")]) == 2
    assert "is a sweep, not a scenario: run it with nenc-lab sweep" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["gains", "sweeps/paths"])
def test_sweeps_that_ship_are_valid(name, capsys):
    assert main(["sweep", name, "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"] >= 72

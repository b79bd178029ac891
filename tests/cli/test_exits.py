"""How a call ends when something goes wrong: messages, exit codes, no traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nenc_lab.cli.exits import TRACEBACK, guarded, outcome
from nenc_lab.errors import InputError, InternalError, MachineError, Problem, ScenarioError

LONG = ["--set", "duration=24h", "--no-plot"]


def raising(error: BaseException):
    def call() -> int:
        raise error

    return call


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("bad"), 2),
        (ScenarioError([Problem("a.yaml", 3, 4, "seed", "bad")]), 2),
        (MachineError("missing"), 3),
        (PermissionError(13, "Permission denied", "/srv/x"), 3),
        (MemoryError(), 3),
        (InternalError("broken"), 4),
        (ZeroDivisionError("division by zero"), 4),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exception_to_exit_code(error, code, capfd):
    assert outcome(raising(error)) == code
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.startswith("nenc-lab: ")
    assert "Traceback" not in said.err


def test_a_stdout_that_works_is_kept_after_an_error_of_the_system(capfd):
    assert outcome(raising(PermissionError(13, "Permission denied", "/srv/x"))) == 3
    print("still here", flush=True)
    assert capfd.readouterr().out == "still here\n"


def test_an_internal_error_says_how_to_report_it(capfd, monkeypatch):
    monkeypatch.setenv(TRACEBACK, "1")
    assert outcome(raising(ZeroDivisionError("division by zero"))) == 4
    said = capfd.readouterr().err
    assert "ZeroDivisionError: division by zero" in said
    assert "report" in said
    assert "Traceback" in said


def test_guarded_keeps_name_and_signature():
    def command(number: int = 3) -> int:
        """Words."""
        return number

    assert guarded(command)(5) == 5
    assert (guarded(command).__name__, guarded(command).__doc__) == ("command", "Words.")


def wait_for_run(out: Path) -> Path:
    """The folder of a run that has begun to record."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for info in out.glob("*/run.json"):
            if any(info.parent.glob("ticks.parquet/part-*")):
                return info.parent
        time.sleep(0.05)
    raise AssertionError(f"no run began in {out}")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_leaves_a_readable_partial_run(process, scenario, tmp_path, number, code):
    running = process("run", scenario(), *LONG, "--out", "runs")
    folder = wait_for_run(tmp_path / "runs")
    running.send_signal(number)
    _, err = running.communicate(timeout=60)
    assert running.returncode == code
    assert "interrupted" in err
    assert folder.name in err
    assert "Traceback" not in err
    info = json.loads((folder / "run.json").read_text())
    assert info["status"] == "partial"
    assert 0 < info["summary"]["run"]["simulated_s"] < 24 * 3600


def test_an_interrupt_ends_every_process(process, scenario, tmp_path):
    running = process("run", scenario(), *LONG, "--repeat", 4, "--jobs", 2, "--out", "runs")
    wait_for_run(tmp_path / "runs")
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert "Traceback" not in err
    states = [json.loads(info.read_text())["status"] for info in (tmp_path / "runs").glob("*/run.json")]
    assert states
    assert set(states) == {"partial"}
    assert len(states) <= 2  # none was begun after the interrupt


def test_a_killed_parent_takes_its_workers_along(process, scenario, tmp_path):
    running = process("run", scenario(), *LONG, "--repeat", 2, "--jobs", 2, "--out", "runs")
    folder = wait_for_run(tmp_path / "runs")
    worker = json.loads((folder / "run.json").read_text())["pid"]
    assert worker != running.pid
    running.kill()
    running.communicate()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()


def test_a_reader_that_goes_away_is_no_error_message(command, scenario, tmp_path):
    words = [
        *command,
        "run",
        str(scenario(duration="1s")),
        "--repeat",
        "3",
        "--json",
        "--no-plot",
        "--out",
        str(tmp_path / "runs"),
    ]
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(words, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(write)
    assert done.returncode == 141
    assert done.stderr == ""


def test_a_full_stdout_is_exit_code_3(command, scenario, tmp_path):
    words = [*command, "run", str(scenario(duration="1s")), "--json", "--no-plot", "--out", str(tmp_path / "runs")]
    with open("/dev/full", "w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_closed_streams_change_nothing(command, scenario, tmp_path):
    script = 'exec "$@" <&- >&- 2>&-'
    words = [*command, "run", str(scenario(duration="1s")), "--no-plot", "--out", str(tmp_path / "runs")]
    done = subprocess.run(["sh", "-c", script, "sh", *words], check=False)
    assert done.returncode == 0
    (info,) = (tmp_path / "runs").glob("*/run.json")
    assert json.loads(info.read_text())["status"] == "complete"


def test_a_terminal_without_unicode_is_enough(command, scenario, tmp_path):
    words = [*command, "run", str(scenario(duration="1s")), "--no-plot", "--out", str(tmp_path / "runs")]
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "ascii",
    }
    done = subprocess.run(words, capture_output=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


def test_no_command_at_all_shows_the_help():
    done = subprocess.run([sys.executable, "-P", "-m", "nenc_lab"], capture_output=True, text=True, check=False)
    assert "Commands:" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr

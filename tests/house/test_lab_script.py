"""The script ``lab``, as far as it can be tried without making a machine ready: `.ci/run` does the rest."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from house import ROOT

LAB = ROOT / "lab"
ready = pytest.mark.skipif(
    not (ROOT / ".venv" / ".lab" / "run").exists(), reason="this checkout was not made ready by lab"
)


def test_it_is_a_posix_shell_script():
    subprocess.run(["sh", "-n", LAB], check=True)
    assert LAB.read_text().startswith("#!/bin/sh\n")


def checkout(folder: Path) -> Path:
    """As much of this checkout in the folder as is read before anything is made ready."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lab").write_bytes(LAB.read_bytes())
    (folder / "lab").chmod(0o755)
    (folder / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    return folder


def call(folder: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([folder / "lab", "--version"], capture_output=True, text=True, check=False, **more)


def test_a_python_that_does_not_fit_is_exit_code_3_with_the_remedy(tmp_path):
    done = call(checkout(tmp_path), env={**os.environ, "NENC_LAB_PYTHON": "/bin/false"})
    assert done.returncode == 3
    assert "NENC_LAB_PYTHON=/bin/false is not a Python 3.11, 3.12 or 3.13" in done.stderr
    assert done.stdout == ""


def test_a_foreign_venv_is_left_alone(tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "mine").write_text("precious")
    done = call(checkout(tmp_path))
    assert done.returncode == 3
    assert "move it away" in done.stderr
    assert (tmp_path / ".venv" / "mine").read_text() == "precious"


def test_a_venv_that_was_made_for_another_path_is_left_alone(tmp_path):
    state = tmp_path / ".venv" / ".lab"
    state.mkdir(parents=True)
    (state / "place").write_text("/elsewhere/nenc-lab|/usr/bin/python3.11")
    done = call(checkout(tmp_path))
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "was made for /elsewhere/nenc-lab" in done.stderr
    assert "rm -r" in done.stderr
    assert (state / "place").exists()


@pytest.mark.parametrize("name", ["it's", 'a "b"', "a\\b", "a:b"])
def test_a_path_that_the_build_cannot_take_is_refused_before_anything_is_made(tmp_path, name):
    folder = checkout(tmp_path / name)
    done = call(folder)
    assert done.returncode == 3
    assert "move the checkout" in done.stderr
    assert not (folder / ".venv").exists()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may read."""
    with tempfile.TemporaryDirectory(prefix="nenc-lab-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_checkout_that_is_not_ready_and_may_not_be_written_to_is_one_line(open_folder):
    folder = checkout(open_folder / "shared")
    folder.chmod(0o555)
    done = call(folder, **({"user": 65534} if os.geteuid() == 0 else {}))
    folder.chmod(0o755)
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "cannot write to" in done.stderr
    assert "clone the repository" in done.stderr


@ready
def test_a_ready_checkout_runs_without_a_build(tmp_path):
    """No ninja, which would have to write to the build folder of a read-only or another user's checkout."""
    watched = ROOT / ".venv" / "build" / "meson-logs" / "meson-python-build-log.txt"
    before = watched.stat().st_mtime_ns if watched.exists() else None
    call(ROOT)
    assert (watched.stat().st_mtime_ns if watched.exists() else None) == before


@ready
def test_a_second_call_adds_less_than_two_tenths_of_a_second(tmp_path):
    def quickest(words: list[object]) -> float:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            subprocess.run(words, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
            times.append(time.perf_counter() - began)
        return min(times)

    direct = quickest([ROOT / ".venv" / "bin" / "python", "-P", "-m", "nenc_lab", "--version"])
    assert quickest([LAB, "--version"]) - direct < 0.2


@ready
def test_a_second_call_says_nothing_of_its_own():
    subprocess.run([LAB, "--version"], check=True, capture_output=True)
    done = subprocess.run([LAB, "--version"], check=True, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.startswith("nenc-lab ")

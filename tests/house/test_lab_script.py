"""The script ``lab``, as far as it can be tried without making a machine ready: `.ci/run` does the rest."""

from __future__ import annotations

import os
import subprocess
import time

import pytest
from house import ROOT

LAB = ROOT / "lab"
ready = pytest.mark.skipif(
    not (ROOT / ".venv" / ".lab" / "run").exists(), reason="this checkout was not made ready by lab"
)


def test_it_is_a_posix_shell_script():
    subprocess.run(["sh", "-n", LAB], check=True)
    assert LAB.read_text().startswith("#!/bin/sh\n")


def test_a_python_that_does_not_fit_is_exit_code_3_with_the_remedy(tmp_path):
    (tmp_path / "lab").write_bytes(LAB.read_bytes())
    (tmp_path / "lab").chmod(0o755)
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    environment = {**os.environ, "NENC_LAB_PYTHON": "/bin/false"}
    done = subprocess.run([tmp_path / "lab", "--version"], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 3
    assert "NENC_LAB_PYTHON=/bin/false is not a Python 3.11, 3.12 or 3.13" in done.stderr
    assert done.stdout == ""


def test_a_foreign_venv_is_left_alone(tmp_path):
    (tmp_path / "lab").write_bytes(LAB.read_bytes())
    (tmp_path / "lab").chmod(0o755)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "mine").write_text("precious")
    done = subprocess.run([tmp_path / "lab", "--version"], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "move it away" in done.stderr
    assert (tmp_path / ".venv" / "mine").read_text() == "precious"


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

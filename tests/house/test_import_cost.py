"""Importing the package, and --help, are quick and change nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

TRIES = 5
"""The quickest counts: a slow one is the machine's other work."""

WATCH = """
import json, os, sys, threading, warnings
warnings.simplefilter("error")
HEAVY = {"numpy", "pyarrow", "polars", "matplotlib", "typer", "pydantic"}
def world():
    files, descriptors = sorted(os.listdir(".")), len(os.listdir("/proc/self/fd"))
    return [threading.active_count(), files, descriptors, dict(os.environ), os.getcwd()]
before = world()
import nenc_lab
print(json.dumps({
    "same": world() == before,
    "ours": sorted(name for name in sys.modules if name.startswith("nenc_lab")),
    "heavy": sorted({name.split(".")[0] for name in sys.modules} & HEAVY),
}))
"""


def quickest(words: list[str], cwd: Path) -> float:
    times = []
    for _ in range(TRIES):
        began = time.perf_counter()
        subprocess.run(words, cwd=cwd, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return min(times)


def test_import_takes_less_than_half_a_second(tmp_path):
    assert quickest([sys.executable, "-P", "-c", "import nenc_lab"], tmp_path) < 0.5


def test_help_takes_less_than_four_tenths(tmp_path):
    assert quickest([sys.executable, "-P", "-m", "nenc_lab", "--help"], tmp_path) < 0.4


def test_import_has_no_side_effect(tmp_path):
    done = subprocess.run([sys.executable, "-P", "-c", WATCH], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stderr == ""
    assert json.loads(done.stdout) == {"same": True, "ours": ["nenc_lab"], "heavy": []}
    assert list(tmp_path.iterdir()) == []


def test_help_writes_nothing(tmp_path):
    subprocess.run(
        [sys.executable, "-P", "-m", "nenc_lab", "--help"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL
    )
    assert list(tmp_path.iterdir()) == []


def test_what_the_package_promises_is_there():
    code = (
        "import nenc_lab; print([name for name in nenc_lab.__all__ if getattr(nenc_lab, name) is None], dir(nenc_lab))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True)
    names = ["ControllerError", "InputError", "InternalError", "Interrupted", "MachineError", "Run", "Scenario"]
    names += ["ScenarioError", "__version__", "load", "open_run", "run", "sweep"]
    assert done.stdout.strip() == f"[] {names}"

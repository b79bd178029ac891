"""``start``: CPU time of a short run from the command line, relative to its imports, and the cost of its figure."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from nenc_lab.bench import Figure
from nenc_lab.errors import InternalError
from nenc_lab.process import environment_of_user

SCENARIO: dict[str, Any] = {
    "version": 1,
    "name": "bench-start",
    "description": "Two seconds of one 60 fps flow, so that starting and finishing is most of the work.",
    "duration": "2s",
    "seed": 1,
    "path": {
        "forward": {"rate": "50Mbps", "delay": "20ms", "queue": {"kind": "droptail", "size": "300ms"}},
        "reverse": {"delay": "20ms"},
    },
    "flows": [
        {
            "name": "video",
            "rate": {"min": "5Mbps", "max": "120Mbps", "start": "5Mbps"},
            "encoder": {"kind": "model", "resolution": "2160p", "fps": 60},
            "controller": {"kind": "nenc"},
        }
    ],
}
SHIPPED = "step"
"""The scenario that the README runs first."""
IMPORTS = "import numpy, pyarrow"


def measure(repeats: int) -> list[Figure]:
    """The figures of this group, from the CPU time (user and system) of processes that take turns. The first turn fills
    file caches and does not count."""
    with tempfile.TemporaryDirectory(prefix="nenc-lab-bench-") as name:
        folder = Path(name)
        scenario = folder / "start.yaml"
        scenario.write_text(json.dumps(SCENARIO), encoding="utf-8")
        run = ["-m", "nenc_lab", "run", "--out", os.fspath(folder / "runs")]
        turns = [
            (
                cpu_s(["-c", IMPORTS]),
                cpu_s([*run, os.fspath(scenario), "--no-plot"]),
                cpu_s([*run, SHIPPED, "--no-plot"]),
                cpu_s([*run, SHIPPED]),
            )
            for _ in range(repeats + 1)
        ][1:]
    return [
        Figure(
            "start.run_vs_imports",
            median(short / imports for imports, short, _, _ in turns),
            "CPU time of a run of 2 s, --no-plot, over importing numpy and pyarrow",
        ),
        Figure(
            "start.plot_ratio",
            median(drawn / plain for _, _, plain, drawn in turns),
            f"CPU time of the shipped scenario {SHIPPED!r} with its figure over the same without",
        ),
    ]


def cpu_s(words: Sequence[str]) -> float:
    """CPU seconds of a new Python process with these arguments, and of its children. Raises InternalError when it
    fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-P", *words], capture_output=True, text=True, env=environment_of_user())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise InternalError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

"""Reads figures from ``check_kernels --bench``, the program that compares and times every kernel and its plain C."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from nenc_lab.bench import Figure, Say
from nenc_lab.errors import InternalError
from nenc_lab.programs import program

ROUNDS = 5
"""Alternations per repeat: several, because a kernel takes microseconds and a scheduling pause milliseconds."""
MOST_ROUNDS = 101


def figures(subjects: tuple[str, ...], meanings: Mapping[str, str], repeats: int, say: Say) -> list[Figure]:
    """The figures in ``meanings``, measured on ``subjects``. Figures that this build cannot measure are left out."""
    values: dict[str, float] = {}
    for subject in subjects:
        values |= timed(program("check_kernels"), ["--bench", "--only", subject], repeats)
    for key in meanings:
        if key not in values:
            say(f"{key} is left out: this build or this processor has no peer for it")
    return [Figure(key, values[key], meaning) for key, meaning in meanings.items() if key in values]


def timed(path: Path, words: list[str], repeats: int, environment: Mapping[str, str] | None = None) -> dict[str, float]:
    """The measurements of a program that takes ``--json --rounds N``. Raises InternalError when it fails."""
    rounds = str(min(ROUNDS * repeats, MOST_ROUNDS))
    whole = [str(path), *words, "--json", "--rounds", rounds]
    done = subprocess.run(whole, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise InternalError(f"{path.name} {' '.join(words)} failed ({done.returncode}): {done.stderr.strip()[-500:]}")
    return {key: float(value) for key, value in json.loads(done.stdout).items()}

"""Run folders of the plot tests, made once each."""

from __future__ import annotations

from collections.abc import Callable

import plot_runs
import pytest

from nenc_lab.recording.open import Run


@pytest.fixture(scope="session")
def plot_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """Gives the run of a course of `plot_runs` by its name."""
    made: dict[str, Run] = {}

    def get(name: str) -> Run:
        if name not in made:
            made[name] = plot_runs.make(tmp_path_factory.mktemp("runs"), plot_runs.COURSES[name]())
        return made[name]

    return get

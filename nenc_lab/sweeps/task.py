"""The work of a sweep's worker: makes one run, reads its rows of figures, and removes its folder unless it is kept."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from nenc_lab import session
from nenc_lab.analysis.finish import finish
from nenc_lab.errors import ControllerError, MachineError, NencLabError
from nenc_lab.sweeps import columns

if TYPE_CHECKING:
    from nenc_lab.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class Task:
    """One run for a worker. ``work`` is a folder for temporary files."""

    hash: str
    scenario: Scenario
    work: Path
    keep: Path | None
    """Directory in which the run's folder is kept; None to remove it."""
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one task. ``rows`` have every column of `nenc_lab.sweeps.columns.COLUMNS`."""

    hash: str
    rows: list[dict[str, Any]]
    wall_s: float | None
    task_s: float | None
    environment: bool = False
    """The run failed because of this machine (a full disk, no memory), not because of a defect."""
    controller: bool = False
    """The run ended because the user's own controller failed."""

    @property
    def status(self) -> str:
        """complete, failed or died."""
        return str(self.rows[0]["status"])

    @property
    def error(self) -> str | None:
        """The error message of a run that failed, otherwise None."""
        text: str | None = self.rows[0]["error"]
        return text


def work(task: Task) -> Result:
    """Runs a task. An exception of the run becomes a row; only KeyboardInterrupt and SystemExit are raised."""
    began = perf_counter()
    wall_s: float | None = None
    environment = controller = False
    try:
        if task.keep is not None:
            rows, wall_s = _run(task, task.keep)
        else:
            with tempfile.TemporaryDirectory(prefix="run-", dir=task.work, ignore_cleanup_errors=True) as folder:
                rows, wall_s = _run(task, Path(folder))
    except Exception as error:
        known = isinstance(error, NencLabError)
        controller = isinstance(error, ControllerError)
        environment = isinstance(error, MachineError | OSError | MemoryError)
        rows = columns.without_figures("failed", str(error) if known else f"{type(error).__name__}: {error}")
    return Result(task.hash, rows, wall_s, perf_counter() - began, environment, controller)


def died(task: Task) -> Result:
    """The result of a task whose process died, also when it ran alone."""
    text = (
        "its process ended twice, the second time with nothing else in it"
        " (out of memory, or a crash of the core or of a controller with isolate: false)"
    )
    return Result(task.hash, columns.without_figures("died", text), None, None)


def _run(task: Task, out: Path) -> tuple[list[dict[str, Any]], float | None]:
    folder = session.run(task.scenario, out=out, argv=list(task.argv))
    summary = finish(folder, "complete")
    return columns.rows(summary, folder.info["expectations"]), summary["run"]["wall_s"]

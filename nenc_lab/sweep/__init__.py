"""Many runs of one thing: ``nenc_lab.sweep("sweeps/gains", jobs=2)``, or by its parts. START HERE.

    schema    the words of a sweep file        |
    load      a file to a Sweep, checked       |  WHAT to run: nothing here knows of processes
    space     keys and values to points        |
    plan      points to checked scenarios      |
    runner    blocks of tasks, in this process or in many: WHERE, and knows nothing of scenarios
    task      one run to its row of figures (columns)
    store     the folder: rows kept through a kill, found again by content hash
    batch     plan and store and runner together
    result    what comes out: frame, best, gain map

The package itself can be called, because ``nenc_lab.sweep`` is its name and the function's alike.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nenc_lab.sweep.result import SweepResult


def sweep(
    target: str | Path | Mapping[str, Any],
    *,
    jobs: int = 1,
    out: str | Path = "sweeps",
    overrides: Sequence[str] = (),
    keep_runs: bool = False,
    plot: bool = True,
) -> SweepResult:
    """Runs a sweep: a file, the NAME of one that ships with the package, or the same as a dict.

    Every point is checked before the first one runs and before anything is written. Results go into a folder of the
    sweep's own under ``out``; what was run before, here or for an earlier form of this sweep, is not run again.
    ``jobs`` is the number of processes. Raises InputError for bad input, EnvironmentError_ when the place cannot be
    written, KeyboardInterrupt (with ``folder``) after keeping what there was.
    """
    from nenc_lab.sweep.batch import execute
    from nenc_lab.sweep.load import load
    from nenc_lab.sweep.plan import make

    return execute(make(load(target, overrides)), jobs=jobs, out=Path(out), keep_runs=keep_runs, plot=plot)


class _Callable(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> SweepResult:
        return sweep(*args, **kwargs)


sys.modules[__name__].__class__ = _Callable

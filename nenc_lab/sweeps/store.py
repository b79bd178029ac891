"""The folder of a sweep. Results survive a kill and are found again by content hash.

    OUT/<name>-<hash8>/
      sweep.json          the sweep, versions, git, host, status; written before the first run, replaced atomically
      parts/*.parquet     results so far, one file per block, written atomically; removed when the sweep is complete
      summaries.parquet   the dataset, when the sweep is complete: a row per run and flow
      timings.parquet     wall times of its runs, which are never the same twice
      runs/               the runs' folders, with keep_runs
      gain_map.png .svg

hash8 covers all runs in their order and the code, so a changed sweep gets its own folder. Results that it shares with
an earlier version of the sweep are taken from there. Results of other code are never used.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import nenc_lab
from nenc_lab.errors import InputError, MachineError
from nenc_lab.recording import provenance
from nenc_lab.recording.atomic import said_plainly, write_whole
from nenc_lab.sweeps import dataset
from nenc_lab.sweeps.plan import Plan, PlannedRun, describe
from nenc_lab.sweeps.task import Result

FORMAT_VERSION = 1
INFO, SUMMARIES, TIMINGS, PARTS, RUNS, WORK = (
    *("sweep.json", "summaries.parquet", "timings.parquet"),
    *("parts", "runs", ".work"),
)
MANY_PARTS = 256
"""When there are this many small files, they are merged into one."""
_DATASET = ("columns.py", "dataset.py", "quantity.py")
"""The files of this package that determine the dataset."""


@cache
def code() -> str:
    """Digest of the code that determines a dataset: the code of runs, and `_DATASET`."""
    package = Path(nenc_lab.__file__).parent
    own = provenance.digest_of(package, [package / "sweeps" / name for name in _DATASET])
    return f"{provenance.code()}{own}"


class Store:
    """An open sweep folder. It is a context manager that releases the folder's lock."""

    def __init__(self, folder: Path, plan: Plan, info: dict[str, Any], lock: int) -> None:
        self.folder = folder
        self.info = info
        self.done: dict[str, Result] = {}
        """Complete results of the plan's runs, by hash."""
        self._plan = plan
        self._lock = lock
        self._part = 0

    @classmethod
    def open(cls, out: Path, plan: Plan, argv: Sequence[str]) -> Store:
        """Locks the plan's folder under ``out``, creating it when missing, and finds the results that exist already.

        Raises MachineError when the folder cannot be written or another process holds it.
        """
        folder = out / f"{plan.sweep.name}-{_folder_hash(plan)}"
        with said_plainly("make a sweep folder in", out), _made(folder):
            lock = _locked(folder)
            store = cls(folder, plan, _info(plan, argv), lock)
            try:
                store._find(out)
                shutil.rmtree(folder / WORK, ignore_errors=True)  # left by a sweep that was killed
                if store.missing or not (folder / SUMMARIES).exists():
                    store._write("running")
                    for name in (WORK, PARTS):
                        (folder / name).mkdir(exist_ok=True)
                    store._part = max((int(path.stem) for path in _parts(folder)), default=0)
            except BaseException:
                store.close()
                raise
        return store

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Releases the folder and keeps its contents."""
        shutil.rmtree(self.folder / WORK, ignore_errors=True)
        os.close(self._lock)

    @property
    def missing(self) -> list[PlannedRun]:
        """Runs of the plan that have no complete result, in order."""
        return [run for run in self._plan.runs if run.hash not in self.done]

    @property
    def work(self) -> Path:
        """Folder for temporary files of runs."""
        return self.folder / WORK

    def add(self, results: Sequence[Result]) -> None:
        """Writes results to disk, so that they survive a SIGKILL."""
        self._part += 1
        path = self.folder / PARTS / f"{self._part:08d}.parquet"
        with said_plainly("write", path):
            write_whole(path, dataset.part(results), sync=True)
        self.done |= {result.hash: result for result in results}
        if self._part % MANY_PARTS == 0:
            self._merge_parts()

    def finish(self) -> None:
        """Writes the dataset. Every run of the plan must have a result."""
        results = [self.done[run.hash] for run in self._plan.runs]
        for name, data in ((SUMMARIES, dataset.summaries(self._plan, results)), (TIMINGS, dataset.timings(results))):
            with said_plainly("write", self.folder / name):
                write_whole(self.folder / name, data, sync=True)
        self._write("complete")
        shutil.rmtree(self.folder / PARTS, ignore_errors=True)

    def pause(self) -> None:
        """Marks the sweep as unfinished."""
        self._take(self.folder)  # the interrupt may have come between a part and its entry in ``done``
        self._write("partial")

    def _write(self, status: str) -> None:
        counts = {"done": len(self.done), "failed": sum(one.status != "complete" for one in self.done.values())}
        self.info = {**self.info, "status": status, **counts}
        text = json.dumps(self.info, indent=1, ensure_ascii=False, allow_nan=False)
        with said_plainly("write", self.folder / INFO):
            write_whole(self.folder / INFO, (text + "\n").encode(), sync=True)

    def _find(self, out: Path) -> None:
        """Finds complete results of the plan's runs, in this folder and in those of earlier versions of the sweep."""
        wanted = {run.hash for run in self._plan.runs}
        others = sorted(
            path.parent for path in out.glob(f"{self._plan.sweep.name}-*/{INFO}") if path.parent != self.folder
        )
        for folder in (self.folder, *others):
            if not wanted - self.done.keys():
                break
            if folder != self.folder and not _same_code(folder):
                continue
            self._take(folder)

    def _take(self, folder: Path) -> None:
        wanted = {run.hash for run in self._plan.runs}
        for result in results_in(folder):
            if result.hash in wanted and result.status == "complete":
                self.done.setdefault(result.hash, result)

    def _merge_parts(self) -> None:
        small = [path for path in _parts(self.folder) if int(path.stem) > self._part - MANY_PARTS]
        merged = [result for path in small for result in dataset.read_part(path)]
        with said_plainly("write", small[-1]):
            write_whole(small[-1], dataset.part(merged), sync=True)
        for path in small[:-1]:
            path.unlink(missing_ok=True)


def results_in(folder: Path) -> Iterator[Result]:
    """Every result in a sweep folder, those of its parts last. Unreadable files are skipped; their runs repeat."""
    if (folder / SUMMARIES).exists():
        with contextlib.suppress(OSError, ValueError, KeyError):
            yield from dataset.read_summaries(folder / SUMMARIES, folder / TIMINGS)
    for path in _parts(folder):
        with contextlib.suppress(OSError, ValueError, KeyError):  # Arrow's errors are among them
            yield from dataset.read_part(path)


def read_info(folder: Path) -> dict[str, Any]:
    """The contents of sweep.json. Raises InputError when it cannot be read."""
    try:
        info = json.loads((folder / INFO).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{folder} is not a sweep folder: {INFO} cannot be read ({error})") from None
    if not isinstance(info, dict) or info.get("format_version") != FORMAT_VERSION:
        raise InputError(f"{folder / INFO} is not of format_version {FORMAT_VERSION}, which this version reads")
    return info


def _parts(folder: Path) -> list[Path]:
    return sorted((folder / PARTS).glob("[0-9]*.parquet"))


def _same_code(folder: Path) -> bool:
    try:
        return read_info(folder).get("code") == code()
    except InputError:
        return False


def _folder_hash(plan: Plan) -> str:
    return hashlib.sha256(f"{plan.hash} {code()}".encode()).hexdigest()[:8]


def _info(plan: Plan, argv: Sequence[str]) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        **describe(plan),
        "source": _plain(plan.sweep.source),
        "file": plan.sweep.file,
        "scenario_files": [base.place.file for base in plan.sweep.bases],
        "hash": plan.hash,
        "code": code(),
        "argv": list(argv),
        **provenance.collect(),
    }


def _plain(value: object) -> object:
    """Converts to JSON values. Numbers that are not finite were refused before, except in descriptions."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


@contextlib.contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Creates the folder for the block, and removes what was created when the block fails."""
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        if folder in made:
            shutil.rmtree(folder, ignore_errors=True)
        _remove_empty(made[1:])
        raise


def _remove_empty(folders: Iterable[Path]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):  # another process may have put something there meanwhile
            folder.rmdir()


def _locked(folder: Path) -> int:
    """Locks the folder until this process ends, however it ends. Raises MachineError when another process holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise MachineError(
            f"another process is running this sweep in {folder}: wait for it, or use another directory (--out DIR)"
        ) from None
    return descriptor

"""The folder of a sweep: what was run, kept row by row through a kill, and found again by content hash.

    OUT/<name>-<hash8>/
      sweep.json          the sweep, versions, git, host, status; written before the first run, replaced atomically
      parts/*.parquet     results so far, one file per block, each written whole; gone when the sweep is complete
      summaries.parquet   the dataset, when the sweep is complete: a row per run and flow
      timings.parquet     wall times of its runs, which are never the same twice
      runs/               the runs' folders, with keep_runs
      gain_map.png .svg

hash8 is of all runs in their order and of the code, so a sweep that was changed gets a folder of its own; runs that it
shares with an earlier form of the sweep are taken from there. Results of other code are never taken.
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
from nenc_lab.sweeps.plan import Plan, Run, describe
from nenc_lab.sweeps.task import Result

FORMAT_VERSION = 1
INFO, SUMMARIES, TIMINGS, PARTS, RUNS, WORK = (
    *("sweep.json", "summaries.parquet", "timings.parquet"),
    *("parts", "runs", ".work"),
)
MANY_PARTS = 256
"""So many small files become one large one."""
_DATASET = ("columns.py", "dataset.py", "quantity.py")
"""Of the sweep's own code, what makes the dataset."""


@cache
def code() -> str:
    """Digest of the code that makes a dataset: what makes a run, and of the sweep what makes rows of runs."""
    package = Path(nenc_lab.__file__).parent
    own = provenance.digest_of(package, [package / "sweeps" / name for name in _DATASET])
    return f"{provenance.code()}{own}"


class Store:
    """An open sweep folder; a context manager that lets go of it."""

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
        """Claims the plan's folder under ``out``, made when missing, and finds every result there is already.

        Raises MachineError when it cannot be written or another process is at it.
        """
        folder = out / f"{plan.sweep.name}-{_folder_hash(plan)}"
        with said_plainly("make a sweep folder in", out), _made(folder):
            lock = _locked(folder)
            store = cls(folder, plan, _info(plan, argv), lock)
            try:
                store._find(out)
                shutil.rmtree(folder / WORK, ignore_errors=True)  # of a sweep that was killed
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
        """Lets go of the folder; what is in it stays."""
        shutil.rmtree(self.folder / WORK, ignore_errors=True)
        os.close(self._lock)

    @property
    def missing(self) -> list[Run]:
        """Runs of the plan that have no complete result, in order."""
        return [run for run in self._plan.runs if run.hash not in self.done]

    @property
    def work(self) -> Path:
        """Where runs may leave things for a moment."""
        return self.folder / WORK

    def add(self, results: Sequence[Result]) -> None:
        """Keeps results where a SIGKILL cannot reach them."""
        self._part += 1
        path = self.folder / PARTS / f"{self._part:08d}.parquet"
        with said_plainly("write", path):
            write_whole(path, dataset.part(results), sync=True)
        self.done |= {result.hash: result for result in results}
        if self._part % MANY_PARTS == 0:
            self._merge_parts()

    def finish(self) -> None:
        """Writes the dataset: every run of the plan has a result."""
        results = [self.done[run.hash] for run in self._plan.runs]
        for name, data in ((SUMMARIES, dataset.summaries(self._plan, results)), (TIMINGS, dataset.timings(results))):
            with said_plainly("write", self.folder / name):
                write_whole(self.folder / name, data, sync=True)
        self._write("complete")
        shutil.rmtree(self.folder / PARTS, ignore_errors=True)

    def pause(self) -> None:
        """Marks the sweep as begun and not finished."""
        self._take(self.folder)  # the interrupt may have come between a part and its entry in ``done``
        self._write("partial")

    def _write(self, status: str) -> None:
        counts = {"done": len(self.done), "failed": sum(one.status != "complete" for one in self.done.values())}
        self.info = {**self.info, "status": status, **counts}
        text = json.dumps(self.info, indent=1, ensure_ascii=False, allow_nan=False)
        with said_plainly("write", self.folder / INFO):
            write_whole(self.folder / INFO, (text + "\n").encode(), sync=True)

    def _find(self, out: Path) -> None:
        """Complete results of the plan's runs, in this folder and in those of earlier forms of the sweep."""
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
    """Every result a sweep folder holds, those of its parts last. What cannot be read is passed over, and run again."""
    if (folder / SUMMARIES).exists():
        with contextlib.suppress(OSError, ValueError, KeyError):
            yield from dataset.read_summaries(folder / SUMMARIES, folder / TIMINGS)
    for path in _parts(folder):
        with contextlib.suppress(OSError, ValueError, KeyError):  # Arrow's errors are among them
            yield from dataset.read_part(path)


def read_info(folder: Path) -> dict[str, Any]:
    """sweep.json. Raises InputError when there is none that can be read."""
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
    """For JSON: what is not finite was refused before, except where it means nothing (a description)."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


@contextlib.contextmanager
def _made(folder: Path) -> Iterator[None]:
    """The folder exists inside the block; what was made for it goes again when the block fails."""
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
    """A lock that the system takes back however the process ends. Raises MachineError when another has it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise MachineError(
            f"another process is at this sweep already, in {folder}: wait for it, or use another place (--out DIR)"
        ) from None
    return descriptor

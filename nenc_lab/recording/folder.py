"""A run's folder and its ``run.json``, which is created first, updated atomically, and never overwrites another run."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from nenc_lab.errors import InputError, InternalError
from nenc_lab.recording.atomic import said_plainly, write_whole

FORMAT_VERSION = 1
INFO_FILE = "run.json"
REQUIRED = ("scenario", "seed", "backend", "controller", "versions")

Status = Literal["complete", "partial"]


def digest(info: dict[str, Any]) -> str:
    """Returns the first 8 hex digits of the run's fingerprint."""
    return fingerprint(info)[:8]


def fingerprint(info: dict[str, Any]) -> str:
    """Returns the SHA-256, in hex, of scenario, backend, controller and versions as canonical JSON."""
    identity = {key: info[key] for key in ("scenario", "backend", "controller", "versions")}
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def folder_name(info: dict[str, Any]) -> str:
    """Returns ``<scenario>-<controller>-<seed>-<hash8>``; for a shared object the controller is its file's stem."""
    controller = str(info["controller"])
    if controller.endswith(".so"):
        controller = Path(controller).stem
    name = str(info["scenario"].get("name", "run"))
    return f"{_plain(name)}-{_plain(controller)}-{info['seed']}-{digest(info)}"


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.")[:80] or "unnamed"


class RunFolder:
    """One run's folder: ``path``, and ``info``, the content of run.json."""

    def __init__(self, path: Path, info: dict[str, Any]) -> None:
        self.path = path
        self.info = info

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r}, status={self.info.get('status')!r})"

    def __fspath__(self) -> str:
        return str(self.path)

    @classmethod
    def create(cls, out: Path | str, info: dict[str, Any], owner: tuple[int, int | None] | None = None) -> RunFolder:
        """Creates a new folder under ``out`` (made if missing) and writes its run.json with status "running".

        ``info`` has scenario (resolved, plain JSON values), seed, backend, controller, versions, and whatever else
        explains the run (argv, git, host). ``owner`` is the process that runs it, its pid and start time, when that is
        not this one (whose pid may belong to another kernel). An existing folder is kept in any state; the new one then
        gets the suffix -2, -3, ... Raises MachineError when ``out`` cannot be written, and then leaves nothing behind.
        """
        missing = [key for key in REQUIRED if key not in info]
        if missing:
            raise InternalError(f"run.json needs {', '.join(missing)}")
        out = Path(out)
        stem = folder_name(info)
        pid, started = owner or (os.getpid(), process_started(os.getpid()))
        full = {"format_version": FORMAT_VERSION, **info, "status": "running", "pid": pid, "pid_started": started}
        with said_plainly("make a run folder in", out), made(out):
            path = _claim(out, stem)
            folder = cls(path, full)
            try:
                folder._write()
            except BaseException:
                with contextlib.suppress(OSError):
                    path.rmdir()
                raise
        return folder

    @classmethod
    def open(cls, path: Path | str) -> RunFolder:
        """Opens the folder of an earlier run. Raises InputError when it has no readable run.json."""
        return cls(Path(path), read_info(Path(path)))

    def update(self, **parts: object) -> None:
        """Replaces these top-level parts of run.json atomically. Raises MachineError and then keeps the old file."""
        before = self.info
        self.info = {**before, **parts}
        try:
            with said_plainly("write", self.path / INFO_FILE):
                self._write()
        except BaseException:
            self.info = before
            raise

    def complete(self, status: Status = "complete", **parts: object) -> None:
        """Marks the run "complete" or "partial", with its last parts (summary, expectations, timing, ...)."""
        self.update(status=status, **parts)

    def discard(self) -> None:
        """Removes the folder of a run that failed before its first sample."""
        with said_plainly("remove", self.path):
            shutil.rmtree(self.path)

    def _write(self) -> None:
        try:
            text = json.dumps(self.info, indent=1, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise InternalError(f"run.json cannot store this: {error}") from error
        write_whole(self.path / INFO_FILE, (text + "\n").encode(), sync=True)


def read_info(path: Path) -> dict[str, Any]:
    """Reads the folder's run.json. Raises InputError when it is missing, damaged or in another format."""
    file = path / INFO_FILE
    try:
        info = json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"{path} is not a run folder: it has no {INFO_FILE}") from error
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{file} is damaged, not valid JSON ({error}): run the scenario again") from error
    if not isinstance(info, dict) or "scenario" not in info:
        raise InputError(f"{file} does not describe a run: it has no scenario")
    version = info.get("format_version")
    if version != FORMAT_VERSION:
        raise InputError(f"{file} has format_version {version!r}; this version of nenc-lab reads {FORMAT_VERSION}")
    return info


def status_of(info: dict[str, Any]) -> str:
    """Returns "complete", "partial", "running", or "killed" for a run that was running but whose process has ended."""
    status = str(info.get("status", "killed"))
    if status == "running":
        started = process_started(int(info.get("pid", 0)))
        if started is None or started != info.get("pid_started"):
            return "killed"
    return status


def process_started(pid: int) -> int | None:
    """Returns a live process's start time in clock ticks since boot (field 22 of /proc/PID/stat), else None.

    It identifies the process together with the pid, because pids are reused.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    fields = stat.rpartition(b")")[2].split()  # the name before it may contain spaces and parentheses
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


@contextlib.contextmanager
def made(directory: Path) -> Iterator[None]:
    """Makes the directory with its parents, and removes what it made when the block fails.

    Raises MachineError when the directory cannot be made.
    """
    new = list(itertools.takewhile(lambda place: not place.exists(), (directory, *directory.parents)))
    try:
        with said_plainly("make a run folder in", directory):
            directory.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for place in new:
            with contextlib.suppress(OSError):  # another process may have written there meanwhile
                place.rmdir()
        raise


def _claim(out: Path, stem: str) -> Path:
    for number in itertools.count(1):
        path = out / (stem if number == 1 else f"{stem}-{number}")
        try:
            path.mkdir()  # mkdir is the lock: it succeeds in only one of two processes
        except FileExistsError:
            continue
        return path
    raise InternalError("unreachable: itertools.count ended")

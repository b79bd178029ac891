"""The kernel modules of a guest: those that emulate networks, and their dependencies."""

from __future__ import annotations

import errno
import gzip
import lzma
from collections.abc import Iterable
from pathlib import Path

from nenc_lab.real.sandbox.syscalls import load_module

NEEDED = ("sch_netem", "sch_hfsc", "veth")
"""Modules without which there is no real network."""
WANTED = (
    *NEEDED,
    *("sch_codel", "sch_fq_codel", "sch_cake", "sch_pie", "tcp_bbr"),
)
ROOTS = ("/usr/lib/uml/modules", "/lib/modules", "/usr/lib/modules")
UNPACK = {".xz": lzma.decompress, ".gz": gzip.decompress}


def folder_of(release: str) -> Path | None:
    """Returns the folder of a kernel's modules, or None when they are not installed."""
    return next((found for root in ROOTS if (found := Path(root, release)).is_dir()), None)


def missing(wanted: Iterable[str], release: str) -> list[str]:
    """Returns the modules of ``wanted`` that are neither a file nor built into the kernel."""
    folder = folder_of(release)
    if folder is None:
        return list(wanted)
    known = set(_files(folder)) | _builtin(folder)
    return [name for name in wanted if name not in known]


def load(wanted: Iterable[str], release: str) -> list[str]:
    """Loads modules into the running kernel, dependencies first, and returns those that could not be loaded."""
    folder = folder_of(release)
    if folder is None:
        return list(wanted)
    files, builtin = _files(folder), _builtin(folder)
    loaded: set[str] = set()
    failed = []
    for name in wanted:
        if name in builtin:
            continue
        try:
            for path in [*reversed(files[name][1:]), files[name][0]]:
                if path not in loaded:
                    _load(folder / path)
                    loaded.add(path)
        except (KeyError, OSError):
            failed.append(name)
    return failed


def _load(path: Path) -> None:
    image = path.read_bytes()
    try:
        load_module(UNPACK.get(path.suffix, bytes)(image))
    except OSError as error:
        if error.errno != errno.EEXIST:
            raise


def _files(folder: Path) -> dict[str, list[str]]:
    """Returns, by module name, its file and those of its dependencies as in modules.dep: the last is loaded first."""
    found = {}
    for line in (folder / "modules.dep").read_text(encoding="utf-8").splitlines():
        path, _, needs = line.partition(":")
        found[_name(path)] = [path, *needs.split()]
    return found


def _builtin(folder: Path) -> set[str]:
    try:
        return {_name(line) for line in (folder / "modules.builtin").read_text(encoding="utf-8").splitlines()}
    except OSError:
        return set()


def _name(path: str) -> str:
    return path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")

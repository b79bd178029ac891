"""The origin of a result: versions, commit and host, read cheaply and without raising errors."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "scipy", "simpy", "cffi", "pydantic", "ruamel.yaml", "pyarrow")
"""Packages that can change a number in a table."""
SIMD_FLAGS = ("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "asimd", "sve")
GIT_TIMEOUT_S = 2.0


NO_RESULT = (
    *("cli", "plots", "bench", "doctor", "pool", "sweeps", "parity"),
    *("__main__.py", "api.py", "process.py", "report.py", "texttable.py"),
)
"""Modules of the package that change no figure of a run."""


@cache
def code() -> str:
    """Returns the digest, 16 hex digits, of the code that makes a result: the compiled core and relevant modules."""
    package = Path(__file__).resolve().parents[1]
    files = []
    for folder, folders, names in os.walk(package):
        if folder == str(package):
            folders[:] = [name for name in folders if name not in NO_RESULT]
            names = [name for name in names if name not in NO_RESULT]
        files += [Path(folder, name) for name in names if name.endswith(".py")]
    return digest_of(package, [*files, *_compiled()])


def _compiled() -> list[Path]:
    spec = find_spec("nenc_lab._kernels")  # in the package, or in an editable install's build folder
    if spec is None or not spec.origin:
        return []
    module = Path(spec.origin)
    return [path for path in (module, module.with_name("nenc_controller_host")) if path.is_file()]


def digest_of(package: Path, files: list[Path]) -> str:
    """Returns the digest, 16 hex digits, of the names and contents of files."""
    whole = hashlib.sha256()
    for path in sorted(files):
        name = path.relative_to(package) if path.is_relative_to(package) else path.name
        data = path.read_bytes()
        whole.update(f"{name}\0{len(data)}\0".encode())
        whole.update(data)
    return whole.hexdigest()[:16]


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    folders = _installed()
    found = {"nenc_lab": _version("nenc-lab", folders), "code": code(), "python": platform.python_version()}
    found |= {name: _version(name, folders) for name in PACKAGES}
    return tuple(found.items())


def versions() -> dict[str, str]:
    """Returns versions of the lab, its code, Python and the packages that can change a result; "unknown" if missing."""
    return dict(_versions())


def _installed() -> dict[str, str]:
    """Returns the versions of installed packages from the names of their folders, ten times as fast as from metadata.

    If there are several packages of one name, the first on the path counts, as for imports.
    """
    found: dict[str, str] = {}
    for place in sys.path:
        with contextlib.suppress(OSError):
            for entry in os.listdir(place or "."):
                name, dash, version = entry.removesuffix(".dist-info").partition("-")
                if dash and entry.endswith(".dist-info"):
                    found.setdefault(_normal(name), version)
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _version(distribution: str, folders: Mapping[str, str]) -> str:
    known = folders.get(_normal(distribution))
    if known is not None:
        return known
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "unknown"


@cache
def _git() -> tuple[str, bool] | None:
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    try:
        # Without optional locks, so that it never disturbs a git command that the user runs at the same time.
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=GIT_TIMEOUT_S,
            check=True,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.splitlines()
    commit = next((line.split()[2] for line in lines if line.startswith("# branch.oid ")), None)
    if commit is None or commit == "(initial)":
        return None
    return commit, any(not line.startswith("#") for line in lines)


def git() -> dict[str, Any] | None:
    """Returns ``{"commit", "dirty"}`` of the lab's checkout; None when the lab is installed or git fails."""
    found = _git()
    return None if found is None else {"commit": found[0], "dirty": found[1]}


def host() -> dict[str, Any]:
    """Describes the machine as far as it may explain a result: kernel, CPU, SIMD flags, cores, governor, memory."""
    name = os.uname()
    model, flags = _cpu()
    return {
        "system": name.sysname,
        "kernel": name.release,
        "machine": name.machine,
        "cpu": model,
        "cpu_flags": [flag for flag in SIMD_FLAGS if flag in flags],
        "cores": os.cpu_count(),
        "cores_usable": len(os.sched_getaffinity(0)),
        "governor": _line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
    }


def collect() -> dict[str, Any]:
    """Returns the ``versions``, ``git`` and ``host`` parts of run.json."""
    return {"versions": versions(), "git": git(), "host": host()}


@cache
def _cpu() -> tuple[str | None, frozenset[str]]:
    found: dict[str, str] = {}
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            key, colon, value = line.partition(":")
            if not colon:
                break  # an empty line ends the first core, and all cores are alike
            found[key.strip()] = value.strip()
    model = found.get("model name") or found.get("CPU part")
    return model, frozenset((found.get("flags") or found.get("Features") or "").split())


def _line(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return None

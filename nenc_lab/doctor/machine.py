"""Checks of Python, its packages, the compiler and the system."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
import sys
from pathlib import Path

from nenc_lab.doctor.finding import LIMITED, MISSING, OK, TIMEOUT_S, Finding
from nenc_lab.programs import find


def python() -> Finding:
    return Finding("python", OK, f"{platform.python_version()} at {sys.executable}")


def packages() -> Finding:
    """Checks the packages that nenc-lab's metadata requires."""
    import re
    from importlib import metadata

    missing, found = [], []
    for requirement in metadata.requires("nenc-lab") or []:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("packages", MISSING, f"not installed: {', '.join(missing)}", f"pip install {' '.join(missing)}")
    return Finding("packages", OK, ", ".join(found))


def compiler() -> Finding:
    path = find(os.environ.get("CC", "cc")) or find("gcc") or find("clang")
    if path is None:
        return Finding("compiler", MISSING, "no cc, gcc or clang", "apt-get install gcc libc6-dev")
    return Finding("compiler", OK, f"{_first_line(path, '--version') or path}")


def kernel() -> Finding:
    return Finding("kernel", OK, f"{platform.system()} {platform.release()} on {os.cpu_count()} cores")


def disk() -> Finding:
    usage = shutil.disk_usage(Path.cwd())
    free = usage.free / 1e9
    state = OK if free >= 1 else LIMITED
    return Finding(
        "disk", state, f"{free:.1f} GB free here", None if state == OK else "free some space, or use --out DIR"
    )


def realtime() -> Finding:
    """Checks whether the adaptation thread may use SCHED_FIFO."""
    limit, _ = resource.getrlimit(resource.RLIMIT_RTPRIO)
    if os.geteuid() == 0 and _may_be_realtime():
        return Finding("real-time", OK, "root may use SCHED_FIFO")
    if limit > 0:
        return Finding("real-time", OK, f"RLIMIT_RTPRIO {limit}")
    return Finding(
        "real-time",
        LIMITED,
        "SCHED_FIFO is not allowed: the adaptation thread runs as a normal thread, and the run records this",
        "add 'YOU - rtprio 10' to /etc/security/limits.conf, with your user name for YOU, then log in again",
    )


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout or done.stderr).partition("\n")[0].strip()


def _may_be_realtime() -> bool:
    """Tries SCHED_FIFO in a short-lived child, because root in a container may lack the capability."""
    code = "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))"
    try:
        done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0

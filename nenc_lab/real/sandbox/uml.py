"""User-Mode Linux: finds it, and makes its command line and the script that it runs first."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from nenc_lab import programs
from nenc_lab.errors import MachineError

PROGRAMS = ("linux.uml", "linux")
REMEDY = "apt-get install user-mode-linux (Debian, Ubuntu; it needs no root to run)"
SLOW_STARTS = ("raid6_select_algo", "calibrate_xor_blocks", "init_btrfs_fs")
"""Parts of the kernel that measure themselves for 0.8 s at each boot, for file systems that no guest mounts."""
NAME_OPTION = "umid="
"""The kernel's option for its own name."""
VERSION_S = 5.0


def find() -> Path | None:
    """Finds the program of User-Mode Linux, or returns None.

    Another program may be called linux, so each candidate is asked for its version.
    """
    for name in PROGRAMS:
        path = programs.find(name)
        if path is not None and version(path) is not None:
            return Path(path)
    return None


def version(path: str | Path) -> str | None:
    """Returns the kernel's release, such as 6.1.176; None when the program is not a kernel."""
    try:
        done = subprocess.run(
            [os.fspath(path), "--version"],
            capture_output=True,
            text=True,
            timeout=VERSION_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    line = done.stdout.strip()
    return line if re.fullmatch(r"\d+\.\d+\S*", line) else None


def required() -> Path:
    """Finds the program of User-Mode Linux. Raises MachineError when it is not installed."""
    path = find()
    if path is None:
        raise MachineError(f"a guest needs User-Mode Linux, which is not installed: {REMEDY}")
    return path


def command(linux: Path, memory_mb: int, name: str, channel: int, heartbeat: int) -> list[str]:
    return [
        os.fspath(linux),
        f"mem={memory_mb}M",
        "root=/dev/root",
        "rootfstype=hostfs",
        "rootflags=/",
        "rw",
        "init=@FOLDER@/init",
        "devtmpfs.mount=0",  # otherwise /dev hides a private folder in /dev/shm, and init with it
        "con=null",
        "con0=null,fd:1",
        "ssl=null",
        f"ssl0=fd:{channel}",
        f"ssl1=fd:{heartbeat}",
        f"{NAME_OPTION}{name}",
        "uml_dir=@FOLDER@",
        "initcall_blacklist=" + ",".join(SLOW_STARTS),
        "panic=-1",
        "noreboot",
        "quiet",
    ]


def init_script(environment: Mapping[str, str], setup: str) -> str:
    """Returns the script that the kernel runs first. It sets the environment, which the command line cannot hold."""
    names = [name for name in environment if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII)]
    exports = [f"export {name}={shlex.quote(environment[name])}" for name in names]
    words = [*interpreter(), setup, "guest_init"]
    return "\n".join(["#!/bin/sh", *exports, "exec " + " ".join(map(shlex.quote, words)), ""])


def interpreter() -> list[str]:
    """Returns the command that starts Python inside, with the flags that the lab was started with."""
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return [sys.executable, "-P", *flags, str(Path(__file__).with_name("bootstrap.py"))]

"""The first process of a guest: mounts what a system needs, loads modules, and switches the guest off at the end."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress

from nenc_lab.real.sandbox import kernel_modules
from nenc_lab.real.sandbox.init import run_init
from nenc_lab.real.sandbox.launch import Setup
from nenc_lab.real.sandbox.syscalls import MS_NOSUID, mount, power_off

CHANNEL, HEARTBEAT = "/dev/ttyS0", "/dev/ttyS1"
FOLDER = "/run/nenc-sandbox"
"""Mount point of the private folder; the guest's own /dev and /run would hide it under its original path."""
LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}


def main(setup: Setup) -> None:
    try:
        _mount(setup["folder"])
        release = os.uname().release
        missing = kernel_modules.load(kernel_modules.WANTED, release)
        run_init(_open(CHANNEL), _open(HEARTBEAT), FOLDER, setup, {"modules_missing": missing})
    except BaseException:
        traceback.print_exc()  # on the console, which the lab shows
    sys.stderr.flush()
    power_off()


def _mount(folder: str) -> None:
    mount("proc", "/proc", "proc")
    mount("sys", "/sys", "sysfs")
    mount("dev", "/dev", "devtmpfs", MS_NOSUID)
    for name, target in LINKS.items():
        with suppress(FileExistsError):
            os.symlink(target, f"/dev/{name}")
    os.makedirs("/dev/pts", exist_ok=True)
    mount("pts", "/dev/pts", "devpts")
    os.makedirs("/dev/shm", exist_ok=True)
    mount("run", "/run", "tmpfs")
    os.mkdir(FOLDER)
    mount("folder", FOLDER, "hostfs", data=folder)


def _open(path: str) -> int:
    import tty

    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    tty.setraw(descriptor)
    return descriptor

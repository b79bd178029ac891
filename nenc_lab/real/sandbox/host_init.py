"""The first process of a host sandbox: it has PID 1 in its PID namespace, and mounts of its own."""

from __future__ import annotations

from nenc_lab.real.sandbox.init import run_init
from nenc_lab.real.sandbox.launch import Setup
from nenc_lab.real.sandbox.syscalls import CLONE_NEWNS, MS_NODEV, MS_NOSUID, make_mounts_private, mount, unshare


def main(setup: Setup) -> None:
    unshare(CLONE_NEWNS)
    make_mounts_private()
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV)
    run_init(setup["channel"], setup["heartbeat"], setup["folder"], setup, {})

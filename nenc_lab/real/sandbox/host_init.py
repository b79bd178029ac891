"""The first process of a place in this host's kernel: the first of its PID namespace, with mounts of its own."""

from __future__ import annotations

from typing import Any

from nenc_lab.real.sandbox.init import live
from nenc_lab.real.sandbox.syscalls import CLONE_NEWNS, MS_NODEV, MS_NOSUID, make_mounts_private, mount, unshare


def main(setup: dict[str, Any]) -> None:
    unshare(CLONE_NEWNS)
    make_mounts_private()
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV)
    live(setup["line"], setup["heart"], setup["folder"], setup, {})

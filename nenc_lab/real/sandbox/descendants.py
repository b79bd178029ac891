"""Ends everything a process has started, whatever that has done to get away."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

from nenc_lab.real.sandbox.ownership import stat_fields


def children(pid: int) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdecimal() and (fields := stat_fields(int(name))) is not None and int(fields[1]) == pid:
            found.append(int(name))
    return found


def end_all(timeout_s: float = 5.0) -> bool:
    """Kills and reaps all descendants of this process, which must have called `adopt_orphans`. Are all gone?"""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
        except ChildProcessError:
            return True
        if time.monotonic() > deadline:
            return False
        for pid in children(os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)

"""The loop of the first process in both sandboxes: it starts the server and sends heartbeats until the server ends."""

from __future__ import annotations

import os
import sys
import time
import traceback

from nenc_lab.real.sandbox.launch import About, Setup
from nenc_lab.real.sandbox.processes import end_all

BEAT_S = 0.5


def run_init(channel: int, heartbeat: int, folder: str, setup: Setup, about: About) -> None:
    """Returns when the server has ended, or when the lab has closed its end of ``channel`` or ``heartbeat``."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # the folder, whatever is mounted over it
    server = os.fork()
    if server == 0:
        try:
            os.close(heartbeat)
            from nenc_lab.real.sandbox.server import serve

            serve(channel, held, setup, about)
            os._exit(0)
        except BaseException:
            traceback.print_exc()  # in the sandbox's own log
        finally:
            sys.stderr.flush()
            os._exit(1)
    os.close(channel)
    while not _reap(server):
        try:
            os.write(heartbeat, b".")
        except OSError:
            break
        time.sleep(BEAT_S)
    end_all()


def _reap(server: int) -> bool:
    """Reaps every child that has ended, including orphans, and returns whether the server was among them."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == server:
            return True
        if pid == 0:
            return False

"""The life of a place, seen from its first process: a server that answers the lab, and a heart that beats beside it."""

from __future__ import annotations

import os
import sys
import time
import traceback
from typing import Any

from nenc_lab.real.sandbox.descendants import end_all

BEAT_S = 0.5


def live(line: int, heart: int, folder: str, setup: dict[str, Any], about: dict[str, Any]) -> None:
    """Returns when the server has ended: the lab has closed its end of ``line`` or of ``heart``."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # the folder, whatever is mounted over it
    server = os.fork()
    if server == 0:
        try:
            os.close(heart)
            from nenc_lab.real.sandbox.server import serve

            serve(line, held, setup, about)
            os._exit(0)
        except BaseException:
            traceback.print_exc()  # in the place's own log
        finally:
            sys.stderr.flush()
            os._exit(1)
    os.close(line)
    while not _reap(server):
        try:
            os.write(heart, b".")
        except OSError:
            break
        time.sleep(BEAT_S)
    end_all()


def _reap(server: int) -> bool:
    """Has the server ended? Others' orphans are reaped along."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == server:
            return True
        if pid == 0:
            return False

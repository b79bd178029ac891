"""What runs inside a place: takes calls from the lab, one at a time, and sends back what comes of them.

It imports what calls need once, and forks for each: in a guest, importing the lab takes seconds.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from typing import Any

from nenc_lab.real.sandbox.call import Work
from nenc_lab.real.sandbox.descendants import end_all
from nenc_lab.real.sandbox.messages import Kind, Unpacker, packed, write_all
from nenc_lab.real.sandbox.syscalls import adopt_orphans

TAKE = 65536
CLOCK_REALTIME_COARSE = 5
"""Goes on at the kernel's ticks, so that its resolution tells their rate. Python has no name for it."""


def serve(line: int, folder: int, setup: dict[str, Any], about: dict[str, Any]) -> None:
    """Until the lab closes ``line``. ``folder`` is a descriptor of the private folder."""
    adopt_orphans()
    os.chdir(setup["cwd"])
    sys.argv[:] = [""]
    write_all(line, packed(Kind.UP, json.dumps(_about() | about).encode()))
    write_all(line, packed(Kind.WARM, json.dumps(_warm(setup["warm"])).encode()))
    unpacker = Unpacker()
    work: Work | None = None
    while True:
        if work is not None and work.step(line):
            write_all(line, packed(Kind.ENDED, json.dumps({"status": work.status}).encode()))
            work = None
            continue
        if work is not None and not work.line_ready:
            continue
        try:
            data = os.read(line, TAKE)
        except OSError:  # a serial line that was hung up
            data = b""
        if not data:
            break
        for kind, body in unpacker.feed(data):
            message = json.loads(body)
            if kind is Kind.CALL:
                assert work is None, "one call at a time"
                write_all(line, packed(Kind.TAKEN, b""))
                work = Work(message, folder, line)
            elif kind is Kind.SIGNAL and work is not None:
                work.signal(message["number"])
    end_all()


def _about() -> dict[str, Any]:
    with open("/proc/meminfo", encoding="utf-8") as file:
        total_kb = int(file.readline().split()[1])
    hz = round(1 / time.clock_getres(CLOCK_REALTIME_COARSE))
    return {"kernel": os.uname().release, "hz": hz, "memory_mb": total_kb // 1024}


def _warm(names: list[str]) -> dict[str, Any]:
    began, failed = time.monotonic(), {}
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:  # the call that needs it will say it again
            failed[name] = f"{type(error).__name__}: {error}"
    return {"seconds": time.monotonic() - began, "failed": failed}

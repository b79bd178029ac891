"""The server inside a sandbox: takes calls from the lab, one at a time, and sends back their outcomes.

It imports what calls need once and forks a process for each call, because importing the lab in a guest takes seconds.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time

from nenc_lab.real.sandbox.call import READ_BYTES, RunningCall
from nenc_lab.real.sandbox.launch import About, Setup
from nenc_lab.real.sandbox.messages import Json, Kind, Unpacker, packed, write_all
from nenc_lab.real.sandbox.processes import end_all
from nenc_lab.real.sandbox.syscalls import adopt_orphans

CLOCK_REALTIME_COARSE = 5
"""This clock advances with the kernel's ticks, so its resolution is their period. Python has no name for it."""


def serve(channel: int, folder: int, setup: Setup, about: About) -> None:
    """Serves until the lab closes ``channel``. ``folder`` is a descriptor of the private folder."""
    adopt_orphans()
    os.chdir(setup["cwd"])
    sys.argv[:] = [""]
    write_all(channel, packed(Kind.READY, json.dumps({**_about(), **about}).encode()))
    write_all(channel, packed(Kind.PRELOADED, json.dumps(_preload(setup["preload"])).encode()))
    unpacker = Unpacker()
    call: RunningCall | None = None
    while True:
        if call is not None and call.step(channel):
            write_all(channel, packed(Kind.ENDED, json.dumps({"status": call.status}).encode()))
            call = None
            continue
        if call is not None and not call.channel_ready:
            continue
        try:
            data = os.read(channel, READ_BYTES)
        except OSError:  # the serial line was hung up
            data = b""
        if not data:
            break
        for kind, body in unpacker.feed(data):
            message = json.loads(body)
            if kind is Kind.CALL:
                assert call is None, "one call at a time"
                write_all(channel, packed(Kind.ACCEPTED, b""))
                call = RunningCall(message, folder, channel)
            elif kind is Kind.SIGNAL and call is not None:
                call.signal(message["number"])
    end_all()


def _about() -> About:
    with open("/proc/meminfo", encoding="utf-8") as file:
        total_kb = int(file.readline().split()[1])
    hz = round(1 / time.clock_getres(CLOCK_REALTIME_COARSE))
    return {"kernel": os.uname().release, "hz": hz, "memory_mb": total_kb // 1024}


def _preload(names: list[str]) -> dict[str, Json]:
    began, failed = time.monotonic(), {}
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:  # a call that needs the module will fail with the same error
            failed[name] = f"{type(error).__name__}: {error}"
    return {"seconds": time.monotonic() - began, "failed": failed}

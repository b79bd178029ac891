"""Sandboxes to call in, how to see what they leave behind, and a lab to be killed."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import pytest

from nenc_lab.errors import MachineError
from nenc_lab.real.sandbox import uml
from nenc_lab.real.sandbox.guest import Guest
from nenc_lab.real.sandbox.host import Host
from nenc_lab.real.sandbox.ownership import Owner
from nenc_lab.real.sandbox.processes import command_line, processes_in, stat_fields

NO_GUEST = f"THE GUEST IS NOT TESTED: no User-Mode Linux here; {uml.REMEDY}"

needs_guest = pytest.mark.skipif(uml.find() is None, reason=NO_GUEST)


def make(kind: str) -> Guest | Host:
    """A sandbox, netem or not."""
    if kind == "guest":
        if uml.find() is None:
            pytest.skip(NO_GUEST)
        return Guest(memory_mb=512)
    try:
        with Host(needs=()):
            pass
    except MachineError as error:
        pytest.skip(f"NAMESPACES OF THE HOST ARE NOT TESTED: {error}")
    return Host(needs=())


def of_sandboxes(*owners: int) -> set[str]:
    """Processes and files that bear the label of a sandbox these processes have made; by default, this one."""
    labels = tuple(f"nenc-place-{Owner.me().namespace}-{owner}-" for owner in owners or (os.getpid(),))
    found = {
        f"file {entry}"
        for base in {"/dev/shm", "/tmp", "/var/tmp", tempfile.gettempdir()}
        for entry in Path(base).iterdir()
        if entry.name.startswith(labels)
    }
    for name in os.listdir("/proc"):
        if not name.isdecimal() or (fields := stat_fields(int(name))) is None or fields[0] in "ZX":
            continue
        try:
            words = [os.readlink(f"/proc/{name}/cwd"), *command_line(int(name))]
        except OSError:
            continue
        if any(label in word for word in words for label in labels):
            found.add(f"process {name}")
    return found


def kernel_in(folder: str) -> int:
    """The process that is a guest's kernel: the one that the others of its program are children of."""
    return min(pid for pid in processes_in(Path(folder)) if "linux" in os.readlink(f"/proc/{pid}/exe"))


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def gone_within(seconds: float, *owners: int) -> set[str]:
    """What is left of their sandboxes when that many seconds have gone, or nothing as soon as there is nothing."""
    deadline = time.monotonic() + seconds
    while (left := of_sandboxes(*owners)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


LAB = f"""
import sys
sys.path[:] = {sys.path!r}
from nenc_lab.real.sandbox.guest import Guest
from nenc_lab.real.sandbox.host import Host
if sys.argv[1] == "unconfined guest":
    from nenc_lab.real.sandbox import supervision
    begin = "from nenc_lab.real.sandbox.supervisor import"
    unconfined = "from nenc_lab.real.sandbox import supervisor; supervisor._confine = lambda as_root: False; "
    supervision.CODE = supervision.CODE.replace(begin, unconfined + begin)
sandbox = Host(needs=()) if sys.argv[1] == "host" else Guest(memory_mb=512)
print("begun", flush=True)
with sandbox:
    print("up", sandbox.folder, flush=True)
    while True:
        sandbox.call("sandbox_calls:waits", "for ever", on_message=lambda word: print(word, flush=True))
"""
"""A lab of its own, to be killed."""

"""The process between the lab and a place: makes the private folder, starts the place, ends both when the lab is gone.

It runs in a session of its own, so that Ctrl-C does not reach it or the place. It knows of the lab's end by the closed
control socket, or by having another parent: the lab's forks may hold a copy of the socket.
"""

from __future__ import annotations

import json
import mmap
import os
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import Any

from nenc_lab.real.sandbox.descendants import end_all
from nenc_lab.real.sandbox.pid_namespace import confine
from nenc_lab.real.sandbox.syscalls import adopt_orphans, signal_at_parent_death

LOOK_MS = 500
"""How often it is looked whether the lab is still the parent."""
FOLDER = "@FOLDER@"
"""Stands for the private folder in what the lab asks for."""
LOG = "log"
"""File in the folder: what the place itself prints, its kernel's messages among it."""


def main(control_number: int, lab: int) -> None:
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    adopt_orphans()
    control = socket.socket(fileno=control_number)
    with control, control.makefile("r", encoding="utf-8") as lines:
        line = lines.readline()
        if not line:
            return
        _keep(control, json.loads(line), lab)


def _keep(control: socket.socket, order: dict[str, Any], lab: int) -> None:
    folder = None
    try:
        try:
            folder = _make_folder(order["prefix"], order["bases"], order["room"], order["executable"])
            confined = _confine(order["as_root"])
            place = _start(order, folder, confined)
        except OSError as error:
            _tell(control, {"failed": str(error)})
            return
        _tell(control, {"folder": folder, "pid": place.pid})
        _watch(control, place, lab)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_all()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _confine(as_root: bool) -> bool:
    try:
        confine(as_root)
    except OSError:
        if as_root:
            raise
        return False
    return True


def _start(order: dict[str, Any], folder: str, confined: bool) -> subprocess.Popen[bytes]:
    for name, text in order["files"].items():
        with open(os.path.join(folder, name), "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text.replace(FOLDER, folder))
            os.fchmod(file.fileno(), 0o700)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))  # a guest's memory
    if order["processor"] is not None:
        with suppress(OSError):  # slower on all of them, but it runs; `processors` in run.json tells
            os.sched_setaffinity(0, {order["processor"]})
    with open(os.path.join(folder, LOG), "ab") as log:
        place = subprocess.Popen(
            [word.replace(FOLDER, folder) for word in order["command"]],
            cwd=folder,  # by it processes are known that have no command line any more
            env={name: value.replace(FOLDER, folder) for name, value in order["environment"].items()},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=order["descriptors"],
            process_group=0,
            # a guest that is not confined must end by itself: its processes would outlive a kernel that was killed
            preexec_fn=_hold if confined else None,  # one thread: nothing can be locked
        )
    for descriptor in order["descriptors"]:
        os.close(descriptor)  # so that the place alone holds it, and its end can be seen
    return place


def _hold() -> None:
    """Run where the place is going to be: this process becomes the first of the new PID namespace, its child goes on.

    When the keeper is killed this one is, and everything in the namespace with it. A guest's kernel may not be the
    first itself: a signal that it sends to end itself would be ignored.
    """
    signal_at_parent_death(signal.SIGKILL)
    place = os.fork()
    if place == 0:
        return
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == place:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _watch(control: socket.socket, place: subprocess.Popen[bytes], lab: int) -> None:
    poll = select.poll()
    poll.register(control, select.POLLIN)
    ending = os.pidfd_open(place.pid)
    poll.register(ending, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll(LOOK_MS):
            if descriptor == ending:
                poll.unregister(ending)
                status = place.wait()
                end_all()
                _tell(control, {"ended": status})
            elif _has_closed(control):
                return
        if os.getppid() != lab:
            return


def _has_closed(control: socket.socket) -> bool:
    try:
        return not control.recv(1)
    except ConnectionResetError:  # it was killed before it had read everything
        return True


def _make_folder(prefix: str, bases: list[str], room: int, executable: bool) -> str:
    """In the first of ``bases`` that has ``room`` bytes and whose files may be mapped as programs, if they must."""
    why = []
    for base in bases:
        try:
            free = shutil.disk_usage(base).free
            if free < room:
                why.append(f"{base} has {free >> 20} MB free of the {room >> 20} MB that are needed")
                continue
            if executable:
                _try_program_memory(base)
            return tempfile.mkdtemp(prefix=prefix, dir=base)
        except OSError as error:
            why.append(f"{base}: {error.strerror}")
    raise OSError("no folder for temporary files: " + "; ".join(why) + ". TMPDIR names another")


def _try_program_memory(base: str) -> None:
    with tempfile.TemporaryFile(dir=base) as file:
        file.truncate(mmap.PAGESIZE)
        mmap.mmap(file.fileno(), mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def _tell(control: socket.socket, message: dict[str, Any]) -> None:
    with suppress(OSError):  # the lab is gone: seen next
        control.sendall(json.dumps(message).encode() + b"\n")

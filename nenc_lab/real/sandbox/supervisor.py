"""The process between the lab and a sandbox: it starts the sandbox, and cleans up when the lab is gone.

It makes the private folder, and runs in a session of its own, so that Ctrl-C reaches neither it nor the sandbox. It
recognises the lab's end by the closed control socket, or by having another parent: forks of the lab may hold a copy of
the socket.
"""

from __future__ import annotations

import json
import os
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress

from nenc_lab.real.sandbox import private_folder
from nenc_lab.real.sandbox.launch import Launch
from nenc_lab.real.sandbox.pid_namespace import confine
from nenc_lab.real.sandbox.processes import end_all
from nenc_lab.real.sandbox.syscalls import adopt_orphans, signal_at_parent_death

POLL_MS = 500
"""Interval at which the supervisor checks whether the lab is still its parent."""
FOLDER = "@FOLDER@"
"""Stands for the private folder in the lab's request."""
LOG = "log"
"""File in the private folder with what the sandbox itself prints, including messages of its kernel."""


def main(control_number: int, lab: int) -> None:
    """Runs until the lab, whose PID is ``lab``, is gone or closes the control socket."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    adopt_orphans()
    control = socket.socket(fileno=control_number)
    with control, control.makefile("r", encoding="utf-8") as lines:
        line = lines.readline()
        if not line:
            return
        message = json.loads(line)
        _supervise(control, message["prefix"], Launch(**message["launch"]), lab)


def _supervise(control: socket.socket, prefix: str, launch: Launch, lab: int) -> None:
    folder = None
    try:
        try:
            folder = private_folder.make(prefix, launch.bases, launch.free_bytes, launch.executable)
            confined = _confine(launch.as_root)
            sandbox = _start(launch, folder, confined)
        except OSError as error:
            _tell(control, {"failed": str(error)})
            return
        _tell(control, {"folder": folder, "pid": sandbox.pid})
        _watch(control, sandbox, lab)
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


def _start(launch: Launch, folder: str, confined: bool) -> subprocess.Popen[bytes]:
    for name, text in launch.files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text.replace(FOLDER, folder))
            os.fchmod(file.fileno(), 0o700)
    # A core file would hold the whole memory of a guest.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if launch.cpu is not None:
        with suppress(OSError):  # on several CPUs a guest is slower, but it runs; `processors` in run.json shows it
            os.sched_setaffinity(0, {launch.cpu})
    with open(os.path.join(folder, LOG), "ab") as log:
        sandbox = subprocess.Popen(
            [word.replace(FOLDER, folder) for word in launch.command],
            cwd=folder,  # identifies processes that no longer have a command line
            env={name: value.replace(FOLDER, folder) for name, value in launch.environment.items()},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=launch.descriptors,
            process_group=0,
            # A guest that is not confined must end by itself: its processes would outlive a kernel that was killed.
            preexec_fn=_fork_below_pid_1 if confined else None,  # safe with one thread: no lock can be held
        )
    for descriptor in launch.descriptors:
        os.close(descriptor)  # so that only the sandbox holds it, and its end can be seen
    return sandbox


def _fork_below_pid_1() -> None:
    """Runs in the new child: this process becomes the first of the PID namespace, and its own child the sandbox.

    When the supervisor is killed, so is this process, and with it everything in the namespace. A guest's kernel cannot
    itself be the first process: it would ignore the signal that it sends itself in order to end.
    """
    signal_at_parent_death(signal.SIGKILL)
    sandbox = os.fork()
    if sandbox == 0:
        return
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == sandbox:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _watch(control: socket.socket, sandbox: subprocess.Popen[bytes], lab: int) -> None:
    """Returns when the lab is gone. Tells the lab when the sandbox has ended."""
    poll = select.poll()
    poll.register(control, select.POLLIN)
    ending = os.pidfd_open(sandbox.pid)
    poll.register(ending, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll(POLL_MS):
            if descriptor == ending:
                poll.unregister(ending)
                status = sandbox.wait()
                end_all()
                _tell(control, {"ended": status})
            elif _has_closed(control):
                return
        if os.getppid() != lab:
            return


def _has_closed(control: socket.socket) -> bool:
    try:
        return not control.recv(1)
    except ConnectionResetError:  # the lab was killed before it had read everything
        return True


def _tell(control: socket.socket, message: dict[str, str | int]) -> None:
    with suppress(OSError):  # when the lab is gone, the next poll notices it
        control.sendall(json.dumps(message).encode() + b"\n")

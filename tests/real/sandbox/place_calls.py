"""What the tests call inside a place."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from nenc_lab.errors import Interrupted, Problem, ScenarioError


def echo(arguments, tell):
    return arguments


def world(arguments, tell):
    return {
        "user": os.geteuid(),
        "cwd": os.getcwd(),
        "environment": dict(os.environ),
        "path": sys.path,
        "interfaces": [name for _, name in socket.if_nameindex()],
        "run": os.listdir("/run"),
        "shm": os.listdir("/dev/shm"),
        "kernel": os.uname().release,
        "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd"))[:-1],
        "capable": int(Path("/proc/self/status").read_text().partition("CapEff:")[2].split()[0], 16),
    }


def lo_answers(arguments, tell):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as near:
        far, _ = server.accept()
        with far:
            near.sendall(b"x")
            return far.recv(1).decode()


def litter(arguments, tell):
    for folder in ("/run", "/dev/shm"):
        Path(folder, "litter").write_text("x")
    subprocess.run(["ip", "link", "add", "litter", "type", "veth", "peer", "name", "other"], check=True)
    return world(arguments, tell)["interfaces"]


def tells(count, tell):
    for number in range(count):
        tell({"number": number, "text": "ü\0\n"})
    return count


def prints(megabytes, tell):
    """Every byte value, through the descriptors: what Python thinks of them is not asked."""
    block = bytes(range(256)) * 4096
    for number in range(megabytes):
        left = memoryview(block)
        while left:
            left = left[os.write(1 + number % 2, left) :]


def says(text, tell):
    print(text)
    print(text, file=sys.stderr)
    subprocess.run(["echo", text], check=True)


def letters(count, tell):
    return "a" * count


def length(text, tell):
    return len(text)


class Odd(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")
        self.one = one


def fails(how, tell):
    if how == "value":
        error = ValueError("a", 2)
        error.folder = Path("somewhere")
        raise error
    if how == "scenario":
        raise ScenarioError([Problem("f.yaml", 3, 4, "path", "is wrong")])
    if how == "odd":
        raise Odd(1, 2)  # cannot be unpickled
    if how == "exit":
        sys.exit(5)
    raise AssertionError(how)


def ends(how, tell):
    tell("ending")
    if isinstance(how, int):
        os._exit(how)
    os.kill(os.getpid(), getattr(signal, how))
    time.sleep(60)


def waits(what, tell):
    """Until it is interrupted, or not even then."""
    tell("waiting")
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt as stop:
            if what == "result":
                return "stopped"
            if what == "raise":
                raise Interrupted.leaving(stop, Path("partial")) from None
            tell("ignored")


def leaves_processes(arguments, tell):
    """One in a session of its own, with a child; and one that is stopped."""
    code = "import os, time; os.setsid(); os.fork(); time.sleep(600)"
    for _ in range(2):
        subprocess.Popen([sys.executable, "-I", "-S", "-c", code, "nenc-left-over"])
    stopped = subprocess.Popen(["sleep", "600"])
    os.kill(stopped.pid, signal.SIGSTOP)
    time.sleep(0.5)
    return left_over(arguments, tell)


def left_over(arguments, tell):
    found = []
    for name in os.listdir("/proc"):
        try:
            words = Path("/proc", name, "cmdline").read_bytes() if name.isdecimal() else b""
        except OSError:
            continue
        if b"nenc-left-over" in words or words.startswith(b"sleep\x00600"):
            found.append(name)
    return len(found)


def writes(path, tell):
    Path(path).write_bytes(bytes(range(256)) * 40000)
    return os.stat(path).st_size


def fills_memory(megabytes, tell):
    return len([b"x" * (1 << 20) for _ in range(megabytes)])


def panics(arguments, tell):
    Path("/proc/sys/kernel/sysrq").write_text("1")
    Path("/proc/sysrq-trigger").write_text("c")
    time.sleep(60)


def lacking(kinds, tell):
    from nenc_lab.real.sandbox.netem_support import lacking as found

    return found(kinds, tell)

"""What the tests call inside a sandbox."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from nenc_lab.errors import Interrupted, Problem, ScenarioError


def echo(arguments, send):
    return arguments


def world(arguments, send):
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


def lo_answers(arguments, send):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as near:
        far, _ = server.accept()
        with far:
            near.sendall(b"x")
            return far.recv(1).decode()


def litter(arguments, send):
    for folder in ("/run", "/dev/shm"):
        Path(folder, "litter").write_text("x")
    subprocess.run(["ip", "link", "add", "litter", "type", "veth", "peer", "name", "other"], check=True)
    return world(arguments, send)["interfaces"]


def tells(count, send):
    for number in range(count):
        send({"number": number, "text": "ü\0\n"})
    return count


def prints(megabytes, send):
    """Every byte value, through the descriptors: what Python thinks of them is not asked."""
    block = bytes(range(256)) * 4096
    for number in range(megabytes):
        left = memoryview(block)
        while left:
            left = left[os.write(1 + number % 2, left) :]


def says(text, send):
    print(text)
    print(text, file=sys.stderr)
    subprocess.run(["echo", text], check=True)


def letters(count, send):
    return "a" * count


def length(text, send):
    return len(text)


class Odd(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")
        self.one = one


def fails(how, send):
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


def ends(how, send):
    send("ending")
    if isinstance(how, int):
        os._exit(how)
    os.kill(os.getpid(), getattr(signal, how))
    time.sleep(60)


def waits(what, send):
    """Until it is interrupted, or not even then."""
    send("waiting")
    while True:
        try:
            time.sleep(0.05)  # a signal just before a long sleep would not end it
        except KeyboardInterrupt as stop:
            if what == "result":
                return "stopped"
            if what == "raise":
                raise Interrupted.leaving(stop, Path("partial")) from None
            send("ignored")


def leaves_processes(arguments, send):
    """One in a session of its own, with a child; and one that is stopped."""
    code = "import os, time; os.setsid(); os.fork(); time.sleep(600)"
    for _ in range(2):
        subprocess.Popen([sys.executable, "-I", "-S", "-c", code, "nenc-left-over"])
    stopped = subprocess.Popen(["sleep", "600"])
    os.kill(stopped.pid, signal.SIGSTOP)
    time.sleep(0.5)
    return left_over(arguments, send)


def left_over(arguments, send):
    found = []
    for name in os.listdir("/proc"):
        try:
            words = Path("/proc", name, "cmdline").read_bytes() if name.isdecimal() else b""
        except OSError:
            continue
        if b"nenc-left-over" in words or words.startswith(b"sleep\x00600"):
            found.append(name)
    return len(found)


def writes(path, send):
    Path(path).write_bytes(bytes(range(256)) * 40000)
    return os.stat(path).st_size


def fills_memory(megabytes, send):
    return len([b"x" * (1 << 20) for _ in range(megabytes)])


def panics(arguments, send):
    Path("/proc/sys/kernel/sysrq").write_text("1")
    Path("/proc/sysrq-trigger").write_text("c")
    time.sleep(60)


def lacking(kinds, send):
    from nenc_lab.real.sandbox.netem_support import lacking as found

    return found(kinds, send)

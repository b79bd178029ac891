"""Network namespaces without names: the kernel removes one with the last descriptor and process that hold it."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

from nenc_lab.errors import MachineError

_NEWNET = 0x4000_0000
_HERE = "/proc/thread-self/ns/net"

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: int) -> None:
    if getattr(_libc, name)(*arguments):
        code = ctypes.get_errno()
        raise MachineError(
            f"{name} of a network namespace: {os.strerror(code)}; this needs CAP_SYS_ADMIN in this user namespace"
        )


def _enter(fd: int) -> None:
    _call("setns", fd, _NEWNET)


def new_namespace() -> int:
    """Returns a descriptor, which children do not inherit, of a new network namespace. The thread stays in its own."""
    home = os.open(_HERE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _call("unshare", _NEWNET)
        try:
            return os.open(_HERE, os.O_RDONLY | os.O_CLOEXEC)
        finally:
            _enter(home)
    finally:
        os.close(home)


@contextmanager
def inside(fd: int) -> Iterator[None]:
    """Moves the calling thread into a namespace. Sockets and /proc/sys/net files opened meanwhile stay in it."""
    home = os.open(_HERE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(fd)
        try:
            yield
        finally:
            _enter(home)
    finally:
        os.close(home)

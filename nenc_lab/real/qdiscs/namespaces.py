"""Network namespaces without a name: they are gone with the last descriptor and process that hold them."""

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
            f"{name} of a network namespace: {os.strerror(code)}: it takes CAP_SYS_ADMIN in this user namespace"
        )


def _enter(fd: int) -> None:
    _call("setns", fd, _NEWNET)


def new_namespace() -> int:
    """A descriptor (not inherited) of a new network namespace. The calling thread stays where it is."""
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
    """The calling thread is in that namespace; sockets opened meanwhile stay there, and so do /proc/sys/net's files."""
    home = os.open(_HERE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(fd)
        try:
            yield
        finally:
            _enter(home)
    finally:
        os.close(home)

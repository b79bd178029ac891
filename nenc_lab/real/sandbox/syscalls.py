"""System calls for namespaces, mounts and kernel modules that Python 3.11 lacks (os.unshare came with 3.12)."""

from __future__ import annotations

import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID = 2
MS_NODEV = 4
MS_REC = 0x4000
MS_PRIVATE = 1 << 18

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
SYS_INIT_MODULE = {"x86_64": 175, "aarch64": 105}
POWER_OFF = 0x4321FEDC

_libc = ctypes.CDLL(None, use_errno=True)  # one handle for the process and its forks; it holds no lock


def unshare(flags: int) -> None:
    """Moves this process, or with CLONE_NEWPID its next child, into new namespaces. Raises OSError."""
    _check(_libc.unshare(flags), "unshare")


def setns(descriptor: int, flags: int) -> None:
    """Enters the namespace of ``descriptor``. Raises OSError."""
    _check(_libc.setns(descriptor, flags), "setns")


def mount(source: str, target: str, kind: str | None, flags: int = 0, data: str | None = None) -> None:
    """Mounts ``source`` on ``target``. Raises OSError, which names the target."""
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind, data)]
    done = _libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3])
    _check(done, "mount", target)


def make_mounts_private() -> None:
    """Hides later mounts from everybody outside this mount namespace."""
    mount("none", "/", None, MS_REC | MS_PRIVATE)


def signal_at_parent_death(number: int) -> None:
    """Has this process receive the signal when the thread that forked it ends."""
    _check(_libc.prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(number), 0, 0, 0), "prctl")


def adopt_orphans() -> None:
    """Makes descendants whose parent has ended children of this process."""
    _check(_libc.prctl(PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0), "prctl")


def load_module(image: bytes) -> None:
    """Loads a kernel module from the uncompressed contents of its file. Raises OSError."""
    number = SYS_INIT_MODULE[os.uname().machine]
    done = _libc.syscall(ctypes.c_long(number), image, ctypes.c_ulong(len(image)), b"")
    _check(done, "init_module")


def power_off() -> None:
    """Switches this kernel off at once. For guests only."""
    _check(_libc.reboot(ctypes.c_uint(POWER_OFF)), "reboot")


def _check(returned: int, call: str, subject: str | None = None) -> None:
    if returned != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}", subject)

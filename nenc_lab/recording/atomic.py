"""Writes files atomically, and turns operating-system errors into messages with a remedy."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from nenc_lab.errors import MachineError

AT_FDCWD = -100
RENAME_EXCHANGE = 2
_NO_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)

_REMEDIES = {
    errno.ENOSPC: "the disk is full: free some space, or choose another disk with --out DIR",
    errno.EDQUOT: "the disk quota is used up: free some space, or choose another place with --out DIR",
    errno.EFBIG: "the file grew beyond what is allowed here: raise the limit (ulimit -f), or choose another --out DIR",
    errno.EACCES: "not allowed to write there: change its permissions, or choose another place with --out DIR",
    errno.EPERM: "not allowed to write there: change its permissions, or choose another place with --out DIR",
    errno.EROFS: "the file system is read-only: choose another place with --out DIR",
    errno.ENOTDIR: "a part of that path is a file, not a directory: choose another place with --out DIR",
    errno.EEXIST: "a file of that name is in the way: move it, or choose another place with --out DIR",
    errno.ENOENT: "no such directory, and it cannot be made: choose another place with --out DIR",
    errno.ENAMETOOLONG: "the name is too long for the file system: give the scenario a shorter name",
    errno.EMFILE: "too many open files: raise the limit (ulimit -n), or use fewer --jobs",
    errno.EIO: "the disk reports a fault: choose another disk with --out DIR",
}


@contextlib.contextmanager
def said_plainly(action: str, path: Path) -> Iterator[None]:
    """Turns an OSError in the block into a MachineError that says what was attempted, where, and the remedy.

    ``action`` completes "cannot ...", for example "write".
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = _REMEDIES.get(error.errno or 0, "choose another place with --out DIR")
        raise MachineError(f"cannot {action} {path}: {reason.splitlines()[0]}: {remedy}") from error


def write_whole(path: Path, data: bytes, *, sync: bool = False) -> None:
    """Writes ``data`` to ``path`` atomically: a reader finds either the old file or the new one, never a part of it.

    With ``sync`` the file also survives a power cut. Raises OSError and then leaves the old file unchanged.
    """
    hidden = path.with_name(f".{path.name}.tmp")
    try:
        with open(hidden, "wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(hidden, path)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise
    if sync:
        _sync_directory(path.parent)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def exchange(first: Path, second: Path) -> None:
    """Swaps two entries of one directory, files or directories, atomically: both names exist at all times.

    Where the kernel or file system lacks renameat2's exchange, three renames replace it; ``second`` is then found at
    ``swapped(second)`` for a moment. Raises OSError when the entries cannot be renamed.
    """
    renameat2 = _renameat2()
    if renameat2 is not None:
        if renameat2(AT_FDCWD, os.fsencode(first), AT_FDCWD, os.fsencode(second), RENAME_EXCHANGE) == 0:
            return
        code = ctypes.get_errno()
        if code not in _NO_EXCHANGE:
            raise OSError(code, os.strerror(code), str(second))
    aside = swapped(second)
    os.rename(second, aside)
    os.rename(first, second)
    os.rename(aside, first)


def swapped(path: Path) -> Path:
    """Returns where ``exchange`` keeps ``path`` for a moment when it needs three renames."""
    return path.with_name(f".{path.name}.swap")


@cache
def _renameat2() -> Callable[..., int] | None:
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is None:
        return None
    function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    function.restype = ctypes.c_int
    result: Callable[..., int] = function
    return result

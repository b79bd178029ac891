"""Puts the next child of a process into a new PID namespace, so that everything in it dies with that child."""

from __future__ import annotations

import os
from pathlib import Path

from nenc_lab.real.sandbox.syscalls import CLONE_NEWPID, CLONE_NEWUSER, unshare

REFUSALS = (
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor denies user namespaces to programs without a profile (Ubuntu 24.04 and later); to allow them until "
        "the next boot: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "only root may make user namespaces; to allow them: sudo sysctl -w kernel.unprivileged_userns_clone=1",
    ),
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "user namespaces are switched off; to allow them: sudo sysctl -w user.max_user_namespaces=1024",
    ),
)
"""Kernel settings that can forbid user namespaces, the value with which they do, and the remedy."""


def confine(as_root: bool) -> None:
    """Makes the next child of this process the first one of a new PID namespace.

    A process without the privilege for that also enters a user namespace, in which it is root or keeps its user. It
    must have a single thread. Raises OSError, and then nothing has changed.
    """
    user, group = os.geteuid(), os.getegid()
    try:
        unshare(CLONE_NEWPID)
        return
    except PermissionError:
        pass
    maps = (0, 0) if as_root else (user, group)
    _try_first(user, group, maps)
    _enter(user, group, maps)


def _try_first(user: int, group: int, maps: tuple[int, int]) -> None:
    """Tries `_enter` in a child first, because a process cannot leave a namespace that turns out to allow nothing."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _enter(user, group, maps)
            code = 0
        except OSError as error:
            code = error.errno or 1
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != 0:
        raise PermissionError(abs(code), f"cannot make namespaces: {os.strerror(abs(code))}; {remedy()}")


def _enter(user: int, group: int, maps: tuple[int, int]) -> None:
    unshare(CLONE_NEWUSER | CLONE_NEWPID)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{maps[0]} {user} 1"),
        ("gid_map", f"{maps[1]} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def remedy() -> str:
    """Says why this machine may refuse namespaces, and what to do about it."""
    for path, value, text in REFUSALS:
        try:
            if Path(path).read_text(encoding="ascii").strip() == value:
                return text
        except OSError:
            continue
    return (
        "a container may forbid them: run it with --security-opt seccomp=unconfined and --cap-add SYS_ADMIN, or use "
        "the guest"
    )

"""Isolates a call: a network of its own with nothing but ``lo``, and empty /run and /dev/shm."""

from __future__ import annotations

import fcntl
import os
import socket
import struct

from nenc_lab.real.sandbox.syscalls import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    MS_NODEV,
    MS_NOSUID,
    make_mounts_private,
    mount,
    unshare,
)

OWN_FOLDERS = ("/run", "/dev/shm")
HIDDEN = ("/run", "/dev", "/proc", "/sys")
"""Folders of which a sandbox has its own instead of the lab's."""
SIOCSIFFLAGS = 0x8914
IFF_UP = 1


def is_hidden(path: str | os.PathLike[str]) -> bool:
    """Returns whether ``path`` of the lab is hidden from a call."""
    real = os.path.realpath(path)
    return any(real == folder or real.startswith(folder + "/") for folder in HIDDEN)


def isolate() -> None:
    """Moves this process into namespaces of its own, which end with the last process in them."""
    unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC)
    make_mounts_private()
    for folder in OWN_FOLDERS:
        if os.path.isdir(folder):
            mount("own", folder, "tmpfs", MS_NOSUID | MS_NODEV)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))

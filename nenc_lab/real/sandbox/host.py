"""A place in this host's own kernel: namespaces that only we see; the host's devices are never touched."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cache
from typing import Self

from nenc_lab.errors import EnvironmentError_
from nenc_lab.real.sandbox.netem_support import NEEDED
from nenc_lab.real.sandbox.running import Room
from nenc_lab.real.sandbox.scratch import bases
from nenc_lab.real.sandbox.supervision import Order
from nenc_lab.real.sandbox.uml import interpreter

START_S = 60.0


class Host(Room):
    """See `nenc_lab.real.sandbox.base.Place`. As root, or through a user namespace."""

    name = "host"

    def __init__(self, warm: Sequence[str] = (), needs: Sequence[str] = NEEDED) -> None:
        """``needs``: queueing disciplines without which it does not start."""
        super().__init__(warm, START_S)
        self._needs = list(needs)

    def __enter__(self) -> Self:
        if not _root_is_a_mount():
            raise EnvironmentError_(
                "this process runs in a chroot, where mounts cannot be made private; leave it, or make its folder a "
                "mount point before you enter it (mount --bind FOLDER FOLDER)"
            )
        super().__enter__()
        try:
            lacks = self.call("nenc_lab.real.sandbox.netem_support:lacking", self._needs) if self._needs else []
            if lacks:
                raise EnvironmentError_(f"this host's kernel {os.uname().release} lacks {', '.join(lacks)}; {remedy()}")
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def _order(self, line: int, heart: int) -> Order:
        return Order(
            command=[*interpreter(), "@FOLDER@/setup", "host_init"],
            environment=dict(os.environ),
            files={"setup": self._setup(line=line, heart=heart)},
            descriptors=[line, heart],
            bases=bases(),
            as_root=True,
        )


def _root_is_a_mount() -> bool:
    """False in a chroot into a folder: the kernel then refuses to change how / propagates mounts (mount(2), EINVAL)."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:
            return any(line.split(" ")[4] == "/" for line in lines)
    except OSError:
        return True  # it is found out when it starts


@cache
def obstacle() -> str | None:
    """Why there can be no netem network in this host's kernel; None when it was tried and there can. Tried once."""
    try:
        with Host():
            return None
    except EnvironmentError_ as error:
        return str(error)


def remedy() -> str:
    """How to get modules that emulate networks."""
    return (
        "they come with the distribution's kernel (Debian: linux-image-amd64; Ubuntu: linux-modules-extra-"
        f"{os.uname().release}; Fedora: kernel-modules-extra), then: sudo modprobe -a sch_netem sch_hfsc veth"
    )

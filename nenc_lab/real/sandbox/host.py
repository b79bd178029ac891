"""The host sandbox: namespaces of this machine's own kernel. It never touches the machine's devices."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cache
from typing import Self

from nenc_lab.errors import MachineError
from nenc_lab.real.sandbox.base import Sandbox
from nenc_lab.real.sandbox.launch import Launch
from nenc_lab.real.sandbox.netem_support import NEEDED
from nenc_lab.real.sandbox.private_folder import bases
from nenc_lab.real.sandbox.uml import interpreter

START_S = 60.0


class Host(Sandbox):
    """A `Sandbox` on this machine's kernel, as root or through a user namespace."""

    name = "host"

    def __init__(self, preload: Sequence[str] = (), needs: Sequence[str] = NEEDED) -> None:
        """``needs`` lists the queueing disciplines without which the sandbox does not start."""
        super().__init__(preload, START_S)
        self._needs = list(needs)

    def __enter__(self) -> Self:
        if not _root_is_a_mount():
            raise MachineError(
                "this process runs in a chroot, where mounts cannot be made private; leave it, or make its folder a "
                "mount point before you enter it (mount --bind FOLDER FOLDER)"
            )
        super().__enter__()
        try:
            lacks = self.call("nenc_lab.real.sandbox.netem_support:lacking", self._needs) if self._needs else []
            if lacks:
                raise MachineError(f"this host's kernel {os.uname().release} lacks {', '.join(lacks)}; {remedy()}")
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def _launch(self, channel: int, heartbeat: int) -> Launch:
        return Launch(
            command=[*interpreter(), "@FOLDER@/setup", "host_init"],
            environment=dict(os.environ),
            files={"setup": self._setup(channel, heartbeat)},
            descriptors=[channel, heartbeat],
            bases=bases(),
            as_root=True,
        )


def _root_is_a_mount() -> bool:
    """Returns False in a chroot into a folder: the kernel then refuses to change how / propagates mounts (mount(2))."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as lines:
            return any(line.split(" ")[4] == "/" for line in lines)
    except OSError:
        return True  # the start will find out


@cache
def obstacle() -> str | None:
    """Tries once whether this machine's own kernel can emulate networks. Returns why not, or None when it can."""
    try:
        with Host():
            return None
    except MachineError as error:
        return str(error)


def remedy() -> str:
    """Says how to get the kernel modules that emulate networks."""
    return (
        "they come with the distribution's kernel (Debian: linux-image-amd64; Ubuntu: linux-modules-extra-"
        f"{os.uname().release}; Fedora: kernel-modules-extra), then: sudo modprobe -a sch_netem sch_hfsc veth"
    )

"""A place of its own kernel: User-Mode Linux with this machine's files, which an ordinary user may run."""

from __future__ import annotations

import os
from collections.abc import Sequence

from nenc_lab.real.sandbox import cpu, uml
from nenc_lab.real.sandbox.ownership import Owner
from nenc_lab.real.sandbox.running import Room
from nenc_lab.real.sandbox.scratch import bases
from nenc_lab.real.sandbox.supervision import Order

MEMORY_MB = 1024
SMALLEST_MB = 128
BOOT_S = 60.0
"""Longest a boot may take; it takes about one."""


class Guest(Room):
    """See `nenc_lab.real.sandbox.base.Place`. Booted when it is entered."""

    name = "guest"

    def __init__(self, memory_mb: int = MEMORY_MB, warm: Sequence[str] = (), boot_s: float = BOOT_S) -> None:
        """``warm``: modules that are imported once, before the first call. ``boot_s``: longest a boot may take.

        Memory is taken as it is used, and has to be there: in /dev/shm, or else on the disk of TMPDIR.
        """
        super().__init__(warm, boot_s)
        self._memory_mb = max(memory_mb, SMALLEST_MB)

    def _order(self, line: int, heart: int) -> Order:
        linux = uml.required()
        return Order(
            command=uml.command(linux, self._memory_mb, f"nenc-{Owner.me()}", line, heart),
            environment={**os.environ, **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), "@FOLDER@")},
            files={"init": uml.init_script(os.environ, "@FOLDER@/setup"), "setup": self._setup()},
            descriptors=[line, heart],
            bases=bases(),
            room=self._memory_mb << 20,
            executable=True,
            processor=cpu.for_a_guest(),
        )

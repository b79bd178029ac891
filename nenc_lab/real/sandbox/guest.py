"""The guest: a sandbox whose kernel is User-Mode Linux, which an ordinary user may run."""

from __future__ import annotations

import os
from collections.abc import Sequence

from nenc_lab.real.sandbox import cpu, uml
from nenc_lab.real.sandbox.base import Sandbox
from nenc_lab.real.sandbox.launch import Launch
from nenc_lab.real.sandbox.ownership import Owner
from nenc_lab.real.sandbox.private_folder import bases

MEMORY_MB = 1024
SMALLEST_MB = 128
BOOT_S = 60.0
"""Time limit for the boot, which takes about one second."""


class Guest(Sandbox):
    """A `Sandbox` whose kernel boots when it is entered."""

    name = "guest"

    def __init__(self, memory_mb: int = MEMORY_MB, preload: Sequence[str] = (), boot_s: float = BOOT_S) -> None:
        """``memory_mb`` is taken as the guest uses it, from /dev/shm or else TMPDIR; that much must be free there."""
        super().__init__(preload, boot_s)
        self._memory_mb = max(memory_mb, SMALLEST_MB)

    def _launch(self, channel: int, heartbeat: int) -> Launch:
        linux = uml.required()
        return Launch(
            command=uml.command(linux, self._memory_mb, f"nenc-{Owner.me()}", channel, heartbeat),
            environment={**os.environ, **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), "@FOLDER@")},
            files={"init": uml.init_script(os.environ, "@FOLDER@/setup"), "setup": self._setup(channel, heartbeat)},
            descriptors=[channel, heartbeat],
            bases=bases(),
            free_bytes=self._memory_mb << 20,
            executable=True,
            cpu=cpu.choose(),
        )

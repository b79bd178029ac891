"""A place of its own kernel: User-Mode Linux with this machine's files, which an ordinary user may run."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from nenc_lab.place import boot
from nenc_lab.place.conversation import Conversation
from nenc_lab.place.frames import Kind
from nenc_lab.place.kept import Kept
from nenc_lab.place.owner import Owner
from nenc_lab.place.scratch import bases

MEMORY_MB = 1024
BOOT_S = 60.0
"""Longest a boot may take; it takes about one."""
WARM_S = 120.0
SMALLEST_MB = 128


class Guest:
    """See `nenc_lab.place.base.Place`. Booted when it is entered."""

    name = "guest"

    def __init__(self, memory_mb: int = MEMORY_MB, warm: Sequence[str] = (), boot_s: float = BOOT_S) -> None:
        """``warm``: modules that are imported once, before the first call. ``boot_s``: longest a boot may take."""
        self._memory_mb = max(memory_mb, SMALLEST_MB)
        self._warm, self._boot_s = list(warm), boot_s
        self._about: dict[str, Any] = {}
        self._stack = ExitStack()

    @property
    def about(self) -> Mapping[str, Any]:
        return self._about

    def __enter__(self) -> Self:
        began = time.monotonic()
        linux = boot.required()
        with ExitStack() as made:
            line, their_line = (made.enter_context(end) for end in socket.socketpair())
            heart, their_heart = (made.enter_context(end) for end in socket.socketpair())
            numbers = [their_line.fileno(), their_heart.fileno()]
            self._kept = Kept(
                boot.command(linux, self._memory_mb, f"nenc-{Owner.me()}", *numbers),
                {**os.environ, "TMPDIR": "@FOLDER@", "TMP": "@FOLDER@", "TEMP": "@FOLDER@"},
                {"init": boot.init_script(os.environ, "@FOLDER@/setup"), "setup": self._setup()},
                numbers,
                bases(),
                room=self._memory_mb << 20,
                executable=True,
            )
            made.callback(self._kept.close)
            their_line.close()
            their_heart.close()
            self._conversation = Conversation(self._kept, line, heart, "guest")
            made.callback(self._conversation.close)
            self._about = self._conversation.wait_for(Kind.UP, self._boot_s)
            self._about["boot_s"] = round(time.monotonic() - began, 3)
            self._warmed = False
            self._stack = made.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def call(
        self,
        target: str,
        arguments: Any = None,
        heard: Callable[[Any], None] | None = None,
        timeout_s: float | None = None,
        said: Callable[[bytes], None] | None = None,
    ) -> Any:
        if not self._warmed:
            self._warmed = True
            self._about["warm_s"] = self._conversation.wait_for(Kind.WARM, WARM_S)["seconds"]
        return self._conversation.call(target, arguments, heard, timeout_s, said)

    def _setup(self) -> str:
        return json.dumps({"path": sys.path, "cwd": os.getcwd(), "warm": self._warm, "folder": "@FOLDER@"})

"""What host and guest have in common: a keeper, a server inside, a conversation with it."""

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

from nenc_lab.errors import InputError, InternalError
from nenc_lab.real.sandbox import cpu
from nenc_lab.real.sandbox.conversation import Conversation
from nenc_lab.real.sandbox.isolation import HIDDEN, is_hidden
from nenc_lab.real.sandbox.messages import Kind
from nenc_lab.real.sandbox.scratch import memory_mb, processes_in
from nenc_lab.real.sandbox.supervision import Kept, Order

WARM_S = 300.0
"""For imports inside; in a guest on a busy machine they are slow."""


class Room:
    """A `nenc_lab.real.sandbox.base.Place` but for how it is started: `_order` says that."""

    name: str

    def __init__(self, warm: Sequence[str], start_s: float) -> None:
        self._warm, self._start_s = list(warm), start_s
        self._about: dict[str, Any] = {}
        self._conversation: Conversation | None = None
        self._warmed = False
        self._stack = ExitStack()

    @property
    def about(self) -> Mapping[str, Any]:
        return self._about

    @property
    def folder(self) -> str | None:
        """The private folder outside; None before the start."""
        return None if self._conversation is None else os.fspath(self._conversation.folder)

    def taken_mb(self) -> int:
        """Memory its processes take of this machine, shared pages counted in parts (PSS)."""
        assert self._conversation is not None, "it was entered"
        return memory_mb(processes_in(self._conversation.folder))

    def _order(self, line: int, heart: int) -> Order:
        """``line`` and ``heart``: descriptors that the place gets."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        began = time.monotonic()
        if is_hidden(os.getcwd()):
            raise InputError(
                f"{os.getcwd()} cannot be seen from the {self.name}: call the lab from a folder outside "
                f"{', '.join(HIDDEN)}"
            )
        with ExitStack() as made:
            line, their_line = (made.enter_context(end) for end in socket.socketpair())
            heart, their_heart = (made.enter_context(end) for end in socket.socketpair())
            kept = Kept(self._order(their_line.fileno(), their_heart.fileno()))
            made.callback(kept.close)
            their_line.close()
            their_heart.close()
            conversation = Conversation(kept, line, heart, self.name)
            made.callback(conversation.close)
            self._about = conversation.wait_for(Kind.UP, self._start_s)
            self._about["processors"] = cpu.of(kept.pid)
            self._about["boot_s"] = round(time.monotonic() - began, 3)
            self._conversation, self._warmed = conversation, False
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
        if self._conversation is None:
            raise InternalError(f"the {self.name} is called before it is entered: with open_place(...) as place")
        if not self._warmed:
            self._about["warm_s"] = round(self._conversation.wait_for(Kind.WARM, WARM_S)["seconds"], 3)
            self._warmed = True
        return self._conversation.call(target, arguments, heard, timeout_s, said)

    @property
    def interrupted(self) -> BaseException | None:
        return None if self._conversation is None else self._conversation.interrupted

    def _setup(self, **more: Any) -> str:
        """The file that tells the first process inside what the lab is like."""
        return json.dumps({"path": sys.path, "cwd": os.getcwd(), "warm": self._warm, "folder": "@FOLDER@", **more})

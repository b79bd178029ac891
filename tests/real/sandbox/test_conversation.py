"""The lab's side of a place, against one that behaves badly."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from nenc_lab.real.sandbox import conversation
from nenc_lab.real.sandbox.base import PlaceLost
from nenc_lab.real.sandbox.conversation import Conversation


class Kept:
    """A place that runs and has nothing to say."""

    folder = Path("/nowhere")

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.closed = False

    def fileno(self) -> int:
        return self.ours.fileno()

    def look(self) -> bool:
        return True

    def tail(self) -> str:
        return ""

    def close(self) -> None:
        self.closed = True
        self.ours.close()
        self.theirs.close()


def test_a_place_that_takes_no_call_is_ended_and_not_waited_for(monkeypatch):
    monkeypatch.setattr(conversation, "TAKEN_S", 0.2)
    kept = Kept()
    line, deaf = socket.socketpair()
    heart, beats = socket.socketpair()
    with line, deaf, heart, beats:
        talk = Conversation(kept, line, heart, "guest")  # type: ignore[arg-type]
        beats.send(b".")
        began = time.monotonic()
        with pytest.raises(PlaceLost, match=r"the guest has not taken a call for 0.2 s: it hears nothing any more"):
            talk.call("module:function", {}, None, None, None)
        assert time.monotonic() - began < 5.0
        assert kept.closed
        with pytest.raises(PlaceLost):
            talk.call("module:function", {}, None, None, None)
        talk.close()

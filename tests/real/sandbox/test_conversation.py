"""The lab's side of a sandbox, against one that behaves badly."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from nenc_lab.real.sandbox import conversation
from nenc_lab.real.sandbox.conversation import Conversation
from nenc_lab.real.sandbox.failures import SandboxLost


class Supervised:
    """A sandbox that runs and has nothing to say."""

    folder = Path("/nowhere")

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.closed = False

    def fileno(self) -> int:
        return self.ours.fileno()

    def still_runs(self) -> bool:
        return True

    def last_output(self) -> str:
        return ""

    def close(self) -> None:
        self.closed = True
        self.ours.close()
        self.theirs.close()


def test_a_sandbox_that_does_not_accept_a_call_is_ended_and_not_waited_for(monkeypatch):
    monkeypatch.setattr(conversation, "ACCEPT_S", 0.2)
    supervised = Supervised()
    channel, deaf = socket.socketpair()
    heartbeat, beats = socket.socketpair()
    with channel, deaf, heartbeat, beats:
        talk = Conversation(supervised, channel, heartbeat, "guest")  # type: ignore[arg-type]
        beats.send(b".")
        began = time.monotonic()
        with pytest.raises(SandboxLost, match=r"the guest has not accepted a call for 0\.2 s; messages no longer"):
            talk.call("module:function", {}, None, None, None)
        assert time.monotonic() - began < 5.0
        assert supervised.closed
        with pytest.raises(SandboxLost):
            talk.call("module:function", {}, None, None, None)
        talk.close()

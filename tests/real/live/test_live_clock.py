"""The loop on the wall clock, and the sockets it serves in between."""

from __future__ import annotations

import socket
import time

from nenc_lab.kernels import ffi
from nenc_lab.real.live.clock import LiveClock
from nenc_lab.real.live.flow import LiveFlow

MS = 1_000_000


def pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def listener(steering: socket.socket) -> LiveFlow:
    """What of a flow hears its sender, and no more of it."""
    flow = object.__new__(LiveFlow)
    flow.steering = steering
    flow.controller = object()  # type: ignore[assignment]
    flow._message = ffi.new("nenc_message *")
    flow._buffer = ffi.buffer(flow._message)
    return flow


def test_a_sender_that_has_ended_is_asked_once_and_not_all_the_time():
    ours, theirs = pair()
    asked = 0
    flow = listener(ours)

    def hear() -> bool:
        nonlocal asked
        asked += 1
        return flow.hear()

    env = LiveClock(time.monotonic_ns())
    env.serve(ours, hear)
    theirs.close()
    env.run(until=env.timeout(30 * MS))
    env.forget(ours)
    env.close()
    ours.close()
    assert asked == 1


def test_a_sender_that_ends_with_a_decision_unread_has_just_ended():
    ours, theirs = pair()
    ours.send(b"a decision")
    theirs.close()
    with ours:
        assert listener(ours).hear() is False


def test_an_event_is_never_early():
    env = LiveClock(time.monotonic_ns())
    env.run(until=env.timeout(5 * MS))
    assert env.wall_ns >= 5 * MS
    env.close()

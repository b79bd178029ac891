"""The lab's end of the channel to a sandbox: sends calls, receives their outcomes, and notices a lost sandbox."""

from __future__ import annotations

import json
import os
import pickle
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Lock

from nenc_lab.errors import InternalError, Interrupted
from nenc_lab.interrupts import Postponed
from nenc_lab.real.sandbox.failures import CallDied, CallTimeout, SandboxLost
from nenc_lab.real.sandbox.messages import Frame, Json, Kind, Unpacker, packed
from nenc_lab.real.sandbox.supervision import Supervised

POLL_S = 0.1
"""Interval at which signals and deadlines are checked while nothing arrives."""
SILENCE_S = 30.0
"""A sandbox without a heartbeat for this long is ended. It sends two per second, whatever its calls do."""
ACCEPT_S = 20.0
"""Time limit for accepting a call. A guest's serial line can stop receiving while its heartbeats go on."""
GRACE_S = 20.0
"""Time that a call has to end after Ctrl-C."""
KILL_S = 10.0
"""Time that a killed call has to be gone."""
INLINE_BYTES = 2048
"""Longer arguments go through a file. A guest's serial line may stall for ever once it holds 4095 unread bytes, and it
carries about 1 MB/s inwards (50 MB/s outwards).
"""
READ_BYTES = 1 << 20

_file_numbers = count()


class Conversation:
    """``channel`` carries messages and ``heartbeat`` one byte per beat; ``what`` names the sandbox in errors."""

    def __init__(self, supervised: Supervised, channel: socket.socket, heartbeat: socket.socket, what: str) -> None:
        self._supervised, self._channel, self._heartbeat, self._what = supervised, channel, heartbeat, what
        self._unpacker = Unpacker()
        self._frames: list[Frame] = []
        self._lost: str | None = None
        self._lock = Lock()
        self._last_beat = time.monotonic()
        self._selector = selectors.DefaultSelector()
        for stream in (channel, heartbeat):
            stream.setblocking(False)
            self._selector.register(stream, selectors.EVENT_READ)
        self._selector.register(supervised, selectors.EVENT_READ)

    @property
    def folder(self) -> Path:
        """The private folder."""
        assert self._supervised.folder is not None, "it was started"
        return self._supervised.folder

    interrupted: BaseException | None = None
    """See `Sandbox.interrupted`."""

    def wait_for(self, kind: Kind, timeout_s: float) -> Json:
        """Returns the JSON body of the next message. Raises SandboxLost on timeout or a message of another kind."""
        deadline = time.monotonic() + timeout_s
        while (frame := self._next()) is None:
            if time.monotonic() > deadline:
                raise self._give_up(f"was not ready within {timeout_s:g} s")
        if frame[0] is not kind:
            raise self._give_up(f"sent {frame[0].name} instead of {kind.name}")
        return json.loads(frame[1])

    def call(
        self,
        target: str,
        arguments: object,
        on_message: Callable[[Json], None] | None,
        timeout_s: float | None,
        on_output: Callable[[bytes], None] | None,
    ) -> Json:
        """See `nenc_lab.real.sandbox.base.Sandbox.call`."""
        if not self._lock.acquire(blocking=False):
            raise InternalError(f"the {self._what} cannot call {target} during another call")
        try:
            if self._lost is not None:
                raise SandboxLost(self._lost)
            self.interrupted = None
            with Postponed() as interrupts:
                self._send_call(target, arguments)
                return self._outcome(target, on_message or _ignore, on_output or _show, timeout_s, interrupts)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Closes both streams. A later call raises SandboxLost."""
        self._lost = self._lost or f"the {self._what} was closed"
        self._selector.close()
        self._channel.close()
        self._heartbeat.close()

    # ---- a call

    def _send_call(self, target: str, arguments: object) -> None:
        text = json.dumps(arguments)
        if len(text) <= INLINE_BYTES:
            self._send(Kind.CALL, {"target": target, "arguments": text})
            return
        name = f"arguments-{next(_file_numbers)}"
        (self.folder / name).write_text(text, encoding="utf-8")
        self._send(Kind.CALL, {"target": target, "file": name})

    def _outcome(
        self,
        target: str,
        on_message: Callable[[Json], None],
        on_output: Callable[[bytes], None],
        timeout_s: float | None,
        interrupts: Postponed,
    ) -> Json:
        now = time.monotonic()
        deadline = None if timeout_s is None else now + timeout_s
        verdict: BaseException | None = None
        """The exception to raise when the call is killed."""
        give_up: float | None = None
        outcome: Frame | None = None
        fault: BaseException | None = None
        """The exception that ``on_message`` or ``on_output`` raised."""
        accepted_by: float | None = now + ACCEPT_S
        stop: BaseException | None = None
        while True:
            frame = self._next()
            now = time.monotonic()
            if (asked := interrupts.taken()) is not None:
                if stop is None:
                    stop, deadline = asked, now + GRACE_S
                    self._signal(signal.SIGINT)
                else:
                    deadline = now
                verdict = stop
            if deadline is not None and now >= deadline:
                deadline, give_up = None, now + KILL_S
                verdict = verdict or CallTimeout(f"{target} took longer than {timeout_s:g} s in the {self._what}")
                self._signal(signal.SIGKILL)
            if accepted_by is not None and now >= accepted_by:
                raise self._give_up(f"has not accepted a call for {ACCEPT_S:g} s; messages no longer reach it")
            if give_up is not None and now >= give_up:
                lost = self._give_up("did not end a process that was killed")
                raise lost from verdict
            if frame is None:
                continue
            kind, body = frame
            accepted_by = None
            if kind in (Kind.MESSAGE, Kind.OUTPUT) and fault is None:
                try:
                    on_message(json.loads(body)) if kind is Kind.MESSAGE else on_output(body)
                except BaseException as error:  # raised below, once the call has ended
                    fault = error
                    self._signal(signal.SIGINT)
                    deadline, verdict = time.monotonic() + GRACE_S, verdict or error
            elif kind in (Kind.RESULT, Kind.RAISED):
                outcome = frame
            elif kind is Kind.ENDED:
                break
        if fault is not None:
            raise fault
        return self._result(target, outcome, json.loads(body)["status"], verdict, stop)

    def _result(
        self, target: str, outcome: Frame | None, status: int, verdict: BaseException | None, stop: BaseException | None
    ) -> Json:
        if outcome is None:
            raise verdict or self._died(target, status)
        kind, body = outcome
        if kind is Kind.RESULT:
            self.interrupted = stop
            return json.loads(body)
        error = _unpickled(body, target)
        if stop is not None and isinstance(error, KeyboardInterrupt):
            raise Interrupted.leaving(stop, *(error.folders if isinstance(error, Interrupted) else ()))
        raise error

    def _died(self, target: str, status: int) -> Exception:
        code = os.waitstatus_to_exitcode(status)
        tail = self._supervised.last_output()
        if code == -signal.SIGKILL and "Out of memory" in tail:
            return CallDied(
                f"{target} ran out of memory in the {self._what} and was killed; give it more", signal="SIGKILL"
            )
        if code >= 0:
            return CallDied(f"{target} ended its process in the {self._what} with exit code {code}", exit_code=code)
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return CallDied(f"{target} was killed in the {self._what} by {name}", signal=name)

    def _signal(self, number: int) -> None:
        self._send(Kind.SIGNAL, {"number": int(number)})

    # ---- the streams

    def _next(self) -> Frame | None:
        """Returns the next message, or None after `POLL_S` without one. Raises SandboxLost."""
        if not self._frames:
            self._receive()
        return self._frames.pop(0) if self._frames else None

    def _receive(self) -> None:
        ended = False
        for key, _ in self._selector.select(POLL_S):
            if key.fileobj is self._channel:
                data = _received(self._channel)
                ended |= data == b""
                try:
                    self._frames.extend(self._unpacker.feed(data or b""))
                except ValueError as error:
                    raise self._give_up(f"sent something that is not a message: {error}") from None
            elif key.fileobj is self._heartbeat:
                ended |= _received(self._heartbeat) == b""
                self._last_beat = time.monotonic()
            else:
                ended |= not self._supervised.still_runs()
        if self._frames:
            return
        if ended:
            status = self._supervised.status
            raise self._give_up("has ended" + ("" if status is None else f" with status {status}"))
        if time.monotonic() - self._last_beat > SILENCE_S:
            raise self._give_up(f"has sent no heartbeat for {SILENCE_S:g} s")

    def _send(self, kind: Kind, message: object) -> None:
        data = packed(kind, json.dumps(message).encode())
        self._channel.settimeout(SILENCE_S)
        try:
            self._channel.sendall(data)
        except OSError:
            raise self._give_up("accepts no more messages") from None
        finally:
            self._channel.setblocking(False)

    def _give_up(self, why: str) -> SandboxLost:
        """Ends the sandbox and returns the exception to raise."""
        tail = self._supervised.last_output()
        self._lost = f"the {self._what} {why}" + (f"; its last output:\n{tail}" if tail else "")
        self._supervised.close()
        return SandboxLost(self._lost)


def _received(source: socket.socket) -> bytes | None:
    """Returns what has arrived: None when nothing has, and no bytes at the end of the stream."""
    try:
        return source.recv(READ_BYTES)
    except BlockingIOError:
        return None
    except ConnectionResetError:
        return b""


def _unpickled(body: bytes, target: str) -> BaseException:
    head, _, rest = body.partition(b"\0")
    trace = json.loads(head)["traceback"]
    try:
        error = pickle.loads(rest)
        if not isinstance(error, BaseException):
            raise TypeError(f"{type(error).__name__} is not an exception")
    except Exception as why:
        return InternalError(f"{target} failed with an exception that cannot be transferred ({why}):\n{trace}")
    error.add_note(f"raised inside, by {target}:\n{trace}")
    return error


def _ignore(message: object) -> None:
    pass


def _show(data: bytes) -> None:
    if sys.stderr is None:
        return
    if (raw := getattr(sys.stderr, "buffer", None)) is not None:
        sys.stderr.flush()
        raw.write(data)
    else:
        sys.stderr.write(data.decode(errors="replace"))
    sys.stderr.flush()

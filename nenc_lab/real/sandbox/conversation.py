"""The lab's side of a place: hands calls over, hears what comes of them, notices when nobody answers any more."""

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
from typing import Any

from nenc_lab.errors import InternalError, Interrupted
from nenc_lab.real.sandbox.base import CallDied, CallTimeout, PlaceLost
from nenc_lab.real.sandbox.interrupts import Interrupts
from nenc_lab.real.sandbox.messages import Frame, Kind, Unpacker, packed
from nenc_lab.real.sandbox.supervision import Kept

LOOK_S = 0.1
"""How often signals and clocks are looked at while nothing comes."""
SILENCE_S = 30.0
"""A place whose heart has not beaten for so long is ended; it beats twice a second, whatever its calls do."""
TAKEN_S = 20.0
"""Longest until a call is taken. A guest's serial line was seen to hear nothing any more while its heart went on."""
GRACE_S = 20.0
"""For a call to end after Ctrl-C."""
KILL_S = 10.0
"""For a killed call to be gone."""
INLINE = 2048
"""Arguments of more bytes go through a file: a guest's serial line that has held 4095 unread bytes may never be heard
of again, and the way in takes about 1 MB/s, the way out 50."""
TAKE = 1 << 20

_file_numbers = count()


class Conversation:
    """``line`` carries frames, ``heart`` one byte for each beat."""

    def __init__(self, kept: Kept, line: socket.socket, heart: socket.socket, what: str) -> None:
        self._kept, self._line, self._heart, self._what = kept, line, heart, what
        self._unpacker = Unpacker()
        self._frames: list[Frame] = []
        self._lost: str | None = None
        self._lock = Lock()
        self._beaten = time.monotonic()
        self._selector = selectors.DefaultSelector()
        for source in (line, heart, kept):
            if source is not kept:
                source.setblocking(False)  # type: ignore[union-attr]
            self._selector.register(source, selectors.EVENT_READ)

    @property
    def folder(self) -> Path:
        assert self._kept.folder is not None, "it was started"
        return self._kept.folder

    interrupted: BaseException | None = None
    """The interrupt of the last call, when that had a result all the same: the caller has to go on with it."""

    def wait_for(self, kind: Kind, timeout_s: float) -> Any:
        """The JSON of the next frame, which must be of this kind. Raises PlaceLost."""
        deadline = time.monotonic() + timeout_s
        while (frame := self._next()) is None:
            if time.monotonic() > deadline:
                raise self._lose(f"was not ready within {timeout_s:g} s")
        if frame[0] is not kind:
            raise self._lose(f"said {frame[0].name} where {kind.name} was due")
        return json.loads(frame[1])

    def call(
        self,
        target: str,
        arguments: Any,
        heard: Callable[[Any], None] | None,
        timeout_s: float | None,
        said: Callable[[bytes], None] | None,
    ) -> Any:
        """See `nenc_lab.real.sandbox.base.Place.call`."""
        if not self._lock.acquire(blocking=False):
            raise InternalError(f"the {self._what} is asked for {target} while it is in another call")
        try:
            if self._lost is not None:
                raise PlaceLost(self._lost)
            self.interrupted = None
            with Interrupts() as interrupts:
                self._hand_over(target, arguments)
                return self._outcome(target, heard or _ignore, said or _show, timeout_s, interrupts)
        finally:
            self._lock.release()

    def close(self) -> None:
        self._lost = self._lost or f"the {self._what} was closed"
        self._selector.close()
        self._line.close()
        self._heart.close()

    # ---- a call

    def _hand_over(self, target: str, arguments: Any) -> None:
        text = json.dumps(arguments)
        if len(text) <= INLINE:
            self._send(Kind.CALL, {"target": target, "arguments": text})
            return
        name = f"arguments-{next(_file_numbers)}"
        (self.folder / name).write_text(text, encoding="utf-8")
        self._send(Kind.CALL, {"target": target, "file": name})

    def _outcome(
        self,
        target: str,
        heard: Callable[[Any], None],
        said: Callable[[bytes], None],
        timeout_s: float | None,
        interrupts: Interrupts,
    ) -> Any:
        now = time.monotonic()
        deadline = None if timeout_s is None else now + timeout_s
        verdict: BaseException | None = None
        """What is raised when the call is killed."""
        give_up: float | None = None
        outcome: Frame | None = None
        fault: BaseException | None = None
        """What ``heard`` or ``said`` has raised."""
        taken_by: float | None = now + TAKEN_S
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
            if taken_by is not None and now >= taken_by:
                raise self._lose(f"has not taken a call for {TAKEN_S:g} s: it hears nothing any more")
            if give_up is not None and now >= give_up:
                lost = self._lose("does not end a process that was killed")
                raise lost from verdict
            if frame is None:
                continue
            kind, body = frame
            taken_by = None
            if kind in (Kind.TOLD, Kind.SAID) and fault is None:
                try:
                    heard(json.loads(body)) if kind is Kind.TOLD else said(body)
                except BaseException as error:  # raised below, when the call has ended
                    fault = error
                    self._signal(signal.SIGINT)
                    deadline, verdict = time.monotonic() + GRACE_S, verdict or error
            elif kind in (Kind.RESULT, Kind.RAISED):
                outcome = frame
            elif kind is Kind.ENDED:
                break
        if fault is not None:
            raise fault
        return self._concluded(target, outcome, json.loads(body)["status"], verdict, stop)

    def _concluded(
        self, target: str, outcome: Frame | None, status: int, verdict: BaseException | None, stop: BaseException | None
    ) -> Any:
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
        tail = self._kept.tail()
        if code == -signal.SIGKILL and "Out of memory" in tail:
            return CallDied(
                f"{target} was killed in the {self._what}: out of memory; give it more (memory)", signal="SIGKILL"
            )
        if code >= 0:
            return CallDied(f"{target} ended its process in the {self._what} with exit code {code}", exit_code=code)
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return CallDied(f"{target} was killed in the {self._what} by {name}", signal=name)

    def _signal(self, number: int) -> None:
        self._send(Kind.SIGNAL, {"number": int(number)})

    # ---- the streams

    def _next(self) -> Frame | None:
        """The next frame; None after `LOOK_S` without one. Raises PlaceLost."""
        if not self._frames:
            self._take()
        return self._frames.pop(0) if self._frames else None

    def _take(self) -> None:
        ended = False
        for key, _ in self._selector.select(LOOK_S):
            if key.fileobj is self._line:
                data = _received(self._line)
                ended |= data == b""
                try:
                    self._frames.extend(self._unpacker.feed(data or b""))
                except ValueError as error:
                    raise self._lose(f"cannot be understood: {error}") from None
            elif key.fileobj is self._heart:
                ended |= _received(self._heart) == b""
                self._beaten = time.monotonic()
            else:
                ended |= not self._kept.look()
        if self._frames:
            return
        if ended:
            status = self._kept.status
            raise self._lose("has ended" + ("" if status is None else f" with status {status}"))
        if time.monotonic() - self._beaten > SILENCE_S:
            raise self._lose(f"has given no sign of life for {SILENCE_S:g} s")

    def _send(self, kind: Kind, message: Any) -> None:
        data = packed(kind, json.dumps(message).encode())
        self._line.settimeout(SILENCE_S)
        try:
            self._line.sendall(data)
        except OSError:
            raise self._lose("takes no more messages") from None
        finally:
            self._line.setblocking(False)

    def _lose(self, why: str) -> PlaceLost:
        tail = self._kept.tail()
        self._lost = f"the {self._what} {why}" + (f"; the last it has printed:\n{tail}" if tail else "")
        self._kept.close()
        return PlaceLost(self._lost)


def _received(source: socket.socket) -> bytes | None:
    """What is there; None for nothing now, no bytes for the end."""
    try:
        return source.recv(TAKE)
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
            raise TypeError(f"{type(error).__name__} is no exception")
    except Exception as why:
        return InternalError(f"{target} failed with an exception that cannot be brought here ({why}):\n{trace}")
    error.add_note(f"raised inside, by {target}:\n{trace}")
    return error


def _ignore(message: Any) -> None:
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

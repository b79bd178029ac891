"""A media flow in real time: its sender and receiver programs, and its controller when that is in Python."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nenc_lab.control.base import Controller
from nenc_lab.encode.base import FAULTS
from nenc_lab.errors import MachineError
from nenc_lab.kernels import dtype, ffi
from nenc_lab.network.base import Rows
from nenc_lab.real.live import argv
from nenc_lab.real.live.flow_settings import Ends, LiveSettings
from nenc_lab.real.live.ledger import Ledger
from nenc_lab.real.live.programs import Program, wait_until
from nenc_lab.real.live.telemetry import Telemetry

TICK, SAMPLE, DECIDE, FAULT, KEY, LINES, GAINS, STOP, REPORT = range(1, 10)
"""The values of nenc_message_kind."""
RECEIVER_PORT, SENDER_PORT = 5004, 6004
READY_S = 20.0
"""Time limit for both programs to open what they need; a hardware encoder may take a while."""
_MESSAGE = dtype("nenc_message").itemsize
_TIMES = {
    "sent": ("due_ns", "sent_ns"),
    "captured": ("capture_ns", "ready_ns"),
    "ticks": (),
    "samples": ("time_ns",),
    "events": ("t_ns",),
    "arrivals": ("received_ns",),
    "reports": ("sent_ns",),
}


class LiveFlow:
    """Both programs of a flow, started when this object is made; they begin at their times after the origin.

    It is a context manager. The origin is time 0 of the run.
    """

    def __init__(
        self,
        settings: LiveSettings,
        ends: Ends,
        folder: str,
        origin_ns: int,
        base_ns: Callable[[Rows], Rows],
        marks_ns: Sequence[int],
        controller: Controller | None,
    ) -> None:
        """``folder`` is for telemetry; ``origin_ns`` is the origin on CLOCK_MONOTONIC; for ``base_ns`` and ``marks_ns``
        see `Ledger`. With ``controller`` None the sender runs its own. Raises MachineError or InputError, with the
        message of the program that failed.
        """
        self.settings = settings
        self.controller = controller
        self.encoder = EncoderControls(self)
        self._origin_ns = origin_ns
        self._reporting = True
        self._message = ffi.new("nenc_message *")
        self._buffer = ffi.buffer(self._message)
        first = 1000 + settings.number
        self.ledger = Ledger(first, base_ns, marks_ns, settings.number, settings.end_ns)
        self.counters: dict[str, Any] = {}
        self.steering, theirs = _pair()
        self._receiver_control, receivers = _pair()
        self._files = {end: os.path.join(folder, f"{settings.number}.{end}") for end in ("sender", "receiver")}
        self._telemetry: dict[str, Telemetry] = {}
        self._programs: dict[str, Program] = {}
        try:
            self._start(
                "receiver", self._receiver_words(ends, receivers, first), [ends.receiver_netns, receivers.fileno()]
            )
            self._start("sender", self._sender_words(ends, theirs, first), [ends.sender_netns, theirs.fileno()])
        except BaseException:
            self.close()
            raise
        finally:
            theirs.close()
            receivers.close()

    def _start(self, end: str, words: list[str], fds: list[int]) -> None:
        self._programs[end] = Program(f"flows.{self.settings.name}, its {end}", words, fds)

    def _receiver_words(self, ends: Ends, control: socket.socket, first: int) -> list[str]:
        settings = self.settings
        video = settings.encoder.is_real
        return argv.receiver(
            port=RECEIVER_PORT + 2 * settings.number,
            netns_fd=ends.receiver_netns,
            control_fd=control.fileno(),
            origin_ns=self._origin_ns,
            start_ns=self._origin_ns + settings.start_ns,
            report_ns=settings.report_ns,
            ssrc=_ssrc(settings),
            first_sequence=first,
            telemetry=self._files["receiver"],
            payload=str(settings.encoder.value("codec")) if video else "padding",
            out=settings.out if video else None,
        )

    def _sender_words(self, ends: Ends, control: socket.socket, first: int) -> list[str]:
        settings, network = self.settings, self.settings.network
        sender = argv.SenderSettings(
            to=ends.receiver_address,
            port=RECEIVER_PORT + 2 * settings.number,
            from_port=SENDER_PORT + 2 * settings.number,
            netns_fd=ends.sender_netns,
            control_fd=control.fileno(),
            origin_ns=self._origin_ns,
            start_ns=self._origin_ns + settings.start_ns,
            stop_ns=self._origin_ns + settings.stop_ns,
            packet_bytes=network.packet_bytes,
            pacer_factor=network.pacer_factor,
            pacer_burst_ns=network.pacer_burst_ns,
            report_ns=settings.report_ns,
            ecn=network.ecn,
            ssrc=_ssrc(settings),
            first_sequence=first,
            telemetry=self._files["sender"],
            save=settings.save,
        )
        return argv.sender(
            sender,
            settings.encoder,
            settings.controller,
            steered=self.controller is not None,
        )

    # ---- what the engine asks of a flow

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def reporting(self) -> bool:
        """Whether the receiver sends reports."""
        return self._reporting

    @reporting.setter
    def reporting(self, on: bool) -> None:
        self._reporting = on
        self._say(REPORT, on=on, to=self._receiver_control)

    def ready(self) -> bool:
        """Returns whether both programs have opened everything and wait for their start.

        Raises MachineError or InputError when one of them has ended.
        """
        for end, program in self._programs.items():
            if end not in self._telemetry:
                with contextlib.suppress(FileNotFoundError, ValueError):
                    self._telemetry[end] = Telemetry(Path(self._files[end]))
            if end not in self._telemetry or not self._telemetry[end].ready:
                program.check()
                return False
        return True

    def wait_ready(self) -> None:
        """Waits until both programs are ready. Raises MachineError after `READY_S`, and as `ready` does."""
        if not wait_until(self.ready, time.monotonic_ns() + int(READY_S * 1e9)):
            raise MachineError(f"flows.{self.name}: sender and receiver are not ready after {READY_S:g} s")

    def check(self) -> None:
        """Raises MachineError or InputError when a program has ended early or failed."""
        over = time.monotonic_ns() >= self._origin_ns + self.settings.stop_ns
        for end, program in self._programs.items():
            program.check(may_end=over and end == "sender")

    @property
    def failures(self) -> list[str]:
        """Why its programs failed: one text for each program that did."""
        return [f"{program.name}: {program.failure}" for program in self._programs.values() if program.failure]

    # ---- a controller in Python

    def hear(self) -> bool:
        """Handles the sender's messages: passes reports to the controller, and answers ticks with its decision.

        Returns False when the sender has ended.
        """
        assert self.controller is not None
        message = self._message
        while True:
            try:
                size = self.steering.recv_into(self._buffer, _MESSAGE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return True
            except ConnectionResetError:  # the sender has ended without reading everything
                return False
            if size != _MESSAGE:
                return False
            if message.kind == SAMPLE:
                message.sample.time_ns -= self._origin_ns
                self.controller.feedback(ffi.addressof(message.sample))
            elif message.kind == TICK:
                state = ffi.addressof(message.state)
                now_ns = message.state.now_ns - self._origin_ns
                self.controller.tick(now_ns, state)
                state.now_ns = now_ns + self._origin_ns
                message.kind = DECIDE
                with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
                    self.steering.send(self._buffer, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)

    def say(self, kind: int, value: int = 0, on: bool = False) -> None:
        """Sends a message to the sender. Does nothing once the sender has ended."""
        self._say(kind, value, on, self.steering)

    def _say(self, kind: int, value: int = 0, on: bool = False, to: socket.socket | None = None) -> None:
        message = ffi.new("nenc_message *", {"kind": kind, "value": value, "on": on})
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            (to or self.steering).send(ffi.buffer(message), socket.MSG_NOSIGNAL)

    # ---- what happened

    def drain(self) -> Rows:
        """Feeds the ledger with new records, and returns the new events, with times of the run."""
        taken = {ring: self._take("receiver", ring) for ring in ("arrivals", "reports")}
        taken |= {ring: self._take("sender", ring) for ring in ("sent", "captured", "ticks", "samples", "events")}
        self.ledger.feed(*(taken[ring] for ring in ("sent", "captured", "ticks", "arrivals", "reports")))
        return taken["events"]

    def _take(self, end: str, ring: str) -> Rows:
        rows = self._telemetry[end].take(ring)
        for name in _TIMES[ring]:
            rows[name] -= self._origin_ns
        if ring == "ticks":
            rows["state"]["now_ns"] -= self._origin_ns
        return rows

    @property
    def missed(self) -> int:
        """Number of records that were overwritten before they were read."""
        return sum(telemetry.missed for telemetry in self._telemetry.values())

    def ask_to_end(self) -> None:
        """Tells the sender to send what it still has, and to end."""
        self._programs["sender"].ask_to_end()

    def stop(self, settle_s: float = 0.0) -> None:
        """Ends both programs, the receiver ``settle_s`` after the sender. Their telemetry can still be read."""
        self._programs["sender"].end()
        if settle_s:
            time.sleep(settle_s)
        for end, program in self._programs.items():
            program.end()
            if end in self._telemetry:
                counted = self._telemetry[end].counters
                self.counters[end] = {name: counted[name].tolist() for name in counted.dtype.names or ()}

    def close(self) -> None:
        """Releases everything the flow holds. May be called more than once."""
        for program in self._programs.values():
            program.end()
        for telemetry in self._telemetry.values():
            telemetry.close()
        self.steering.close()
        self._receiver_control.close()

    def __enter__(self) -> LiveFlow:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class EncoderControls:
    """Forwards faults to a flow's encoder, which is inside the sender program."""

    flow: LiveFlow = field(repr=False)

    def request_key(self) -> None:
        self.flow.say(KEY)

    def set_resolution(self, rung: int) -> None:
        self.flow.say(LINES, rung)

    def set_fault(self, kind: str, on: bool) -> None:
        self.flow.say(FAULT, FAULTS[kind], on)


def _pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _ssrc(settings: LiveSettings) -> int:
    return 0x6E000000 + settings.number

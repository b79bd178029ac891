"""Probes the path with a stream of padding at a fixed rate, and returns what both ends saw."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nenc_lab.errors import MachineError
from nenc_lab.network.base import Rows
from nenc_lab.programs import program
from nenc_lab.real.live.flow_settings import Ends
from nenc_lab.real.live.programs import Program, wait_until
from nenc_lab.real.live.telemetry import Telemetry, percentile_ms
from nenc_lab.records import PACKET_OVERHEAD_BYTES, RTP_HEADER_BYTES

PORT = 4004
FPS = 100
READY_S = 10.0
SSRC = 0x6E50524F
HEADERS_BYTES = RTP_HEADER_BYTES + PACKET_OVERHEAD_BYTES


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Records of both ends (the last ones, if there are very many; CLOCK_MONOTONIC, ns), and their counters."""

    sent: Rows
    arrivals: Rows
    samples: Rows
    pacing: Rows
    received: Rows
    start_ns: int

    @property
    def owd_ns(self) -> Rows:
        """One-way delays of the packets that arrived."""
        place = self.arrivals["sequence"] - self.sent["sequence"][0]
        known = (place >= 0) & (place < len(self.sent))
        owd: Rows = self.arrivals["received_ns"][known] - self.sent["sent_ns"][place[known]]
        return owd

    @property
    def reordered(self) -> int:
        """Number of packets that arrived after a later one."""
        sequence = self.arrivals["sequence"]
        return int(np.count_nonzero(sequence < np.maximum.accumulate(sequence))) if len(sequence) else 0

    @property
    def rtt_ms(self) -> float | None:
        """The shortest round-trip time that feedback reported."""
        return float(self.samples["rtt_ms"].min()) if len(self.samples) else None

    def rates_bps(self, skip_ns: int = 200_000_000) -> tuple[float, float]:
        """Returns the wire rates sent (without packets that the kernel refused) and received, after ``skip_ns``."""
        taken = self.sent[self.sent["refused"] == 0]
        wire = HEADERS_BYTES + taken["media_bytes"].astype(np.int64)
        return _rate(taken["sent_ns"], wire, skip_ns), _rate(
            self.arrivals["received_ns"], self.arrivals["wire_bytes"].astype(np.int64), skip_ns
        )

    @property
    def missing(self) -> int:
        """Number of packets that the sender's kernel accepted and the receiver never got."""
        taken = int(self.pacing["packets"]) - int(self.pacing["refused"])
        return taken - int(self.received["packets"])

    def pacing_ms(self, percent: float) -> float | None:
        """A percentile of how late packets left."""
        return percentile_ms(self.pacing["pacing"].tolist(), percent)

    def wakeup_ms(self, percent: float) -> float | None:
        """A percentile of how late the pacing thread woke up."""
        return percentile_ms(self.pacing["wakeups"].tolist(), percent)


def _rate(times: Rows, wire_bytes: Rows, skip_ns: int) -> float:
    late = times >= (times[0] + skip_ns if len(times) else 0)
    times, wire_bytes = times[late], wire_bytes[late]
    if len(times) < 2:
        return 0.0
    return float(wire_bytes[1:].sum() * 8e9 / max(1, times[-1] - times[0]))


def probe(ends: Ends, folder: str, media_bps: float, seconds: float, packet_bytes: int, settle_s: float) -> Seen:
    """Sends evenly at ``media_bps`` for ``seconds``, and waits ``settle_s`` for what is still under way.

    Raises MachineError when an end fails.
    """
    files = {end: os.path.join(folder, f"probe.{end}") for end in ("sender", "receiver")}
    common = ["--ssrc", str(SSRC), "--sequence", "0", "--die-with-parent", "--report", "50ms"]
    binary = str(program("nenc"))
    rate = f"{round(media_bps)}bps"
    receiver_words = [
        *(binary, "recv", "--listen", f":{PORT}", "--netns", str(ends.receiver_netns)),
        *("--telemetry", files["receiver"], *common),
    ]
    sender_words = [
        *(binary, "send", "--to", f"{ends.receiver_address}:{PORT}", "--netns", str(ends.sender_netns)),
        *("--telemetry", files["sender"], "--packet", f"{packet_bytes}B", "--controller", "fixed", *common),
        *("--encoder", "null", "--fps", str(FPS), "--fixed", "--pacer-factor", "1", "--pacer-burst", "0ms"),
        *("--rate-min", rate, "--rate-max", rate, "--rate-start", rate, "--same-clock"),
        *("--duration", f"{round(seconds * 1e9)}ns"),
    ]
    telemetry: dict[str, Telemetry] = {}
    try:
        with Program("the probe's receiver", receiver_words, [ends.receiver_netns]) as receiver:
            telemetry["receiver"] = _opened(files["receiver"], receiver)
            with Program("the probe's sender", sender_words, [ends.sender_netns]) as sender:
                telemetry["sender"] = _opened(files["sender"], sender)
                end_ns = telemetry["sender"].origin_ns + round((seconds + settle_s) * 1e9)
                wait_until(lambda: not sender.running, end_ns)
                wait_until(lambda: False, end_ns, 0.05)
            if sender.failure is not None:
                raise MachineError(f"the probe's sender: {sender.failure}")
        return Seen(
            sent=telemetry["sender"].take("sent"),
            arrivals=_new(telemetry["receiver"].take("arrivals")),
            samples=telemetry["sender"].take("samples"),
            pacing=telemetry["sender"].counters,
            received=telemetry["receiver"].counters,
            start_ns=telemetry["sender"].origin_ns,
        )
    finally:
        for one in telemetry.values():
            one.close()
        for file in files.values():
            if os.path.exists(file):
                os.unlink(file)


def _new(arrivals: Rows) -> Rows:
    new: Rows = arrivals[arrivals["verdict"] == 0]
    return new


def _opened(file: str, running: Program) -> Telemetry:
    opened: list[Telemetry] = []

    def there() -> bool:
        running.check()
        if not opened:
            with contextlib.suppress(FileNotFoundError, ValueError):
                opened.append(Telemetry(Path(file)))
        return bool(opened) and opened[0].ready

    if not wait_until(there, time.monotonic_ns() + int(READY_S * 1e9)):
        raise MachineError(f"{running.name} is not ready after {READY_S:g} s")
    return opened[0]

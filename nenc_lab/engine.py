"""The loop: captures, ticks, feedback and timeline as simpy processes over one network. READ THIS FIRST.

    every frame     encoder.encode(rate) -> network.send_frame
    every tick      controller.tick -> rate -> network.set_target (the pacer), one row of ticks
    every interval  network.send_report (the receiver's), and when it has crossed back: controller.feedback
    the timeline    network.apply; faults to encoder and receiver
    every 10 s      rows are handed over to the recorder

The clock is simpy's, in integer nanoseconds: virtual time here, the same processes on a real-time environment where the
packets are real. Between two events the network moves by itself (packets are never simpy events).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import groupby
from time import monotonic
from typing import Any, Protocol

import simpy

from nenc_lab.control.base import Controller
from nenc_lab.encode.base import Encoder, Happening
from nenc_lab.network.base import LinkChange, Network
from nenc_lab.recording import tape
from nenc_lab.recording.interrupts import postponed
from nenc_lab.recording.recorder import Recorder
from nenc_lab.recording.tape import KEY_FLAG, RUNG_SHIFT, TickTape

SECOND_NS = 1_000_000_000
HAND_OVER_NS = 10 * SECOND_NS
"""Simulated time after which rows go from the tapes to the recorder: a few hundred at a time."""
SAFE_EVERY_S = 2.0
"""Wall seconds after which rows in memory are put where a SIGKILL cannot reach them."""

Process = Generator[simpy.Event, Any, None]


@dataclass(slots=True)
class FlowRun:
    """One media flow in the loop."""

    name: str
    controller: Controller
    encoder: Encoder
    start_ns: int
    stop_ns: int
    report_ns: int
    deadline_ns: int
    tape: TickTape
    state: Any = None
    """The newest decision, a ``nenc_state *``; None before the first tick."""
    reporting: bool = True
    """False while a fault silences the receiver."""


class Faulted(Protocol):
    """What a fault acts on: a flow of this engine, or one in real time."""

    reporting: bool

    @property
    def encoder(self) -> FaultyEncoder:
        """Its encoder, or what steers that."""


class FaultyEncoder(Protocol):
    """See `nenc_lab.encode.base.Encoder`."""

    def request_key(self) -> None: ...

    def set_resolution(self, rung: int) -> None: ...

    def set_fault(self, kind: str, on: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Fault:
    """What breaks (or mends) at ``at_ns``: ``act`` does it."""

    at_ns: int
    flow: str
    text: str
    act: Callable[[Faulted], None]
    kind: str = "fault"


@dataclass(frozen=True, slots=True)
class PathStep:
    """A change of the path at ``at_ns``."""

    at_ns: int
    kind: str
    text: str
    change: LinkChange


@dataclass(slots=True)
class Engine:
    """Everything of one run that moves. ``run`` drives it to ``duration_ns``."""

    env: Any
    """A ``simpy.Environment`` in int nanoseconds (its own annotations say float)."""
    network: Network
    flows: Sequence[FlowRun]
    recorder: Recorder
    duration_ns: int
    hops: Sequence[str]
    steps: Sequence[PathStep] = ()
    faults: Sequence[Fault] = ()
    marks_ns: Sequence[int] = ()
    """Where queue-delay histograms are cut, beside every hand-over."""
    progress: Callable[[int], None] | None = None
    log_packets: bool = False
    _next_step_ns: int = field(default=0, init=False)
    """When the path changes next: what the network says of reports under way holds until then."""
    packets: int = field(default=0, init=False)
    """Media packets sent, once ``run`` is over."""

    def run(self) -> None:
        """Runs to the end; what was recorded is handed over whatever happens."""
        self.env.process(self._timeline())
        self.env.process(self._housekeeping())
        for number, flow in enumerate(self.flows):
            self.env.process(self._ticks(number, flow))
            self.env.process(self._frames(number, flow))
            self.env.process(self._feedback(number, flow))
        try:
            self.env.run(until=self.duration_ns)
            self.network.cut_delays(self.duration_ns)
        finally:
            self._hand_over(at_end=True)

    # ---- the control loop of one flow

    def _ticks(self, number: int, flow: FlowRun) -> Process:
        env, network, controller, log = self.env, self.network, flow.controller, flow.tape
        timeout, tick, tick_ns = env.timeout, controller.tick, controller.tick_ns
        yield timeout(flow.start_ns)
        while env.now < flow.stop_ns:
            n = log.n
            flow.state = state = log.states + n
            tick(env.now, state)
            network.set_target(number, env.now, state.encode_bps)
            network.counters(number, log.counters + n)
            log.n = n + 1
            yield timeout(tick_ns)

    def _frames(self, number: int, flow: FlowRun) -> Process:
        env, network = self.env, self.network
        timeout, encode, happenings = env.timeout, flow.encoder.encode, flow.encoder.happenings
        yield timeout(flow.start_ns)
        while env.now < flow.stop_ns:
            now, state = env.now, flow.state
            frame = encode(now, state.encode_bps, state.fps, state.rung, state.qp)
            network.send_frame(
                number,
                now,
                now + frame.encode_ns,
                frame.bytes,
                frame.software,
                (KEY_FLAG if frame.key else 0) | frame.rung << RUNG_SHIFT,
                frame.qp,
                frame.psnr,
                frame.ssim,
            )
            if happenings:
                self._report(flow.name, happenings)
            yield timeout(frame.interval_ns)

    def _report(self, flow: str, happenings: list[Happening]) -> None:
        for one in happenings:
            self.recorder.event(one.at_ns, flow, one.kind, one.text, **one.detail)
        happenings.clear()

    def _feedback(self, number: int, flow: FlowRun) -> Process:
        env, network, feedback = self.env, self.network, flow.controller.feedback
        report_at = flow.start_ns + flow.report_ns
        while True:
            arrives_at = network.next_report(number)
            yield env.timeout(min(report_at, arrives_at, self._next_step_ns) - env.now)
            now = env.now
            while now >= arrives_at and (sample := network.take_report(number, now)) is not None:
                feedback(sample)
                arrives_at = network.next_report(number)
            if now >= report_at:
                if flow.reporting:
                    network.send_report(number, now)
                report_at += flow.report_ns

    # ---- what happens to all of them

    def _timeline(self) -> Process:
        env = self.env
        by_name = {flow.name: flow for flow in self.flows}
        happenings: list[PathStep | Fault] = [*self.steps, *self.faults]
        happenings.sort(key=lambda happening: happening.at_ns)
        for happening in happenings:
            self._next_step_ns = happening.at_ns
            yield env.timeout(happening.at_ns - env.now)
            if isinstance(happening, PathStep):
                self.network.apply(happening.at_ns, happening.change)
                self.recorder.event(happening.at_ns, None, happening.kind, happening.text)
            else:
                happening.act(by_name[happening.flow])
                self.recorder.event(happening.at_ns, happening.flow, happening.kind, happening.text)
        self._next_step_ns = self.duration_ns

    def _housekeeping(self) -> Process:
        env = self.env
        safe_at = monotonic() + SAFE_EVERY_S
        marks = {mark for mark in self.marks_ns if 0 < mark < self.duration_ns}
        for mark, _ in groupby(merge(sorted(marks), range(SECOND_NS, self.duration_ns, SECOND_NS))):
            yield env.timeout(mark - env.now)
            if mark in marks or mark % HAND_OVER_NS == 0:
                self.network.cut_delays(mark)
            if mark % SECOND_NS:
                continue
            unsafe = monotonic() > safe_at
            if unsafe or mark % HAND_OVER_NS == 0:
                self._hand_over(at_end=False)
            if unsafe:
                self.recorder.flush()
                safe_at = monotonic() + SAFE_EVERY_S
            if self.progress is not None:
                self.progress(mark)

    def _hand_over(self, *, at_end: bool) -> None:
        """Rows go to the recorder, all or none: once taken out of tapes and network they are nowhere else."""
        with postponed():
            self._hand_over_rows(at_end=at_end)

    def _hand_over_rows(self, *, at_end: bool) -> None:
        recorder, network = self.recorder, self.network
        names = [flow.name for flow in self.flows]
        for number, flow in enumerate(self.flows):
            if flow.tape.n:
                tape.ticks(recorder, flow.name, *flow.tape.take())
            rows = network.take_frames(number, all_=at_end)
            if len(rows):
                self.packets += int(rows["packets"].sum())
                tape.frames(recorder, flow.name, rows, flow.encoder.names, flow.deadline_ns)
        tape.path(recorder, network.take("path"), self.hops)
        tape.delays(recorder, network.take("delays"), names)
        if self.log_packets:
            tape.packets(recorder, network.take("packets"), names, self.hops)

"""The engine in virtual time: runs the frames, control ticks and feedback of every flow over one simulated network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import groupby

from nenc_lab.control.base import Controller, State
from nenc_lab.encode.base import Encoder, Happening
from nenc_lab.engine.base import SECOND_NS, Engine
from nenc_lab.engine.clock import Process
from nenc_lab.engine.timeline import PathStep
from nenc_lab.network.base import Network
from nenc_lab.recording import tape
from nenc_lab.recording.recorder import Recorder
from nenc_lab.recording.tape import KEY_FLAG, RUNG_SHIFT, TickTape

HAND_OVER_NS = 10 * SECOND_NS
"""Simulated time between two hand-overs of rows to the recorder: a few hundred rows at a time."""


@dataclass(slots=True)
class FlowRun:
    """A media flow of a virtual run."""

    name: str
    controller: Controller
    encoder: Encoder
    start_ns: int
    stop_ns: int
    report_ns: int
    deadline_ns: int
    tape: TickTape
    state: State = None
    """The newest decision, a cffi ``nenc_state *``; None before the first tick."""
    reporting: bool = True
    """False while a fault silences the receiver."""


@dataclass(kw_only=True)
class VirtualEngine(Engine):
    """The engine in virtual time. ``network`` moves the packets whenever it is asked for something."""

    network: Network
    flows: Sequence[FlowRun]
    marks_ns: Sequence[int] = ()
    """Additional times at which queue-delay histograms are cut; every hand-over cuts them as well."""

    def processes(self, recorder: Recorder) -> Iterator[Process]:
        yield self.run_timeline()
        yield self._housekeeping(recorder)
        for number, flow in enumerate(self.flows):
            yield self._ticks(number, flow)
            yield self._frames(number, flow)
            yield self._feedback(number, flow)

    def advance(self, recorder: Recorder) -> None:
        self.env.run(until=self.duration_ns)
        self.network.cut_delays(self.duration_ns)

    def finish(self, recorder: Recorder) -> None:
        self.hand_over(recorder, self.env.now, at_end=True)

    def apply(self, step: PathStep) -> None:
        assert step.change is not None
        self.network.apply(step.at_ns, step.change)

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
                self._tell_of(flow.name, happenings)
            yield timeout(frame.interval_ns)

    def _tell_of(self, flow: str, happenings: list[Happening]) -> None:
        for one in happenings:
            self.tell(one.at_ns, flow, one.kind, one.text, **one.detail)
        happenings.clear()

    def _feedback(self, number: int, flow: FlowRun) -> Process:
        env, network, feedback = self.env, self.network, flow.controller.feedback
        report_at = flow.start_ns + flow.report_ns
        while True:
            # what the network says of reports under way holds only until the path changes
            arrives_at = network.next_report(number)
            yield env.timeout(min(report_at, arrives_at, self.next_step_ns) - env.now)
            now = env.now
            while now >= arrives_at and (sample := network.take_report(number, now)) is not None:
                feedback(sample)
                arrives_at = network.next_report(number)
            if now >= report_at:
                if flow.reporting:
                    network.send_report(number, now)
                report_at += flow.report_ns

    # ---- recording

    def _housekeeping(self, recorder: Recorder) -> Process:
        env = self.env
        marks = {mark for mark in self.marks_ns if 0 < mark < self.duration_ns}
        for mark, _ in groupby(merge(sorted(marks), range(SECOND_NS, self.duration_ns, SECOND_NS))):
            yield env.timeout(mark - env.now)
            due = mark % HAND_OVER_NS == 0
            if due or mark in marks:
                self.network.cut_delays(mark)
            if mark % SECOND_NS:
                continue
            self.record(recorder, mark, due=due)
            if self.progress is not None:
                self.progress(mark)

    def hand_over_rows(self, recorder: Recorder, now_ns: int, *, at_end: bool) -> None:
        network = self.network
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

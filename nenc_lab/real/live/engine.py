"""The engine in real time: runs the timeline, polls the kernel's queues, and collects the records of the programs.

every 20 ms     it polls the kernel's queues
every second    it checks on the programs, and a thread of its own converts their records to rows
in between      it answers reports and ticks of senders whose controller is in Python (clock.py serves their sockets)

Frames, pacing, feedback and the controllers in C run inside the programs, on threads of their own. The loop here delays
none of them, and is itself late only when the machine is busy, which shortfalls.py reports.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from time import sleep
from typing import Protocol

import numpy as np

from nenc_lab.engine.base import SECOND_NS, Engine
from nenc_lab.engine.clock import Process
from nenc_lab.engine.timeline import Fault, PathStep
from nenc_lab.interrupts import Postponed
from nenc_lab.network.base import LinkChange, Rows
from nenc_lab.real.live import shortfalls
from nenc_lab.real.live.clock import LiveClock
from nenc_lab.real.live.flow import LiveFlow
from nenc_lab.real.live.programs import Program
from nenc_lab.real.live.queues import Queues
from nenc_lab.real.live.shortfalls import LATE_NS, Lateness
from nenc_lab.real.live.undisturbed import interpreter_undisturbed, real_time_priority
from nenc_lab.recording import tape
from nenc_lab.recording.recorder import Recorder

POLL_NS = 20_000_000
HAND_OVER_S = 1.0
HORIZON_NS = 150_000_000
"""Age at which both programs have recorded every event."""
SETTLE_S = 0.05
"""Time until both programs have recorded what happened before the end, s."""


class Links(Protocol):
    """The links of the path in the kernel."""

    def apply(self, change: LinkChange, hold_ns: int = 0) -> None: ...

    def poll(self) -> Rows: ...


@dataclass(kw_only=True)
class LiveEngine(Engine):
    """The engine in real time: the packets move by themselves, and ``run`` takes as long as the run."""

    env: LiveClock
    flows: Sequence[LiveFlow]
    links: Links
    queues: Queues
    crosses: Sequence[Program]
    settle_s: float = 0.0
    """How long receivers continue after the end, so that the streams they save are complete."""
    lateness: Lateness = field(default_factory=Lateness, init=False)
    _horizon_ns: int = field(default=0, init=False)
    _failure: BaseException | None = field(default=None, init=False)
    """The exception that ended the recording thread early."""
    _applied_ns: dict[int, int] = field(default_factory=dict, init=False)
    """When steps were in force, by the time at which they were due."""
    _announced_ns: set[int] = field(default_factory=set, init=False)
    """Times of the steps that the events table lists."""

    def processes(self, recorder: Recorder) -> Iterator[Process]:
        self._announced_ns = {item.at_ns for item in self.timeline if isinstance(item, PathStep) and item.text}
        yield self.run_timeline()
        yield self._polls()

    def advance(self, recorder: Recorder) -> None:
        for flow in self.flows:
            if flow.controller is not None:
                self.env.serve(flow.steering, flow.hear)
        with interpreter_undisturbed(), self._recording(recorder), real_time_priority():
            self.env.run(until=self.duration_ns)
        if self._failure is not None:
            raise self._failure

    def finish(self, recorder: Recorder) -> None:
        end_ns = min(self.duration_ns, self.env.wall_ns)
        for flow in self.flows:
            if flow.controller is not None:
                self.env.forget(flow.steering)
            flow.ledger.end_ns = end_ns
        for program in self.crosses:
            program.ask_to_end()
        sleep(SETTLE_S)
        if self._failure is None:
            self.hand_over(recorder, end_ns, at_end=True)
        for flow in self.flows:
            flow.ask_to_end()
        for flow in self.flows:
            flow.stop(self.settle_s)
        for program in self.crosses:
            program.end()
        if self._failure is None:
            self._tell_of_shortfalls(end_ns)
            self.hand_over_events(recorder)

    def _tell_of_shortfalls(self, end_ns: int) -> None:
        for one in chain(
            shortfalls.of_programs(self.flows, self.crosses),
            shortfalls.of_links(self.queues, self.hops, self.lateness),
            *(shortfalls.of_flow(flow) for flow in self.flows),
        ):
            self.tell(end_ns, one.flow, "warning", one.text, **one.detail)

    # ---- the timeline

    def apply(self, step: PathStep) -> None:
        assert step.change is not None
        self.links.apply(step.change, step.hold_ns)
        done_ns = self._applied_ns[step.at_ns] = self.env.wall_ns
        if step.change.rate_bps is not None:
            self.queues.rate(done_ns, step.change.link, step.change.rate_bps)
        late_ns = done_ns - step.at_ns
        self.lateness.changes_ns.append(late_ns)
        if late_ns > LATE_NS and step.at_ns not in self._announced_ns:
            self.lateness.late_steps += 1

    def announce(self, item: PathStep | Fault) -> None:
        """Records that ``item`` has happened and how late it was, with a warning when it was too late."""
        if isinstance(item, Fault):
            flow, late_ns = item.flow, self.env.wall_ns - item.at_ns
            self.lateness.changes_ns.append(late_ns)
        else:
            flow, late_ns = None, max(0, self._applied_ns.get(item.at_ns, item.at_ns) - item.at_ns)
        late_ms = round(late_ns / 1e6, 3)
        self.tell(item.at_ns, flow, item.kind, item.text, late_ms=late_ms)
        if late_ns > LATE_NS:
            text = f"this change was {late_ns / 1e6:.1f} ms late: the machine was busy"
            self.tell(item.at_ns, flow, "warning", text, late_ms=late_ms)

    # ---- the queues and the programs

    def _polls(self) -> Process:
        env = self.env
        due_ns, check_ns = POLL_NS, SECOND_NS
        while due_ns <= self.duration_ns:
            yield env.timeout(due_ns - env.now)
            seen_ns = env.wall_ns
            late_ns = seen_ns - due_ns
            self.lateness.polls_ns.append(late_ns)
            self.queues.poll(due_ns, self.links.poll(), seen_ns)
            if self._failure is not None:
                raise self._failure
            if due_ns >= check_ns:
                check_ns += SECOND_NS
                self._check_programs()
                if self.progress is not None:
                    self.progress(due_ns)
            due_ns += POLL_NS * (1 + late_ns // POLL_NS)

    def _check_programs(self) -> None:
        for flow in self.flows:
            flow.check()
        for program in self.crosses:
            program.check(may_end=True)

    # ---- recording

    @contextmanager
    def _recording(self, recorder: Recorder) -> Iterator[None]:
        """Runs a thread that hands over rows every second. The loop raises its failure at the next poll."""
        over = threading.Event()

        def hand_over_until_over() -> None:
            try:
                while not over.wait(HAND_OVER_S):
                    self.record(recorder, self.env.wall_ns)
            except BaseException as error:
                self._failure = error

        thread = threading.Thread(target=hand_over_until_over, name="nenc-records")
        thread.start()
        try:
            yield
        finally:
            with Postponed():
                over.set()
                thread.join()

    def hand_over_rows(self, recorder: Recorder, now_ns: int, *, at_end: bool) -> None:
        names = [flow.name for flow in self.flows]
        self._horizon_ns = max(self._horizon_ns, now_ns if at_end else now_ns - HORIZON_NS)
        delays = []
        for flow in self.flows:
            settings = flow.settings
            for event in flow.drain():
                kind, text = event["kind"].decode(), event["text"].decode(errors="replace")
                self.tell(max(0, int(event["t_ns"])), flow.name, kind, text)
            states, counters, waits = flow.ledger.take_ticks(self._horizon_ns)
            alive = states["now_ns"] < settings.stop_ns
            tape.ticks(recorder, flow.name, states[alive], counters[alive])
            delays.append(waits)
            frames, packets = flow.ledger.take_frames(now_ns, all_=at_end, packets=self.log_packets)
            if len(frames):
                tape.frames(recorder, flow.name, frames, settings.names, settings.deadline_ns)
            if len(packets):
                tape.packets(recorder, packets, names, self.hops)
        self.packets = sum(flow.ledger.packets for flow in self.flows)
        tape.path(recorder, self.queues.take(), self.hops, duplicates=False)  # netem does not count them
        tape.delays(recorder, np.concatenate(delays), names)

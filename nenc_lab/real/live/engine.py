"""The loop of a run in real time: timeline, faults and recording as simpy processes on the wall clock.

    the timeline    path.apply at its time; how late it was is recorded
    faults          words to the senders and receivers
    every 20 ms     the kernel's queues
    every second    records of the programs become rows and go to the recorder, on a thread of its own
    in between      samples and ticks of senders whose controller is on this side (clock.py)

Frames, pacing, feedback and the production controller are in the programs, on threads of their own: nothing here is on
their way.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any, Protocol

import numpy as np
import simpy

from nenc_lab.engine import SAFE_EVERY_S, SECOND_NS, Fault, PathStep
from nenc_lab.network.base import LinkChange, Rows
from nenc_lab.real.live.clock import LiveEnvironment
from nenc_lab.real.live.flow import LiveFlow, percentile_ms
from nenc_lab.real.live.programs import Program
from nenc_lab.real.live.queues import Queues
from nenc_lab.recording import tape
from nenc_lab.recording.interrupts import postponed
from nenc_lab.recording.recorder import Recorder

POLL_NS = 20_000_000
HAND_OVER_S = 1.0
HORIZON_NS = 150_000_000
"""Records of this age are on record at both ends."""
SETTLE_S = 0.05
"""Until what happened before the end is on record."""
SWITCH_S = 0.0005
"""Longest turn of a thread while another waits."""
COUNTED = (
    ("sender", "refused", "packets were not sent: the sender's own buffer was full"),
    ("receiver", "overflow", "packets that had arrived were lost: the receiver's buffer was full"),
    ("sender", "skipped", "frames were not captured: the encoder was still busy"),
)
"""What the machine did and not the network: end, counter, and what to say of it."""
PRIORITY = 5
LATE_NS = 5_000_000
"""A change that was this late is flagged."""
KEPT, BUSY_NS = 0.97, 500_000_000
"""A bottleneck that passes less than this part of its rate, in so much time with a queue, is flagged."""

Process = Generator[simpy.Event, Any, None]


class Links(Protocol):
    """The path."""

    def apply(self, change: LinkChange, hold_ns: int = 0) -> None: ...

    def poll(self) -> Rows: ...


@dataclass(frozen=True, slots=True)
class Change:
    """Of the path, at ``t_ns``."""

    t_ns: int
    change: LinkChange
    hold_ns: int = 0
    """How long its rate will stay, 0: no other one is planned."""


@contextmanager
def _first_in_line() -> Iterator[None]:
    """This thread alone ahead of ordinary ones, where that is allowed; below the programs' own real-time threads."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except PermissionError:
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@dataclass(slots=True)
class LiveEngine:
    """Everything of one run that the lab itself does. ``run`` takes as long as the run."""

    env: LiveEnvironment
    links: Links
    queues: Queues
    flows: Sequence[LiveFlow]
    crosses: Sequence[Program]
    recorder: Recorder
    duration_ns: int
    hops: Sequence[str]
    changes: Sequence[Change] = ()
    """What the kernel is told, ramps and traces as single steps."""
    steps: Sequence[PathStep] = ()
    """What the scenario's timeline says: rows of the events table."""
    faults: Sequence[Fault] = ()
    remarks: Sequence[tuple[str, str]] = ()
    """Kind and text of what is to be known of the run from its beginning: events at time 0."""
    progress: Callable[[int], None] | None = None
    log_packets: bool = False
    settle_s: float = 0.0
    """How long receivers go on behind the end, for streams to be whole."""
    packets: int = field(default=0, init=False)
    late_ns: list[int] = field(default_factory=list, init=False)
    """Of every change and fault."""
    poll_late_ns: list[int] = field(default_factory=list, init=False)
    _horizon_ns: int = field(default=0, init=False)
    _events: deque[tuple[int, str | None, str, str, dict[str, Any]]] = field(default_factory=deque, init=False)
    """Of the loop, on their way to the recorder, which belongs to the other thread."""
    _over: threading.Event = field(default_factory=threading.Event, init=False)
    _late_steps: int = field(default=0, init=False)
    """Of ramps and traces, which no event names."""
    _failure: BaseException | None = field(default=None, init=False)
    """Of the recording thread."""
    _applied: dict[int, int] = field(default_factory=dict, init=False)
    """When the changes of a time were in force, by that time."""

    def run(self) -> None:
        """Runs to the end; what was recorded is handed over whatever happens."""
        for kind, text in self.remarks:
            self._tell(0, None, kind, text)
        for process in (self._timeline(), self._polls()):
            self.env.process(process)
        for flow in self.flows:
            if flow.controller is not None:
                self.env.serve(flow.steering, flow.hear)
        keeper = threading.Thread(target=self._keep_records, name="nenc-records")
        gc.collect()
        gc.disable()  # a collection in the wrong moment is a late change ...
        patience_s = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_S)  # ... and so is a long turn of the other thread
        try:
            keeper.start()
            with _first_in_line():
                self.env.run(until=self.duration_ns)
        finally:
            with postponed():
                self._over.set()
                keeper.join()
                sys.setswitchinterval(patience_s)
                gc.enable()
                self._finish()
        if self._failure is not None:
            raise self._failure

    def _finish(self) -> None:
        end_ns = min(self.duration_ns, self.env.wall_ns)
        for flow in self.flows:
            if flow.controller is not None:
                self.env.forget(flow.steering)
            flow.ledger.end_ns = end_ns
        for program in self.crosses:
            program.ask_to_end()
        sleep(SETTLE_S)
        if self._failure is None:
            self._hand_over(end_ns, all_=True)
        for flow in self.flows:
            flow.ask_to_end()
        for flow in self.flows:
            flow.stop(self.settle_s)
        for program in self.crosses:
            program.end()
        if self._failure is None:
            self._tell_of_ends(end_ns)
            self._tell_of_lateness(end_ns)
            self._hand_over_events()

    # ---- processes

    def _timeline(self) -> Process:
        env = self.env
        by_name = {flow.name: flow for flow in self.flows}
        order: list[tuple[int, int, Change | PathStep | Fault]] = []
        order += [(change.t_ns, 0, change) for change in self.changes]
        order += [(step.at_ns, 1, step) for step in self.steps]
        order += [(fault.at_ns, 2, fault) for fault in self.faults]
        named = {step.at_ns for step in self.steps}
        for at_ns, _, item in sorted(order, key=lambda entry: entry[:2]):
            if at_ns >= self.duration_ns:
                return
            yield env.timeout(at_ns - env.now)
            match item:
                case Change():
                    late_ns = self._change(item)
                    if late_ns > LATE_NS and at_ns not in named:
                        self._late_steps += 1
                case PathStep():
                    self._tell_late(item, None, max(0, self._applied.get(at_ns, at_ns) - at_ns))
                case Fault():
                    item.act(by_name[item.flow])
                    late_ns = env.wall_ns - at_ns
                    self.late_ns.append(late_ns)
                    self._tell_late(item, item.flow, late_ns)

    def _tell_late(self, item: PathStep | Fault, flow: str | None, late_ns: int) -> None:
        late_ms = round(late_ns / 1e6, 3)
        self._tell(item.at_ns, flow, item.kind, item.text, late_ms=late_ms)
        if late_ns > LATE_NS:
            text = f"this change was {late_ns / 1e6:.1f} ms late: the machine was busy"
            self._tell(item.at_ns, flow, "warning", text, late_ms=late_ms)

    def _tell(self, at_ns: int, flow: str | None, kind: str, text: str, **detail: Any) -> None:
        self._events.append((at_ns, flow, kind, text, detail))

    def _change(self, item: Change) -> int:
        """Returns how late it was in force."""
        self.links.apply(item.change, item.hold_ns)
        done_ns = self.env.wall_ns
        self.late_ns.append(done_ns - item.t_ns)
        self._applied[item.t_ns] = done_ns
        if item.change.rate_bps is not None:
            self.queues.rate(done_ns, item.change.link, item.change.rate_bps)
        return done_ns - item.t_ns

    def _polls(self) -> Process:
        env = self.env
        due_ns, look_ns = POLL_NS, SECOND_NS
        while due_ns <= self.duration_ns:
            yield env.timeout(due_ns - env.now)
            late_ns = env.wall_ns - due_ns
            self.poll_late_ns.append(late_ns)
            seen_ns = env.wall_ns
            self.queues.poll(due_ns, self.links.poll(), seen_ns)
            if self._failure is not None:
                raise self._failure
            if due_ns >= look_ns:
                look_ns += SECOND_NS
                for flow in self.flows:
                    flow.check()
                for program in self.crosses:
                    program.check(may_end=True)
                if self.progress is not None:
                    self.progress(due_ns)
            due_ns += POLL_NS * (1 + late_ns // POLL_NS)

    # ---- recording, on a thread of its own

    def _keep_records(self) -> None:
        """Every second; what goes wrong is raised by the loop at its next look."""
        try:
            safe_at = monotonic() + SAFE_EVERY_S
            while not self._over.wait(HAND_OVER_S):
                self._hand_over(self.env.wall_ns, all_=False)
                if monotonic() > safe_at:
                    self.recorder.flush()
                    safe_at = monotonic() + SAFE_EVERY_S
        except BaseException as error:
            self._failure = error

    def _hand_over(self, now_ns: int, *, all_: bool) -> None:
        recorder = self.recorder
        names = [flow.name for flow in self.flows]
        self._horizon_ns = max(self._horizon_ns, now_ns if all_ else now_ns - HORIZON_NS)
        delays = []
        for flow in self.flows:
            settings = flow.settings
            for event in flow.drain():
                kind, text = event["kind"].decode(), event["text"].decode(errors="replace")
                recorder.event(max(0, int(event["t_ns"])), flow.name, kind, text)
            states, counters, waits = flow.ledger.take_ticks(self._horizon_ns)
            alive = states["now_ns"] < settings.stop_ns
            tape.ticks(recorder, flow.name, states[alive], counters[alive])
            delays.append(waits)
            frames, packets = flow.ledger.take_frames(now_ns, all_=all_, packets=self.log_packets)
            if len(frames):
                tape.frames(recorder, flow.name, frames, settings.names, settings.deadline_ns)
            if len(packets):
                tape.packets(recorder, packets, names, self.hops)
            self.packets = sum(one.ledger.packets for one in self.flows)
        self._hand_over_events()
        tape.path(recorder, self.queues.take(), self.hops, duplicates=False)  # netem does not count them
        tape.delays(recorder, np.concatenate(delays), names)

    def _hand_over_events(self) -> None:
        while self._events:
            at_ns, of, kind, text, detail = self._events.popleft()
            self.recorder.event(at_ns, of, kind, text, **detail)

    def _tell_of_ends(self, end_ns: int) -> None:
        for flow in self.flows:
            for text in flow.failures:
                self._tell(end_ns, flow.name, "warning", text)
        for program in self.crosses:
            if program.failure is not None:
                self._tell(end_ns, None, "warning", f"{program.name}: {program.failure}")

    def _tell_of_lateness(self, end_ns: int) -> None:
        if self._late_steps:
            text = f"{self._late_steps} steps of ramps and traces were more than {LATE_NS / 1e6:g} ms late"
            self._tell(end_ns, None, "warning", f"{text}: the machine was busy", late_ms=max(self.late_ns) / 1e6)
        for link, part in self.queues.slow(KEPT, BUSY_NS):
            text = f"{self.hops[link]} passed {part:.0%} of its rate while it had a queue: the machine was busy"
            self._tell(end_ns, None, "warning", text, part=round(part, 4))
        for link, behind_ms in self.queues.late(0.01, LATE_NS):
            text = f"{self.hops[link]} was over {behind_ms:.1f} ms behind its rate for 1 % of the time it had a queue"
            self._tell(end_ns, None, "warning", f"{text}: the machine was busy", late_ms=round(behind_ms, 3))
        for flow in self.flows:
            if flow.missed:
                self._tell(end_ns, flow.name, "warning", f"{flow.missed} records came too fast to be read")
            for end, counter, text in COUNTED:
                if count := (flow.counters.get(end) or {}).get(counter):
                    self._tell(end_ns, flow.name, "warning", f"{count} {text}", count=count)
            pacing = (flow.counters.get("sender") or {}).get("pacing")
            late_ms = percentile_ms(pacing, 99) if pacing else None
            if late_ms is not None and late_ms * 1e6 > LATE_NS:
                text = f"1 % of the packets left more than {late_ms:.1f} ms late: the machine was busy"
                self._tell(end_ns, flow.name, "warning", text, late_ms=late_ms)

    def lateness_ms(self) -> dict[str, float | None]:
        """``p99`` and ``max`` of how late changes and faults were; of the polls when there was neither."""
        late = self.late_ns or self.poll_late_ns
        if not late:
            return {"p99": None, "max": None}
        return {"p99": float(np.percentile(late, 99)) / 1e6, "max": max(late) / 1e6}

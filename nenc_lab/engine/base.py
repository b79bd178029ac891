"""What a run does in virtual and in real time alike: its timeline, its events, and handing rows to the recorder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from nenc_lab.control.base import Controller
from nenc_lab.engine.clock import Clock, Process
from nenc_lab.engine.timeline import Fault, Faulted, PathStep
from nenc_lab.interrupts import Postponed
from nenc_lab.recording.recorder import Recorder

SECOND_NS = 1_000_000_000
SAFE_EVERY_S = 2.0
"""Wall time between two flushes of the recorded rows, s. Flushed rows survive a SIGKILL."""


class Flow(Faulted, Protocol):
    """What both engines need of a media flow."""

    @property
    def name(self) -> str: ...

    @property
    def controller(self) -> Controller | None:
        """The flow's controller; None when the sender program runs its own."""


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the events table that has not been recorded yet."""

    at_ns: int
    flow: str | None
    kind: str
    text: str
    detail: dict[str, object]
    """Details as JSON values."""


@dataclass(kw_only=True)
class Engine(ABC):
    """One run, ready to start. A subclass defines its processes and what moves the packets."""

    env: Clock
    flows: Sequence[Flow]
    hops: Sequence[str]
    """Names of the links, indexed by link number."""
    duration_ns: int
    timeline: Sequence[PathStep | Fault] = ()
    """Steps and faults in any order; those at the same time happen in the order given here."""
    progress: Callable[[int], None] | None = None
    """Called once a second with the time of the run, in ns."""
    log_packets: bool = False
    packets: int = field(default=0, init=False)
    """Number of media packets sent, as far as their rows were handed over."""
    next_step_ns: int = field(default=0, init=False)
    """Time of the next item of the timeline."""
    events: deque[Event] = field(default_factory=deque, init=False)
    """Events that have not been handed over yet."""
    _safe_at: float = field(default=0.0, init=False)

    def run(self, recorder: Recorder) -> None:
        """Runs to the end. What was measured goes to ``recorder`` even when the run fails."""
        self._safe_at = monotonic() + SAFE_EVERY_S
        for process in self.processes(recorder):
            self.env.process(process)
        try:
            self.advance(recorder)
        finally:
            with Postponed():
                self.finish(recorder)

    # ---- what subclasses define

    @abstractmethod
    def processes(self, recorder: Recorder) -> Iterable[Process]:
        """Returns the processes of the run, including `run_timeline`."""

    @abstractmethod
    def advance(self, recorder: Recorder) -> None:
        """Advances the clock to the end of the run."""

    @abstractmethod
    def finish(self, recorder: Recorder) -> None:
        """Hands over all remaining rows, after the end of the run or a failure."""

    @abstractmethod
    def apply(self, step: PathStep) -> None:
        """Applies ``step.change``, which is not None, to the path."""

    @abstractmethod
    def hand_over_rows(self, recorder: Recorder, now_ns: int, *, at_end: bool) -> None:
        """Gives the rows that are final at ``now_ns`` to the recorder, or all rows when ``at_end`` is true."""

    # ---- the timeline

    def run_timeline(self) -> Process:
        """The process that performs every step and fault at its time."""
        env = self.env
        for item in sorted(self.timeline, key=lambda item: item.at_ns):
            self.next_step_ns = item.at_ns
            yield env.timeout(item.at_ns - env.now)
            self.perform(item)
        self.next_step_ns = self.duration_ns

    def perform(self, item: PathStep | Fault) -> None:
        """Performs a step or a fault now, and announces it."""
        if isinstance(item, Fault):
            item.act(next(flow for flow in self.flows if flow.name == item.flow))
        elif item.change is not None:
            self.apply(item)
        if item.text:
            self.announce(item)

    def announce(self, item: PathStep | Fault) -> None:
        """Records that ``item`` has happened."""
        self.tell(item.at_ns, item.flow if isinstance(item, Fault) else None, item.kind, item.text)

    def tell(self, at_ns: int, flow: str | None, kind: str, text: str, **detail: object) -> None:
        """Adds a row to the events table. When ``flow`` is None, the event concerns the whole run."""
        self.events.append(Event(at_ns, flow, kind, text, detail))

    # ---- recording

    def record(self, recorder: Recorder, now_ns: int, *, due: bool = True) -> None:
        """Hands rows over when they are ``due``; also, and then with a flush, every `SAFE_EVERY_S` of wall time."""
        unsafe = monotonic() > self._safe_at
        if due or unsafe:
            self.hand_over(recorder, now_ns)
        if unsafe:
            recorder.flush()
            self._safe_at = monotonic() + SAFE_EVERY_S

    def hand_over(self, recorder: Recorder, now_ns: int, *, at_end: bool = False) -> None:
        """Gives rows and events to the recorder, either all or none, because what was taken is held nowhere else."""
        with Postponed():
            self.hand_over_rows(recorder, now_ns, at_end=at_end)
            self.hand_over_events(recorder)

    def hand_over_events(self, recorder: Recorder) -> None:
        """Gives the pending events to the recorder."""
        while self.events:
            event = self.events.popleft()
            recorder.event(event.at_ns, event.flow, event.kind, event.text, **event.detail)

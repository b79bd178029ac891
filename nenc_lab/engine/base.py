"""What a run does in virtual and in real time alike: its timeline, its events and the hand-over to the recorder."""

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
"""Wall seconds after which recorded rows are flushed to where a SIGKILL cannot reach them."""


class Flow(Faulted, Protocol):
    """A media flow, as far as both engines know it."""

    @property
    def name(self) -> str: ...

    @property
    def controller(self) -> Controller | None:
        """None: the sender program has its own."""


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the events table on its way to the recorder."""

    at_ns: int
    flow: str | None
    kind: str
    text: str
    detail: dict[str, object]
    """Figures as JSON values."""


@dataclass(kw_only=True)
class Engine(ABC):
    """One run, ready to start. A subclass says which processes it has and what moves the packets."""

    env: Clock
    flows: Sequence[Flow]
    hops: Sequence[str]
    """Names of the links, by link number."""
    duration_ns: int
    timeline: Sequence[PathStep | Fault] = ()
    """In any order; what falls on one instant happens in the order given."""
    progress: Callable[[int], None] | None = None
    """Told the time of the run, once a second."""
    log_packets: bool = False
    packets: int = field(default=0, init=False)
    """Media packets sent, as far as they were handed over."""
    next_step_ns: int = field(default=0, init=False)
    """When the timeline goes on."""
    events: deque[Event] = field(default_factory=deque, init=False)
    """Not yet handed over."""
    _safe_at: float = field(default=0.0, init=False)

    def run(self, recorder: Recorder) -> None:
        """Runs to the end. What was measured until then goes to ``recorder`` whatever happens."""
        self._safe_at = monotonic() + SAFE_EVERY_S
        for process in self.processes(recorder):
            self.env.process(process)
        try:
            self.advance(recorder)
        finally:
            with Postponed():
                self.finish(recorder)

    # ---- what differs

    @abstractmethod
    def processes(self, recorder: Recorder) -> Iterable[Process]:
        """The processes of the run, `run_timeline` among them."""

    @abstractmethod
    def advance(self, recorder: Recorder) -> None:
        """Moves the clock to the end of the run."""

    @abstractmethod
    def finish(self, recorder: Recorder) -> None:
        """Hands over everything that is left, after the end or a failure."""

    @abstractmethod
    def apply(self, step: PathStep) -> None:
        """Makes ``step.change``, which is not None, to the path."""

    @abstractmethod
    def hand_over_rows(self, recorder: Recorder, now_ns: int, *, at_end: bool) -> None:
        """Gives the rows whose contents are known at ``now_ns`` to the recorder; ``at_end``: all rows."""

    # ---- the timeline

    def run_timeline(self) -> Process:
        """The process that makes every step and fault at its time."""
        env = self.env
        for item in sorted(self.timeline, key=lambda item: item.at_ns):
            self.next_step_ns = item.at_ns
            yield env.timeout(item.at_ns - env.now)
            self.perform(item)
        self.next_step_ns = self.duration_ns

    def perform(self, item: PathStep | Fault) -> None:
        """Makes a step or a fault now, and tells of it."""
        if isinstance(item, Fault):
            item.act(next(flow for flow in self.flows if flow.name == item.flow))
        elif item.change is not None:
            self.apply(item)
        if item.text:
            self.announce(item)

    def announce(self, item: PathStep | Fault) -> None:
        """Tells that ``item`` has happened."""
        self.tell(item.at_ns, item.flow if isinstance(item, Fault) else None, item.kind, item.text)

    def tell(self, at_ns: int, flow: str | None, kind: str, text: str, **detail: object) -> None:
        """Adds a row to the events table; ``flow`` None: it concerns the whole run."""
        self.events.append(Event(at_ns, flow, kind, text, detail))

    # ---- recording

    def record(self, recorder: Recorder, now_ns: int, *, due: bool = True) -> None:
        """Hands rows over when they are ``due``. Every `SAFE_EVERY_S` of wall time they are, and are flushed."""
        unsafe = monotonic() > self._safe_at
        if due or unsafe:
            self.hand_over(recorder, now_ns)
        if unsafe:
            recorder.flush()
            self._safe_at = monotonic() + SAFE_EVERY_S

    def hand_over(self, recorder: Recorder, now_ns: int, *, at_end: bool = False) -> None:
        """Rows and events go to the recorder, all or none: once taken they are held nowhere else."""
        with Postponed():
            self.hand_over_rows(recorder, now_ns, at_end=at_end)
            self.hand_over_events(recorder)

    def hand_over_events(self, recorder: Recorder) -> None:
        """Gives what was told so far to the recorder."""
        while self.events:
            event = self.events.popleft()
            recorder.event(event.at_ns, event.flow, event.kind, event.text, **event.detail)

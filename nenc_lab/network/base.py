"""What a network is to the engine: frames in, feedback out, and rows of what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from nenc_lab.kernels import CData
from nenc_lab.scenario.capacity import Opportunities, Ramp, RateProgram

Rows = np.ndarray[Any, np.dtype[Any]]
"""Structured array, the fields of the C row of the same name."""


@dataclass(frozen=True, slots=True)
class LossSetting:
    """Loss model of one hop; probabilities 0..1 (Gilbert-Elliott: per packet, good -> bad ``p``, bad -> good ``r``)."""

    kind: Literal["none", "bernoulli", "gilbert-elliott"] = "none"
    p: float = 0.0
    r: float = 1.0
    loss_bad: float = 1.0
    loss_good: float = 0.0


@dataclass(frozen=True, slots=True)
class JitterSetting:
    """|N(0, std^2)| truncated at max (RFC 8868 section 4.5.3), ordered (4.5.2) or reordering (4.5.1)."""

    kind: Literal["none", "ordered", "reorder"] = "none"
    std_ns: int = 0
    max_ns: int = 0


@dataclass(frozen=True, slots=True)
class QueueSetting:
    """``limit`` in ``unit``: ms as nanoseconds, bytes (on the wire; of cake: of memory) or packets.

    ``parameters``: those of its kind by name, in the units of its table (`nenc_lab.kinds`).
    """

    unit: Literal["ms", "bytes", "packets"] = "ms"
    limit: int = 300_000_000
    kind: str = "droptail"
    parameters: Mapping[str, float | str] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """A parameter that is a whole number; KeyError when its kind has none of this name."""
        return int(self.parameters[name])


@dataclass(frozen=True, slots=True)
class LinkSetting:
    """One hop at the start of the run. ``rate_bps`` None: no serialiser, no queue."""

    direction: Literal["forward", "reverse"]
    rate_bps: float | None
    delay_ns: int
    queue: QueueSetting = QueueSetting()
    loss: LossSetting = LossSetting()
    loss_at: Literal["exit", "entry"] = "exit"
    jitter: JitterSetting = JitterSetting()
    duplicate: float = 0.0
    ecn_ns: int | None = None
    capacity: RateProgram | Opportunities | None = None
    """From time 0 on, instead of ``rate_bps``."""
    queue_rate_bps: float = 0.0
    """Rate that a queue in ms is reckoned with, 0: the rate now."""


@dataclass(frozen=True, slots=True)
class FlowSetting:
    """One media flow; ``first``/``last``: the hops it crosses, by index in the forward direction."""

    first: int
    last: int
    packet_bytes: int
    pacer_factor: float
    pacer_burst_ns: int
    ecn: bool


@dataclass(frozen=True, slots=True)
class CrossSetting:
    """Cross traffic; ``rate_bps`` on the wire while on. TCP has no rate (0) and ``streams`` connections."""

    kind: Literal["cbr", "onoff", "onoff-exponential", "tcp-reno", "tcp-cubic", "tcp-bbr"]
    direction: Literal["forward", "reverse"]
    first: int
    last: int
    rate_bps: float
    wire_bytes: int
    start_ns: int
    stop_ns: int
    on_ns: int = 0
    off_ns: int = 0
    streams: int = 0


@dataclass(frozen=True, slots=True)
class LinkChange:
    """What changes at one hop at one instant; None: stays."""

    link: int
    rate_bps: float | None = None
    delay_ns: int | None = None
    queue: QueueSetting | None = None
    loss: LossSetting | None = None
    jitter: JitterSetting | None = None
    duplicate: float | None = None
    ramp: Ramp | None = None
    """How the rate gets to ``rate_bps``; None: at once."""


class Network(Protocol):
    """The path between the senders and their receivers. Every method is told the time; times never go back."""

    def set_target(self, flow: int, now_ns: int, target_bps: float) -> None:
        """The flow's pacer works for this media rate from now on."""

    def send_frame(
        self,
        flow: int,
        capture_ns: int,
        ready_ns: int,
        size: int,
        tag: int,
        flags: int,
        qp: float,
        psnr: float,
        ssim: float,
    ) -> int:
        """A frame of ``size`` media bytes reaches the pacer at ``ready_ns``; returns its number."""

    def send_report(self, flow: int, now_ns: int) -> None:
        """The receiver reports what is new, over the reverse direction."""

    def next_report(self, flow: int) -> int:
        """Earliest time a report can reach the sender unless ``apply`` is called; INT64_MAX: none is under way."""

    def take_report(self, flow: int, now_ns: int) -> CData | None:
        """The oldest report that has arrived, as ``nenc_sample *`` (valid until the next call), or None."""

    def apply(self, now_ns: int, change: LinkChange) -> None:
        """A step of the timeline."""

    def counters(self, flow: int, into: CData) -> None:
        """Fills a ``nenc_flow_counters *``."""

    def cut_delays(self, now_ns: int) -> None:
        """Ends a slice of the queue-delay histograms."""

    def take(self, what: Literal["path", "delays", "packets"]) -> Rows:
        """Rows since the last call."""

    def take_frames(self, flow: int, *, all_: bool) -> Rows:
        """Frames whose fate is known, in order; ``all_``: also those under way."""

    def close(self) -> None:
        """Gives back what it holds; may be called twice."""

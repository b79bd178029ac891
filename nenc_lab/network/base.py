"""The interface between the engine and a network: frames go in; feedback and rows for the tables come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from nenc_lab.kernels import CData
from nenc_lab.scenario.capacity import Opportunities, Ramp, RateProgram

Rows = np.ndarray[Any, np.dtype[Any]]
"""Structured array with the fields of the C struct of the same name."""


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

    ``parameters`` holds the parameters of its kind by name, in the units of `nenc_lab.ctables.kinds`.
    """

    unit: Literal["ms", "bytes", "packets"] = "ms"
    limit: int = 300_000_000
    kind: str = "droptail"
    parameters: Mapping[str, float | str] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """The integer parameter with this name. Raises KeyError when the kind has no such parameter."""
        return int(self.parameters[name])


@dataclass(frozen=True, slots=True)
class LinkSetting:
    """One hop at the start of the run. Without ``rate_bps`` it has no serialiser and no queue."""

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
    """A trace of capacity that replaces ``rate_bps`` from time 0 on."""
    queue_rate_bps: float = 0.0
    """Rate at which a queue in ms is converted to bytes; 0 stands for the current rate."""


@dataclass(frozen=True, slots=True)
class FlowSetting:
    """One media flow. It crosses the hops ``first`` to ``last``, by index in the forward direction."""

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
    """A change of one hop at one instant. None leaves a value as it is."""

    link: int
    rate_bps: float | None = None
    delay_ns: int | None = None
    queue: QueueSetting | None = None
    loss: LossSetting | None = None
    jitter: JitterSetting | None = None
    duplicate: float | None = None
    ramp: Ramp | None = None
    """The ramp by which the rate reaches ``rate_bps``; None for a step."""


class Network(Protocol):
    """The path between senders and receivers. Methods receive the time, which never decreases."""

    def set_target(self, flow: int, now_ns: int, target_bps: float) -> None:
        """Sets the media rate that the flow's pacer works for."""

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
        """Hands a frame of ``size`` media bytes to the pacer at ``ready_ns``; returns the frame's number."""

    def send_report(self, flow: int, now_ns: int) -> None:
        """Makes the receiver send a report over the reverse direction."""

    def next_report(self, flow: int) -> int:
        """Earliest time at which a report can arrive unless ``apply`` is called; INT64_MAX when none is under way."""

    def take_report(self, flow: int, now_ns: int) -> CData | None:
        """The oldest report that has arrived, as ``nenc_sample *`` (valid until the next call), or None."""

    def apply(self, now_ns: int, change: LinkChange) -> None:
        """Applies a change of the timeline."""

    def counters(self, flow: int, into: CData) -> None:
        """Fills ``into``, a ``nenc_flow_counters *``."""

    def cut_delays(self, now_ns: int) -> None:
        """Ends the current slice of the queue-delay histograms."""

    def take(self, what: Literal["path", "delays", "packets"]) -> Rows:
        """Returns the rows since the last call."""

    def take_frames(self, flow: int, *, all_: bool) -> Rows:
        """Returns frames whose fate is known, in order; with ``all_`` also those under way."""

    def close(self) -> None:
        """Frees all resources; may be called twice."""

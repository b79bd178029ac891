"""What an encoder is to the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

FAULTS = {"gpu_failure": 1, "gpu_hang": 2, "gpu_reset": 3, "ignore_rate": 4}
"""What may befall an encoder (scenario/disturbance.py), and its nenc_fault in failover.h."""


class Frame:
    """One encoded frame; the encoder hands out the same object each time, it is valid until the next ``encode``."""

    __slots__ = ("bytes", "encode_ns", "interval_ns", "key", "psnr", "qp", "rung", "ssim", "tag")

    def __init__(self) -> None:
        self.bytes = 0
        """Media bytes, > 0."""
        self.key = False
        self.encode_ns = 0
        """Capture to ready."""
        self.interval_ns = 0
        """Capture of this frame to capture of the next."""
        self.rung = 0
        """Lines."""
        self.tag = 0
        """Index into the encoder's ``names``."""
        self.qp = float("nan")
        self.psnr = float("nan")
        self.ssim = float("nan")


@dataclass(frozen=True, slots=True)
class Happening:
    """Something an encoder went through: a row of the events table."""

    at_ns: int
    kind: str
    """``fallback``, ``recovery`` or ``warning``, which the figure shows; ``probe``, ``input`` or ``note``."""
    text: str
    detail: dict[str, Any] = field(default_factory=dict)


class Encoder(Protocol):
    """One flow's encoder."""

    @property
    def names(self) -> tuple[str, ...]:
        """What may have encoded a frame (``model``, ``software``, ...), by ``Frame.tag``."""

    @property
    def happenings(self) -> list[Happening]:
        """What happened since the engine took it from the list; mostly empty."""

    @property
    def about(self) -> dict[str, str]:
        """What it is, for run.json: libraries, drivers, versions. Empty when the lab's version says it all."""

    def encode(self, now_ns: int, rate_bps: float, fps: float, rung: int, qp: float) -> Frame:
        """The frame captured at ``now_ns`` under the controller's present decision."""

    def request_key(self) -> None:
        """The next frame is a key frame."""

    def set_resolution(self, rung: int) -> None:
        """The source's resolution from the next frame on, in lines; a change makes a key frame."""

    def set_fault(self, kind: str, on: bool) -> None:
        """One of `FAULTS` begins or ends. Between them the first three are one: the last to begin counts."""

    def close(self) -> None:
        """Gives back what it holds; may be called twice."""

"""What an encoder is to the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from nenc_lab.kernels import ffi, lib


def _faults() -> dict[str, int]:
    return {
        ffi.string(name).decode(): number
        for number in range(1, lib.NENC_FAULT_IGNORE_RATE + 1)
        if (name := lib.nenc_fault_name(number)) != ffi.NULL
    }


FAULTS = _faults()
"""The faults that an encoder may have, by the word that scenarios use, and their numbers in C (nenc_fault)."""


class Frame(Protocol):
    """One encoded frame, a ``nenc_shot`` of the C core; it is valid until the next ``encode``."""

    bytes: int
    """Media bytes, > 0."""
    key: int
    """1 for a key frame, else 0."""
    software: int
    """Index into the encoder's ``names``: 1 when software stood in for hardware."""
    rung: int
    """Lines."""
    encode_ns: int
    """From capture to ready."""
    interval_ns: int
    """From the capture of this frame to that of the next."""
    qp: float
    psnr: float
    ssim: float


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to an encoder: a row of the events table."""

    at_ns: int
    kind: str
    """``fallback``, ``recovery`` and ``warning`` are shown in figures; ``probe``, ``input`` and ``note`` are not."""
    text: str
    detail: dict[str, Any] = field(default_factory=dict)


class Encoder(Protocol):
    """One flow's encoder."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what may have encoded a frame (``model``, ``software``, ...), by ``Frame.software``."""

    @property
    def happenings(self) -> list[Happening]:
        """What happened since the engine last emptied the list; mostly empty."""

    @property
    def about(self) -> dict[str, str]:
        """Libraries, drivers and versions in use, for run.json. Empty when the lab's own version says it all."""

    def encode(self, now_ns: int, rate_bps: float, fps: float, rung: int, qp: float) -> Frame:
        """The frame captured at ``now_ns`` under the controller's present decision."""

    def request_key(self) -> None:
        """Makes the next frame a key frame."""

    def set_resolution(self, rung: int) -> None:
        """Sets the source's resolution from the next frame on, in lines; a change makes a key frame."""

    def set_fault(self, kind: str, on: bool) -> None:
        """Begins or ends one of `FAULTS`. The first three exclude each other: the last to begin counts."""

    def close(self) -> None:
        """Gives back what it holds; may be called twice."""

"""The interface of an encoder, as the engine calls it."""

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
"""Faults that an encoder may have: the name that scenarios use, and the number in C (nenc_fault)."""


class Frame(Protocol):
    """One encoded frame, a ``nenc_shot`` of the C core; it is valid until the next ``encode``."""

    bytes: int
    """Media bytes, at least 1."""
    key: int
    """1 for a key frame, else 0."""
    software: int
    """Index into the encoder's ``names``: 1 when software stood in for hardware."""
    rung: int
    """Resolution in lines."""
    encode_ns: int
    """Time from capture until the frame is ready, ns."""
    interval_ns: int
    """Time from the capture of this frame to that of the next one, ns."""
    qp: float
    psnr: float
    ssim: float


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to an encoder; it becomes a row of the events table."""

    at_ns: int
    kind: str
    """Figures show ``fallback``, ``recovery`` and ``warning``, but not ``probe``, ``input`` and ``note``."""
    text: str
    detail: dict[str, Any] = field(default_factory=dict)


class Encoder(Protocol):
    """One flow's encoder."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the encoders that may make a frame (``model``, ``software`` ...), by ``Frame.software``."""

    @property
    def happenings(self) -> list[Happening]:
        """What happened since the engine last cleared this list; usually empty."""

    @property
    def about(self) -> dict[str, str]:
        """Libraries, drivers and versions in use, for run.json. Empty for encoders that come with the lab itself."""

    def encode(self, now_ns: int, rate_bps: float, fps: float, rung: int, qp: float) -> Frame:
        """Returns the frame captured at ``now_ns`` under the controller's current decision."""

    def request_key(self) -> None:
        """Makes the next frame a key frame."""

    def set_resolution(self, rung: int) -> None:
        """Sets the source's resolution in lines from the next frame on. A change of it makes a key frame."""

    def set_fault(self, kind: str, on: bool) -> None:
        """Begins or ends one of `FAULTS`. The first three exclude each other: the one that began last is in force."""

    def close(self) -> None:
        """Releases what the encoder holds. May be called more than once."""

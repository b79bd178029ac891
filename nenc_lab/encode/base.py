"""What an encoder is to the engine."""

from __future__ import annotations

from typing import Protocol


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


class Encoder(Protocol):
    """One flow's encoder."""

    @property
    def names(self) -> tuple[str, ...]:
        """What may have encoded a frame (``model``, ``software``, ...), by ``Frame.tag``."""

    def encode(self, now_ns: int, rate_bps: float, fps: float, rung: int, qp: float) -> Frame:
        """The frame captured at ``now_ns`` under the controller's present decision."""

    def request_key(self) -> None:
        """The next frame is a key frame."""

    def set_resolution(self, rung: int) -> None:
        """The source's resolution from the next frame on, in lines; a change makes a key frame."""

    def set_failed(self, failed: bool) -> None:
        """The hardware encoder fails (software takes over) or is back."""

    def close(self) -> None:
        """Gives back what it holds; may be called twice."""

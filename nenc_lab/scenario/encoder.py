"""What makes a flow's frames: a statistical model, nothing at all, or a real encoder of a real picture."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from nenc_lab.scenario.types import LINES, Model, PositiveRate, PositiveTime, Ratio, Resolution, Time


class _Picture(Model):
    """What every encoder is given: the picture, and how long a frame takes."""

    resolution: Resolution = Field(default="2160p", description="Resolution, the top rung of the ladder.")
    fps: int = Field(default=60, ge=24, le=120, description="Frames per second at full rate.")
    ladder: Literal["auto", "fixed"] = Field(
        default="auto",
        description="auto: follow the controller's rung and frame rate below the configured ones; fixed: do not.",
    )
    encode_time: Time = Field(default=4_000_000, description="Capture to ready, hardware.")
    software_time: Time = Field(default=8_000_000, description="Capture to ready while the software encoder stands in.")
    watchdog: PositiveTime = Field(
        default=100_000_000, description="A hardware frame that takes longer has failed: software makes it again."
    )
    key_interval: PositiveTime | None = Field(
        default=None, description="Time between key frames; left out: only on demand."
    )

    @property
    def lines(self) -> int:
        """Lines of the picture at full resolution."""
        return LINES[self.resolution]


class ModelEncoder(_Picture):
    """The statistical model of RFC 8593 section 5, with key frames as a ratio of the mean frame."""

    kind: Literal["model"] = "model"
    profile: str | None = Field(
        default=None,
        description="A file that nenc-lab identify encoder wrote: what it measured, where this leaves it open.",
        min_length=1,
        max_length=4000,
    )
    key_ratio: float = Field(
        default=13.5 / 4.17,
        ge=1,
        le=100,
        description="First frame of a transient over the mean frame; K_B / B0 of RFC 8593 figure 2.",
    )
    transient_frames: int = Field(
        default=8, ge=1, le=1000, description="Frames in a transient: K_d of RFC 8593 figure 2."
    )
    reaction: Time = Field(default=100_000_000, description="Time to react to a new target (RFC 8867 section 4.3).")
    lag: Time = Field(
        default=0,
        description="Time constant its output follows a target with; no change is a transient then. 0s: at once.",
    )
    size_scale: Ratio = Field(
        default=0.15, description="Spread of the frame size, Laplacian: SCALE_B of RFC 8593 figure 2."
    )
    interval_scale: Ratio = Field(
        default=0.15, description="Spread of the frame interval, Laplacian: SCALE_t of RFC 8593 figure 2."
    )
    transient_change: Ratio = Field(
        default=0.1, description="A change of the target over this since the last reaction is a transient."
    )
    min_rate: PositiveRate | None = Field(default=None, description="The encoder makes no less than this.")
    max_rate: PositiveRate | None = Field(default=None, description="The encoder makes no more than this.")


class NullEncoder(_Picture):
    """Frames of exactly the mean size, evenly spaced: for tests of everything else."""

    kind: Literal["null"]


class Quantiser(Model):
    """Quantiser parameters of a real encoder (the origin's values)."""

    min: int = Field(default=18, ge=0, le=51, description="It makes no finer picture than this.")
    max: int = Field(default=51, ge=0, le=51, description="It makes no coarser picture than this.")
    initial: int = Field(default=25, ge=0, le=51, description="Of the first frame, where the encoder can be told.")


class Source(Model):
    """What is filmed: made pictures, the same on every machine, or a file, from its beginning again behind its end."""

    complexity: Ratio | None = Field(
        default=None,
        description="0%: a still gradient; 50%, when left out: like a talking head; 75%: sport; 100%: rain on leaves.",
    )
    cut: PositiveTime | None = Field(default=None, description="Time between two scene cuts; left out: none.")
    file: str | None = Field(
        default=None,
        description="A Y4M file, raw NV12 (give its size) or, with PyAV, any video. Its size is its own: no ladder.",
        min_length=1,
        max_length=4000,
    )
    width: int | None = Field(default=None, ge=16, le=16384, description="Of raw NV12, pixels.")
    height: int | None = Field(default=None, ge=16, le=16384, description="Of raw NV12, lines.")
    sha256: str | None = Field(default=None, description="Digest the file must have.", pattern=r"^[0-9a-f]{64}$")


class VideoEncoder(_Picture):
    """A real encoder. Hardware (vaapi, nvenc) runs in a process of its own, and x264 takes over when it fails."""

    kind: Literal["x264", "vaapi", "nvenc"]
    codec: Literal["h264", "hevc"] = Field(default="h264", description="h264, or hevc where the encoder has it.")
    mode: Literal["cbr", "vbr"] = Field(default="cbr", description="Rate control.")
    preset: str = Field(default="", description="x264's names; left out: the encoder's own default.", max_length=31)
    device: str = Field(
        default="",
        description="vaapi: /dev/dri/renderD128, or driver:NAME; nvenc: 0, 1, ...; left out: the first that can.",
        max_length=255,
    )
    entry: Literal["any", "slice", "low-power"] = Field(default="any", description="VA-API's entry point.")
    vbv: PositiveTime = Field(default=250_000_000, description="Size of the rate control's bucket, at the target rate.")
    qp: Quantiser = Field(default=Quantiser(), description="Limits of the quantiser.")
    source: Source = Field(default=Source(), description="What is filmed.")
    threads: int = Field(default=1, ge=1, le=64, description="Of a software encoder; only 1 repeats byte for byte.")
    latency: Literal["fixed", "measured"] = Field(
        default="fixed",
        description="fixed: a frame takes encode_time or software_time; measured: what it took, so no two runs alike.",
    )
    isolate: bool = Field(default=True, description="Hardware in a process of its own: a driver may end its process.")
    quality: bool = Field(default=True, description="PSNR and SSIM of each frame; x264 alone shows what it made.")


def _default_kind(kind: str) -> BeforeValidator:
    return BeforeValidator(lambda value: {"kind": kind, **value} if isinstance(value, dict) else value)


Encoder = Annotated[
    Annotated[ModelEncoder | NullEncoder | VideoEncoder, Field(discriminator="kind")], _default_kind("model")
]

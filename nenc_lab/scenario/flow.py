"""A media flow: its rate range, encoder, controller, feedback, pacer and the hops it crosses."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from nenc_lab.records import payload_fraction
from nenc_lab.scenario.types import (
    LINES,
    Gain,
    Model,
    Name,
    PacketSize,
    PositiveRate,
    PositiveTime,
    Ratio,
    Resolution,
    TargetRate,
    Time,
)


class RateRange(Model):
    """Between what the controller moves; media bits per second."""

    min: TargetRate = Field(default=5_000_000, description="Lowest target.")
    max: TargetRate = Field(default=120_000_000, description="Highest target.")
    start: TargetRate = Field(default=5_000_000, description="Target at the start of the flow.")


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
    key_ratio: ClassVar[float] = 1.0
    transient_frames: ClassVar[int] = 1
    reaction: ClassVar[int] = 0
    size_scale: ClassVar[float] = 0.0
    interval_scale: ClassVar[float] = 0.0
    transient_change: ClassVar[float] = 1.0
    min_rate: ClassVar[None] = None
    max_rate: ClassVar[None] = None


def _default_kind(kind: str) -> BeforeValidator:
    return BeforeValidator(lambda value: {"kind": kind, **value} if isinstance(value, dict) else value)


Encoder = Annotated[Annotated[ModelEncoder | NullEncoder, Field(discriminator="kind")], _default_kind("model")]


class Gains(Model):
    """Gains of the PID; one left out is the controller's default."""

    kp: Gain | None = Field(default=None, description="Proportional gain, per dead time of the loop.")
    ki: Gain | None = Field(default=None, description="Integral gain, per dead time squared.")
    kd: Gain | None = Field(default=None, description="Derivative gain, of the filtered slope of the queue delay.")


class _Tuned(Model):
    """What every controller is given."""

    gains: Gains | None = Field(default=None, description="Gains, or the name of a YAML file that holds kp, ki and kd.")
    knobs: dict[str, float] = Field(default={}, description="Knobs of the controller by name (see nenc.h).")
    tick_rate: int = Field(default=60, ge=1, le=1000, description="Control ticks per second.")


class LabController(_Tuned):
    """One of the lab's own decides the rate."""

    kind: Literal["nenc", "classic", "fixed"] = Field(
        default="nenc", description="nenc: the production core; classic: the origin's law; fixed: always rate.start."
    )


class ExternalController(_Tuned):
    """A shared object of the user's decides the rate (see nenc/controller.h)."""

    kind: Literal["external"]
    library: str = Field(description="The shared object, beside this file.", min_length=1, max_length=4000)
    sha256: str | None = Field(default=None, description="Digest it must have.", pattern=r"^[0-9a-f]{64}$")
    abi: Literal["auto", "v1", "origin"] = Field(
        default="auto",
        description="v1: the table nenc_controller_v1; origin: the three functions of nenc.h; auto: what it exports.",
    )
    isolate: bool = Field(
        default=True, description="In a process of its own; false: in the lab's, which then shares its crashes."
    )
    timeout: PositiveTime = Field(
        default=1_000_000_000, description="Wall time it may take for a tick and the reports before it, when isolated."
    )


Controller = Annotated[
    Annotated[LabController | ExternalController, Field(discriminator="kind")], _default_kind("nenc")
]


class Feedback(Model):
    """Reports of the receiver."""

    interval: PositiveTime = Field(default=50_000_000, description="Time between two reports.")


class Pacer(Model):
    """How the sender spreads the packets of a frame."""

    factor: float = Field(default=1.5, ge=1, le=100, description="It sends at this times the target.")
    burst: Time = Field(default=5_000_000, description="It may send what this time is worth back to back.")


class FlowHops(Model):
    """Which hops a flow crosses."""

    forward: tuple[Name, ...] = Field(description="Names of consecutive hops.", min_length=1)


class Flow(Model):
    """One sender and its receiver."""

    name: Name = Field(description="What the flow is called, in keys and in tables.")
    start: Time = Field(default=0, description="When it begins.")
    stop: PositiveTime | None = Field(default=None, description="When it ends; left out: with the run.")
    rate: RateRange = Field(default=RateRange(), description="Range and start of the target.")
    encoder: Encoder = Field(default=ModelEncoder(), description="What makes the frames.")
    controller: Controller = Field(default=LabController(), description="What decides the rate.")
    feedback: Feedback = Field(default=Feedback(), description="Reports of the receiver.")
    packet: PacketSize = Field(default=1200, description="UDP payload of a full packet, RTP header included.")
    pacer: Pacer = Field(default=Pacer(), description="How frames are spread over time.")
    deadline: PositiveTime = Field(
        default=400_000_000,
        description="A frame that takes longer from capture to its last packet is late (400ms: ITU-T G.114).",
    )
    hops: FlowHops | None = Field(default=None, description="Hops it crosses; left out: all.")
    ecn: bool = Field(default=False, description="Its packets are ECN-capable.")

    @property
    def wire_max_bps(self) -> float:
        """What ``rate.max`` needs on the wire."""
        return self.rate.max / payload_fraction(self.packet)

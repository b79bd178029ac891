"""A media flow: its rate range, encoder, controller, feedback, pacer and hops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field

from nenc_lab.ctables import kinds
from nenc_lab.records import payload_fraction
from nenc_lab.scenario.encoder import Encoder, ModelEncoder
from nenc_lab.scenario.types import Gain, Model, Name, PacketSize, PositiveTime, TargetRate, Time

LAB_CONTROLLERS = {kind.name: kind.about for kind in kinds.controllers()} | {"fixed": "rate.start throughout"}
"""The lab's own controllers, each with its description."""

if TYPE_CHECKING:
    LabKind = str
else:
    LabKind = Literal[tuple(LAB_CONTROLLERS)]


class RateRange(Model):
    """Bounds and start of the target rate, in media bits per second."""

    min: TargetRate = Field(default=5_000_000, description="Lowest target.")
    max: TargetRate = Field(default=120_000_000, description="Highest target.")
    start: TargetRate = Field(default=5_000_000, description="Target at the start of the flow.")


def _default_kind(kind: str) -> BeforeValidator:
    return BeforeValidator(lambda value: {"kind": kind, **value} if isinstance(value, dict) else value)


class Gains(Model):
    """Gains of the PID controller; a gain that is left out has the controller's default."""

    kp: Gain | None = Field(default=None, description="Proportional gain, per dead time of the control loop.")
    ki: Gain | None = Field(default=None, description="Integral gain, per squared dead time.")
    kd: Gain | None = Field(
        default=None, description="Derivative gain, applied to the filtered slope of the queue delay."
    )


class _Tuned(Model):
    """Keys that every controller has."""

    gains: Gains | None = Field(default=None, description="Gains, or the name of a YAML file that holds kp, ki and kd.")
    knobs: dict[str, float] = Field(default={}, description="Knobs of the controller by name (see nenc.h).")
    tick_rate: int = Field(default=60, ge=1, le=1000, description="Control ticks per second.")


class LabController(_Tuned):
    """One of the lab's own controllers sets the rate."""

    kind: LabKind = Field(
        default="nenc", description="; ".join(f"{name}: {about}" for name, about in LAB_CONTROLLERS.items()) + "."
    )


class ExternalController(_Tuned):
    """A user's shared object sets the rate (see nenc/controller.h)."""

    kind: Literal["external"]
    library: str = Field(
        description="The shared object; its path is relative to this file.", min_length=1, max_length=4000
    )
    sha256: str | None = Field(default=None, description="SHA-256 that the file must have.", pattern=r"^[0-9a-f]{64}$")
    abi: Literal["auto", "v1", "origin"] = Field(
        default="auto",
        description="v1: the table nenc_controller_v1; origin: the three functions of nenc.h; auto: what it exports.",
    )
    isolate: bool = Field(
        default=True, description="Run it in a separate process; if false, a crash of it also ends the lab."
    )
    timeout: PositiveTime = Field(
        default=1_000_000_000, description="Wall time allowed for one tick and its reports, if isolated."
    )


Controller = Annotated[
    Annotated[LabController | ExternalController, Field(discriminator="kind")], _default_kind("nenc")
]


class Feedback(Model):
    """Reports from the receiver."""

    interval: PositiveTime = Field(default=50_000_000, description="Time between two reports.")


class Pacer(Model):
    """How the sender spreads the packets of a frame."""

    factor: float = Field(default=1.5, ge=1, le=100, description="Sending rate as a multiple of the target.")
    burst: Time = Field(
        default=5_000_000, description="Largest burst that is sent back to back, as time at the sending rate."
    )


class FlowHops(Model):
    """The hops that a flow crosses."""

    forward: tuple[Name, ...] = Field(description="Names of consecutive hops.", min_length=1)


class Flow(Model):
    """One sender and its receiver."""

    name: Name = Field(description="Name of the flow in keys and tables.")
    start: Time = Field(default=0, description="Time at which the flow starts.")
    stop: PositiveTime | None = Field(
        default=None, description="Time at which the flow stops; by default with the run."
    )
    rate: RateRange = Field(default=RateRange(), description="Range and start of the target rate.")
    encoder: Encoder = Field(default=ModelEncoder(), description="The encoder that makes the frames.")
    controller: Controller = Field(default=LabController(), description="The controller that sets the rate.")
    feedback: Feedback = Field(default=Feedback(), description="Reports from the receiver.")
    packet: PacketSize = Field(default=1200, description="UDP payload of a full packet, RTP header included.")
    pacer: Pacer = Field(default=Pacer(), description="How frames are spread over time.")
    deadline: PositiveTime = Field(
        default=400_000_000,
        description="A frame that takes longer from capture to its last packet is late (400ms: ITU-T G.114).",
    )
    hops: FlowHops | None = Field(default=None, description="Hops that the flow crosses; by default all.")
    ecn: bool = Field(default=False, description="Whether the flow's packets are ECN-capable.")

    @property
    def wire_max_bps(self) -> float:
        """The rate on the wire that ``rate.max`` needs, bit/s."""
        return self.rate.max / payload_fraction(self.packet)

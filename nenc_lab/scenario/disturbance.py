"""What disturbs the flows: cross traffic on the path, and faults of their parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field, field_validator

from nenc_lab.scenario.types import LINES, Model, Name, PacketSize, PositiveRate, PositiveTime, Resolution, Time, wrong
from nenc_lab.units import format_bytes

SMALLEST_SEGMENT = 100
"""Of TCP, as UDP payload of a packet that is as large on the wire: Linux takes no MSS below 88."""


class _CrossTraffic(Model):
    """``mean_bps`` is what it takes whatever the others do, ``streams`` how many shares it has beside them."""

    name: Name = Field(description="What it is called, in keys and in tables.")
    start: Time = Field(default=0, description="When it begins.")
    stop: PositiveTime | None = Field(default=None, description="When it ends; left out: with the run.")
    direction: Literal["forward", "reverse"] = Field(default="forward", description="Which way it goes.")
    packet: PacketSize = Field(default=1200, description="UDP payload of its packets.")
    hops: tuple[Name, ...] | None = Field(
        default=None, description="Names of consecutive hops it crosses; left out: all.", min_length=1
    )


class ConstantTraffic(_CrossTraffic):
    """Evenly spaced UDP packets."""

    kind: Literal["cbr"]
    rate: PositiveRate = Field(description="Rate on the wire.")
    streams: ClassVar[int] = 0
    on: ClassVar[None] = None
    off: ClassVar[None] = None
    distribution: ClassVar[None] = None

    @property
    def mean_bps(self) -> float:
        """Mean rate on the wire while it is active."""
        return float(self.rate)


class OnOffTraffic(_CrossTraffic):
    """UDP that sends at its rate for a while and is silent for a while."""

    kind: Literal["onoff"]
    rate: PositiveRate = Field(description="Rate on the wire while it sends.")
    streams: ClassVar[int] = 0
    on: PositiveTime = Field(description="Length of a burst, the mean when exponential.")
    off: PositiveTime = Field(description="Length of a silence, the mean when exponential.")
    distribution: Literal["fixed", "exponential"] = Field(default="fixed", description="How the lengths are drawn.")

    @property
    def mean_bps(self) -> float:
        """Mean rate on the wire while it is active."""
        return self.rate * (self.on / (self.on + self.off))


class TcpTraffic(_CrossTraffic):
    """TCP that always has more to send, under a congestion control of the kernel's."""

    kind: Literal["tcp-reno", "tcp-cubic", "tcp-bbr"]
    streams: int = Field(default=1, ge=1, le=64, description="Connections side by side.")
    packet: PacketSize = Field(
        default=1200, description="Its segments are as large on the wire as packets of this UDP payload."
    )
    rate: ClassVar[None] = None
    on: ClassVar[None] = None
    off: ClassVar[None] = None
    distribution: ClassVar[None] = None

    @field_validator("packet")
    @classmethod
    def _large_enough_for_tcp(cls, packet: int) -> int:
        if packet < SMALLEST_SEGMENT:
            raise wrong(f"{format_bytes(packet)} is too small for TCP: at least {format_bytes(SMALLEST_SEGMENT)}")
        return packet

    @property
    def mean_bps(self) -> float:
        """Nothing of its own: each of its ``streams`` has a share like a flow without a limit."""
        return 0.0


CrossTraffic = Annotated[ConstantTraffic | OnOffTraffic | TcpTraffic, Field(discriminator="kind")]


class Words(NamedTuple):
    """What is said of a fault when it begins and when it ends: in the events table, and shorter in a figure."""

    begins: str
    ends: str = ""
    label: str = ""
    end_label: str = ""
    event: str = "fault"
    """Its kind in the events table."""


FAULTS: Mapping[str, Words] = {
    "gpu_failure": Words(
        "hardware encoder fails, software takes over", "hardware encoder is back", "GPU fails", "GPU back"
    ),
    "gpu_hang": Words(
        "hardware encoder hangs, software takes over", "hardware encoder is back", "GPU hangs", "GPU back"
    ),
    "gpu_reset": Words("the GPU is reset, software takes over", "hardware encoder is back", "GPU reset", "GPU back"),
    "ignore_rate": Words(
        "encoder ignores the rate",
        "encoder follows the rate again",
        "encoder ignores the rate",
        "encoder follows again",
    ),
    "feedback_stop": Words("receiver stops reporting", "receiver reports again", "feedback stops", "feedback back"),
    "key_frame": Words("key frame demanded", label="key frame", event="key_frame"),
    "rung_switch": Words("resolution {resolution}", label="\N{RIGHTWARDS ARROW} {resolution}", event="rung_switch"),
}
"""Every kind of fault."""


def fault_words(kind: str, resolution: object = None) -> Words:
    """What is said of a fault."""
    return Words(*(text.format(resolution=resolution) for text in FAULTS[kind]))


class _Fault(Model):
    at: Time = Field(description="When it happens.")
    flow: Name = Field(description="Whose part fails.")


class EncoderFault(_Fault):
    """The hardware encoder fails; software takes over while it lasts, and until a probe finds the hardware well again.

    gpu_failure: it says so; gpu_hang: it does not answer; gpu_reset: its process ends. ignore_rate: it works, but keeps
    the rate it has.
    """

    kind: Literal["gpu_failure", "gpu_hang", "gpu_reset", "ignore_rate"]
    resolution: ClassVar[None] = None
    lasts: PositiveTime | None = Field(default=None, description="How long; left out: to the end.")


class RungSwitch(_Fault):
    """The application switches to another resolution."""

    kind: Literal["rung_switch"]
    lasts: ClassVar[None] = None
    resolution: Resolution = Field(description="The resolution from then on.")

    @property
    def lines(self) -> int:
        """Lines of the new picture."""
        return LINES[self.resolution]


class KeyFrame(_Fault):
    """A key frame is demanded."""

    kind: Literal["key_frame"]
    lasts: ClassVar[None] = None
    resolution: ClassVar[None] = None


class FeedbackStop(_Fault):
    """The receiver sends no reports."""

    kind: Literal["feedback_stop"]
    resolution: ClassVar[None] = None
    lasts: PositiveTime | None = Field(default=None, description="How long; left out: to the end.")


Fault = Annotated[EncoderFault | RungSwitch | KeyFrame | FeedbackStop, Field(discriminator="kind")]

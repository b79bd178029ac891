"""Disturbances of the flows: cross traffic on the path, and faults of the flows' parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field, field_validator

from nenc_lab.scenario.types import LINES, Model, Name, PacketSize, PositiveRate, PositiveTime, Resolution, Time, wrong
from nenc_lab.units import format_bytes

SMALLEST_SEGMENT = 100
"""Smallest TCP segment, as UDP payload of a packet of the same size on the wire; Linux rejects an MSS below 88."""


class _CrossTraffic(Model):
    """``mean_bps`` is the rate that it takes regardless of others; ``streams`` counts its shares beside the flows."""

    name: Name = Field(description="Name of the traffic in keys and tables.")
    start: Time = Field(default=0, description="Time at which it starts.")
    stop: PositiveTime | None = Field(default=None, description="Time at which it stops; by default with the run.")
    direction: Literal["forward", "reverse"] = Field(default="forward", description="Direction of the traffic.")
    packet: PacketSize = Field(default=1200, description="UDP payload of its packets.")
    hops: tuple[Name, ...] | None = Field(
        default=None, description="Names of the consecutive hops that it crosses; by default all.", min_length=1
    )


class ConstantTraffic(_CrossTraffic):
    """UDP packets at even intervals."""

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
    """UDP packets that alternate between bursts and silences."""

    kind: Literal["onoff"]
    rate: PositiveRate = Field(description="Rate on the wire during a burst.")
    streams: ClassVar[int] = 0
    on: PositiveTime = Field(description="Length of a burst; the mean if exponential.")
    off: PositiveTime = Field(description="Length of a silence; the mean if exponential.")
    distribution: Literal["fixed", "exponential"] = Field(default="fixed", description="Distribution of the lengths.")

    @property
    def mean_bps(self) -> float:
        """Mean rate on the wire while it is active."""
        return self.rate * (self.on / (self.on + self.off))


class TcpTraffic(_CrossTraffic):
    """TCP that always has data to send, with one of the kernel's congestion controls."""

    kind: Literal["tcp-reno", "tcp-cubic", "tcp-bbr"]
    streams: int = Field(default=1, ge=1, le=64, description="Number of parallel connections.")
    packet: PacketSize = Field(
        default=1200, description="Segments have the same size on the wire as packets with this UDP payload."
    )
    rate: ClassVar[None] = None
    on: ClassVar[None] = None
    off: ClassVar[None] = None
    distribution: ClassVar[None] = None

    @field_validator("packet")
    @classmethod
    def _large_enough_for_tcp(cls, packet: int) -> int:
        if packet < SMALLEST_SEGMENT:
            raise wrong(f"{format_bytes(packet)} is too small for TCP: give at least {format_bytes(SMALLEST_SEGMENT)}")
        return packet

    @property
    def mean_bps(self) -> float:
        """Zero, because each of its ``streams`` takes a share like a flow without a limit."""
        return 0.0


CrossTraffic = Annotated[ConstantTraffic | OnOffTraffic | TcpTraffic, Field(discriminator="kind")]


class Words(NamedTuple):
    """The texts for a fault's start and end: for the events table, and shorter ones for figures."""

    begins: str
    ends: str = ""
    label: str = ""
    end_label: str = ""
    event: str = "fault"
    """The kind in the events table."""


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
"""The texts of every kind of fault."""


def fault_words(kind: str, resolution: object = None) -> Words:
    """Returns the texts of a fault."""
    return Words(*(text.format(resolution=resolution) for text in FAULTS[kind]))


class _Fault(Model):
    at: Time = Field(description="Time at which it happens.")
    flow: Name = Field(description="Name of the flow that it affects.")


class EncoderFault(_Fault):
    """The hardware encoder fails; software takes over until the fault has ended and a probe finds the hardware working.

    gpu_failure: the encoder returns an error; gpu_hang: it does not return; gpu_reset: its process ends. ignore_rate:
    the encoder works, but ignores new target rates.
    """

    kind: Literal["gpu_failure", "gpu_hang", "gpu_reset", "ignore_rate"]
    resolution: ClassVar[None] = None
    lasts: PositiveTime | None = Field(default=None, description="Length of the fault; by default to the end.")


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
    """The application requests a key frame."""

    kind: Literal["key_frame"]
    lasts: ClassVar[None] = None
    resolution: ClassVar[None] = None


class FeedbackStop(_Fault):
    """The receiver stops sending reports."""

    kind: Literal["feedback_stop"]
    resolution: ClassVar[None] = None
    lasts: PositiveTime | None = Field(default=None, description="Length of the fault; by default to the end.")


Fault = Annotated[EncoderFault | RungSwitch | KeyFrame | FeedbackStop, Field(discriminator="kind")]

"""The settings of a media flow's two programs: where they run, and what the scenario says of the flow."""

from __future__ import annotations

from dataclasses import dataclass

from nenc_lab.control.settings import ControllerSettings
from nenc_lab.encode.settings import EncoderSettings
from nenc_lab.network.base import FlowSetting


@dataclass(frozen=True, slots=True)
class Ends:
    """Where a flow's two programs run: their network namespaces, and the receiver's address."""

    sender_netns: int
    receiver_netns: int
    receiver_address: str


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """The settings of a flow, from its scenario. Times are in ns of the run."""

    name: str
    number: int
    network: FlowSetting
    encoder: EncoderSettings
    controller: ControllerSettings
    start_ns: int
    stop_ns: int
    end_ns: int
    """End of the run."""
    report_ns: int
    deadline_ns: int
    save: str | None = None
    """File for the stream as it was sent."""
    out: str | None = None
    """File for the stream as it was received. Both files are for real encoders only."""
    names: tuple[str, str] = ("model", "software")
    """Names of the encoders that may have made a frame, indexed by its tag."""

"""The path between sender and receiver: two directions, each a chain of hops, and the changes along it."""

from __future__ import annotations

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from nenc_lab.scenario.hop import Hop, HopChange
from nenc_lab.scenario.types import Model, PositiveTime, Time, wrong

ONLY_HOP = "link"
"""The name of the only hop of a direction that is written without `hops`."""
MOST_HOPS = 16


class Direction(Model):
    """Hops in the order in which packets cross them. A direction without `hops` is one hop called ``link``."""

    hops: tuple[Hop, ...] = Field(
        default=(Hop(name=ONLY_HOP),),
        description="Hops in the order in which packets cross them, each with a name.",
        min_length=1,
        max_length=MOST_HOPS,
    )

    @model_validator(mode="before")
    @classmethod
    def _one_hop_written_flat(cls, data: object) -> object:
        if isinstance(data, dict) and "hops" not in data:
            if "name" in data:
                raise wrong(
                    "a direction without hops is one hop called link: to name it, write hops: [{name: ..., ...}]"
                )
            return {"hops": ({**data, "name": ONLY_HOP},)}
        return data

    @model_serializer(mode="wrap")
    def _flat_again(self, dump: SerializerFunctionWrapHandler) -> object:
        data = dump(self)
        if len(self.hops) == 1 and self.hops[0].name == ONLY_HOP:
            return {key: value for key, value in data["hops"][0].items() if key != "name"}
        return data

    def index(self, name: str | None) -> int:
        """Returns the index of the hop called ``name``, or 0 for None. The checks have ensured that it exists."""
        return 0 if name is None else [hop.name for hop in self.hops].index(name)


class Path(Model):
    """Both directions of the path; the reverse direction carries feedback."""

    forward: Direction = Field(description="From sender to receiver: media and cross traffic.")
    reverse: Direction = Field(default=Direction(), description="From receiver to sender: feedback.")


class Ramp(Model):
    """The rate changes linearly from its previous value to the new one."""

    over: PositiveTime = Field(description="How long the ramp takes.")


class Entry(Model):
    """The changes on the path at one time."""

    at: Time = Field(description="Time of the change, from the start of the run.")
    forward: HopChange | None = Field(default=None, description="Changes in the forward direction.")
    reverse: HopChange | None = Field(default=None, description="Changes in the reverse direction.")
    ramp: Ramp | None = Field(default=None, description="Reach the new rate gradually.")

    @field_validator("ramp")
    @classmethod
    def _ramps_a_rate(cls, ramp: Ramp | None, info: ValidationInfo) -> Ramp | None:
        if ramp is None or not {"forward", "reverse"} <= info.data.keys():
            return ramp  # an invalid direction reports its own error
        if not any(
            change is not None and change.rate is not None for change in (info.data["forward"], info.data["reverse"])
        ):
            raise wrong("a ramp applies to the rate: give forward.rate or reverse.rate as well")
        return ramp

    @model_validator(mode="after")
    def _changes_something(self) -> Entry:
        if self.forward is None and self.reverse is None:
            raise wrong("nothing changes here: give forward or reverse, such as forward: {rate: 10Mbps}")
        return self

"""The queue before a hop's serialiser: droptail, and Linux's queue managements with tc's parameters and defaults."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from nenc_lab.scenario.types import AqmTime, Memory, Model, PacketCount, Quantum, Size
from nenc_lab.units import QueueSize


class DropTail(Model):
    """First in, first out; a packet that does not fit is dropped."""

    kind: Literal["droptail"] = "droptail"
    size: Size = Field(
        default=QueueSize("ms", 300), description="What it holds: time at the present rate, bytes or packets."
    )


class CoDel(Model):
    """CoDel (RFC 8289): drops once packets have waited longer than the target for an interval."""

    kind: Literal["codel"]
    limit: PacketCount = Field(default=1000, description="What it holds.")
    target: AqmTime = Field(default=5_000_000, description="Wait that is accepted.")
    interval: AqmTime = Field(default=100_000_000, description="For how long it may be exceeded: a usual round trip.")
    ecn: bool = Field(default=False, description="ECN-capable packets are marked, not dropped.")

    @property
    def size(self) -> QueueSize:
        """What it holds."""
        return QueueSize("packets", self.limit)


class FqCoDel(Model):
    """FQ-CoDel (RFC 8290): a CoDel for each flow, served in turn."""

    kind: Literal["fq-codel"]
    limit: PacketCount = Field(default=10_240, description="What its queues hold together.")
    target: AqmTime = Field(default=5_000_000, description="Wait that is accepted.")
    interval: AqmTime = Field(default=100_000_000, description="For how long it may be exceeded: a usual round trip.")
    flows: int = Field(default=1024, ge=1, le=65_536, description="Queues that flows are hashed into.")
    quantum: Quantum = Field(default=1514, description="What a flow may send in its turn.")
    memory: Memory = Field(default=32 << 20, description="What it may take, the kernel's bookkeeping included.")
    ecn: bool = Field(default=True, description="ECN-capable packets are marked, not dropped.")

    @property
    def size(self) -> QueueSize:
        """What it holds."""
        return QueueSize("packets", self.limit)


class Pie(Model):
    """PIE (RFC 8033): drops at random, with a probability that follows the wait."""

    kind: Literal["pie"]
    limit: PacketCount = Field(default=1000, description="What it holds.")
    target: AqmTime = Field(default=15_000_000, description="Wait that it steers to.")
    tupdate: AqmTime = Field(
        default=15_000_000, description="How often the probability is reckoned; the kernel rounds it to its ticks."
    )
    ecn: bool = Field(default=False, description="ECN-capable packets are marked, not dropped.")

    @property
    def size(self) -> QueueSize:
        """What it holds."""
        return QueueSize("packets", self.limit)


class Cake(Model):
    """CAKE without its shaper: hosts and flows in turn, each managed; ECN-capable packets are marked, not dropped."""

    kind: Literal["cake"]
    rtt: AqmTime = Field(default=100_000_000, description="The usual round trip, which its target follows from.")
    isolation: Literal[
        "flowblind", "srchost", "dsthost", "hosts", "flows", "dual-srchost", "dual-dsthost", "triple-isolate"
    ] = Field(default="triple-isolate", description="What it is fair between, in tc's words.")
    memory: Memory = Field(default=10_240 * 1514, description="What it may take, the kernel's bookkeeping included.")

    @property
    def size(self) -> QueueSize:
        """What it holds."""
        return QueueSize("bytes", self.memory)


Queue = Annotated[
    Annotated[DropTail | CoDel | FqCoDel | Pie | Cake, Field(discriminator="kind")],
    BeforeValidator(lambda value: {"kind": "droptail", **value} if isinstance(value, dict) else value),
]

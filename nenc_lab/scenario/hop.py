"""One hop of the path: rate, delay, queue, loss, jitter, duplication, marking, trace.

A packet passes queue -> serialiser -> propagation -> loss -> jitter. All members of a tagged union have the same
attributes, so that code that builds a link does not distinguish cases.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from nenc_lab import units
from nenc_lab.errors import InputError
from nenc_lab.scenario.queue import DEFAULT, Queue
from nenc_lab.scenario.types import Model, Name, PositiveTime, Rate, Ratio, Time, wrong


class NoLoss(Model):
    """No random loss."""

    kind: Literal["none"]
    p: ClassVar[float] = 0.0
    r: ClassVar[float] = 1.0
    loss_bad: ClassVar[float] = 0.0
    loss_good: ClassVar[float] = 0.0
    mean: ClassVar[float] = 0.0


class BernoulliLoss(Model):
    """Each packet is lost independently with probability p."""

    kind: Literal["bernoulli"]
    p: Ratio = Field(description="Probability that a packet is lost.")
    r: ClassVar[float] = 1.0
    loss_bad: ClassVar[float] = 0.0
    loss_good: ClassVar[float] = 0.0

    @property
    def mean(self) -> float:
        """Long-run loss ratio."""
        return self.p


class GilbertElliottLoss(Model):
    """Two states, good and bad, each with its own loss probability; the state may change at every packet."""

    kind: Literal["gilbert-elliott"]
    p: Ratio = Field(description="Probability per packet to go from good to bad.")
    r: Ratio = Field(description="Probability per packet to go from bad to good.")
    loss_bad: Ratio = Field(default=1.0, description="Loss probability in the bad state.")
    loss_good: Ratio = Field(default=0.0, description="Loss probability in the good state.")

    @property
    def mean(self) -> float:
        """Long-run loss ratio; the stationary probability of the bad state is p / (p + r)."""
        if self.p + self.r == 0.0:
            return self.loss_good  # starts in the good state and stays there
        bad = self.p / (self.p + self.r)
        return bad * self.loss_bad + (1.0 - bad) * self.loss_good


def _loss_in_short(value: object) -> object:
    """Expands the short forms: ``1%`` is Bernoulli loss, ``none`` and 0 % are no loss."""
    if value == "none":
        return {"kind": "none"}
    if isinstance(value, str | int | float):
        try:
            ratio = units.parse_ratio(value)
        except InputError as error:
            raise wrong(
                f"{error}; or none, or {{kind: bernoulli, p: 1%}}, or {{kind: gilbert-elliott, p: ..., r: ...}}"
            ) from None
        return {"kind": "bernoulli", "p": ratio} if ratio > 0.0 else {"kind": "none"}
    return value


Loss = Annotated[
    Annotated[NoLoss | BernoulliLoss | GilbertElliottLoss, Field(discriminator="kind")], BeforeValidator(_loss_in_short)
]


class NoJitter(Model):
    """No jitter."""

    kind: Literal["none"]
    std: ClassVar[int] = 0
    max: ClassVar[int] = 0


class _DelayVariation(Model):
    std: PositiveTime = Field(description="Standard deviation of the normal distribution that it is drawn from.")
    max: PositiveTime = Field(description="Largest extra delay; by default 3 x std (RFC 8868 section 4.5.3).")

    @model_validator(mode="before")
    @classmethod
    def _three_std(cls, data: object) -> object:
        if isinstance(data, dict) and "max" not in data and "std" in data:
            try:
                return {**data, "max": units.format_time(3 * units.parse_time(data["std"]))}
            except InputError:
                return {**data, "max": "1ns"}  # any valid value, because std is the one to report
        return data


class OrderedJitter(_DelayVariation):
    """Extra delay that never reorders packets: NR-BPDV of RFC 8868 section 4.5.2."""

    kind: Literal["ordered"]


class ReorderJitter(_DelayVariation):
    """Extra delay drawn independently per packet, which may reorder packets: RBPDV of RFC 8868 section 4.5.1."""

    kind: Literal["reorder"]


def _jitter_in_short(value: object) -> object:
    return {"kind": "none"} if value == "none" else value


Jitter = Annotated[
    Annotated[NoJitter | OrderedJitter | ReorderJitter, Field(discriminator="kind")], BeforeValidator(_jitter_in_short)
]


class Trace(Model):
    """Capacity from a file instead of a rate."""

    file: str = Field(description="The trace; its path is relative to this file.", min_length=1)
    format: Literal["mahimahi", "csv"] = Field(
        description="mahimahi: one delivery opportunity (1504 B) per line, in ms; csv: t_s,rate_mbps or t_s,rate_bps."
    )
    scale: float = Field(default=1.0, gt=0, le=1e6, description="Factor that multiplies the capacity.")
    loop: bool = Field(default=True, description="Repeat the trace; if false, the capacity is 0 after its end.")
    sha256: str | None = Field(default=None, description="SHA-256 that the file must have.", pattern="^[0-9a-f]{64}$")
    mean: Rate | None = Field(default=None, description="Unscaled mean capacity; the lab fills it in.")


class Hop(Model):
    """One link of a direction. Without a rate or trace it is not a bottleneck."""

    name: Name = Field(description="Name of the hop in keys and tables.")
    rate: Rate | None = Field(default=None, description="Capacity on the wire; by default unlimited.")
    delay: Time = Field(default=0, description="One-way propagation delay.")
    queue: Queue = Field(default=DEFAULT, description="The queue before the serialiser.")
    loss: Loss = Field(default=NoLoss(kind="none"), description="Random loss: a ratio (1%) or a model.")
    loss_at: Literal["exit", "entry"] = Field(
        default="exit", description="Whether loss happens after the bottleneck (as on a radio link) or before it."
    )
    jitter: Jitter = Field(default=NoJitter(kind="none"), description="Delay variation.")
    duplicate: Ratio = Field(default=0.0, description="Probability that a packet arrives twice.")
    ecn: PositiveTime | None = Field(default=None, description="Mark ECN-capable packets that waited longer than this.")
    trace: Trace | None = Field(default=None, description="Capacity over time from a file, instead of a rate.")

    @field_validator("trace")
    @classmethod
    def _one_capacity(cls, trace: Trace | None, info: ValidationInfo) -> Trace | None:
        if trace is not None and info.data.get("rate") is not None:
            raise wrong("a hop has either a rate or a trace: leave one of them out")
        return trace

    @property
    def bottleneck(self) -> bool:
        """Whether the hop has a serialiser, that is a rate or a trace."""
        return self.rate is not None or self.trace is not None


class HopChange(Model):
    """New values of one hop; keys that are left out stay the same. Texts of events list the keys in this order."""

    hop: Name | None = Field(default=None, description="Name of the hop; optional when there is only one.")
    rate: Rate | None = Field(default=None, description="New capacity; 0bps is an outage.")
    delay: Time | None = Field(default=None, description="New one-way propagation delay.")
    loss: Loss | None = Field(default=None, description="New random loss.")
    jitter: Jitter | None = Field(default=None, description="New delay variation.")
    queue: Queue | None = Field(
        default=None, description="New values of the queue, which keeps its kind and its packets."
    )
    duplicate: Ratio | None = Field(default=None, description="New probability that a packet arrives twice.")

    @model_validator(mode="after")
    def _changes_something(self) -> HopChange:
        if not self.model_fields_set - {"hop"}:
            raise wrong("nothing changes here: give a rate, delay, loss, jitter, queue or duplicate")
        return self

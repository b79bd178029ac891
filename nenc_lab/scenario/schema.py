"""The words of a scenario file: START HERE. Attribute names are the keys of the file, values are in inside units.

    Scenario -- path ---------- forward, reverse: Direction -- hops: Hop (rate, delay, queue, loss ...)   path, hop
             |- timeline ------ Entry: at, forward, reverse: HopChange, ramp                              path
             |- flows --------- Flow: rate, encoder, controller, feedback, pacer ...                      flow, encoder
             |- cross_traffic - cbr, onoff, tcp-reno, tcp-cubic, tcp-bbr                                  disturbance
             |- faults -------- gpu_failure, gpu_hang, gpu_reset, ignore_rate, rung_switch, key_frame ... disturbance
             `- expect -------- conditions on the summary                                                 expect

Files are read with `nenc_lab.scenario.load`; what one model cannot see (times past the end, names that do not exist) is
in `nenc_lab.scenario.checks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema

from nenc_lab.errors import InputError
from nenc_lab.scenario import expect as conditions
from nenc_lab.scenario.disturbance import (
    ConstantTraffic,
    CrossTraffic,
    EncoderFault,
    Fault,
    FeedbackStop,
    KeyFrame,
    OnOffTraffic,
    RungSwitch,
    TcpTraffic,
)
from nenc_lab.scenario.encoder import Encoder, ModelEncoder, NullEncoder, Quantiser, Source, VideoEncoder
from nenc_lab.scenario.flow import (
    Controller,
    ExternalController,
    Feedback,
    Flow,
    FlowHops,
    Gains,
    LabController,
    Pacer,
    RateRange,
)
from nenc_lab.scenario.hop import (
    BernoulliLoss,
    GilbertElliottLoss,
    Hop,
    HopChange,
    Jitter,
    Loss,
    NoJitter,
    NoLoss,
    OrderedJitter,
    ReorderJitter,
    Trace,
)
from nenc_lab.scenario.path import ONLY_HOP, Direction, Entry, Path, Ramp
from nenc_lab.scenario.queue import MODELS as QUEUE_MODELS
from nenc_lab.scenario.queue import Queue
from nenc_lab.scenario.types import LINES, Duration, Model, Resolution, Title, wrong
from nenc_lab.units import QueueSize

LONGEST_LIST = 10_000


def _compiles(text: str, info: ValidationInfo) -> str:
    """``info.context``: the check of the figure's name, None for no such check."""
    check: conditions.Check | None = info.context
    try:
        condition = conditions.compile(text)
        if check is not None:
            check(condition)
    except InputError as error:
        raise wrong(str(error)) from None
    return text


Condition = Annotated[
    str,
    AfterValidator(_compiles),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*(flows|run)[.\[]\S+\s*(<=|>=|==|!=|<|>)\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\s*$",
            "examples": ["flows.video.utilisation >= 0.85", "flows.video.changes[*].settling_s <= 5"],
        }
    ),
]


class Scenario(Model):
    """A whole scenario, resolved: `extends` merged, overrides applied, trace paths absolute."""

    version: Literal[1] = Field(description="Version of the format: 1.")
    name: Title = Field(description="Name of the scenario, part of the run folder's name.")
    description: str = Field(default="", description="One or two sentences.", max_length=10_000)
    duration: Duration = Field(description="Simulated time.")
    seed: int = Field(default=1, ge=0, lt=2**63, description="Seed of every random stream.")
    path: Path = Field(description="The network between sender and receiver.")
    timeline: tuple[Entry, ...] = Field(
        default=(), description="What changes on the path, and when.", max_length=LONGEST_LIST
    )
    flows: tuple[Flow, ...] = Field(description="Media flows.", min_length=1, max_length=1000)
    cross_traffic: tuple[CrossTraffic, ...] = Field(
        default=(), description="Other traffic on the path.", max_length=1000
    )
    faults: tuple[Fault, ...] = Field(default=(), description="What breaks, and when.", max_length=LONGEST_LIST)
    expect: tuple[Condition, ...] = Field(
        default=(), description="Conditions on the summary, such as flows.video.utilisation >= 0.85.", max_length=1000
    )

    def flow(self, name: str) -> Flow:
        """The flow called ``name``. Raises KeyError."""
        for flow in self.flows:
            if flow.name == name:
                return flow
        raise KeyError(name)

    def stop_ns(self, item: Flow | CrossTraffic) -> int:
        """When a flow or cross traffic ends."""
        return self.duration if item.stop is None else item.stop


TAGGED: Mapping[str, tuple[type[Model], ...]] = {
    "queue": QUEUE_MODELS,
    "loss": (NoLoss, BernoulliLoss, GilbertElliottLoss),
    "jitter": (NoJitter, OrderedJitter, ReorderJitter),
    "encoder": (ModelEncoder, NullEncoder, VideoEncoder),
    "controller": (LabController, ExternalController),
    "cross_traffic": (ConstantTraffic, OnOffTraffic, TcpTraffic),
    "faults": (EncoderFault, RungSwitch, KeyFrame, FeedbackStop),
}
"""Keys whose value has a ``kind``, with the models it chooses among."""


def kinds(key: str) -> tuple[str, ...]:
    """The kinds that the value of a tagged ``key`` may have."""
    return tuple(kind for model in TAGGED[key] for kind in get_args(model.model_fields["kind"].annotation))


def model_of(key: str, kind: object) -> type[Model] | None:
    """The model of one kind of a tagged ``key``; the first one when ``kind`` is None and it has a default."""
    for model in TAGGED[key]:
        field = model.model_fields["kind"]
        if kind in get_args(field.annotation) or (kind is None and not field.is_required()):
            return model
    return None


def all_models() -> Iterator[type[Model]]:
    """Every model of a scenario."""
    waiting = [Model]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        yield model


def default_kind(key: str) -> str | None:
    """The kind of a tagged ``key`` that is meant when none is given; None when it must be given."""
    for model in TAGGED.get(key, ()):
        field = model.model_fields["kind"]
        if not field.is_required():
            return str(field.default)
    return None


__all__ = [
    "LINES",
    "ONLY_HOP",
    "TAGGED",
    "BernoulliLoss",
    "ConstantTraffic",
    "Controller",
    "CrossTraffic",
    "Direction",
    "Encoder",
    "EncoderFault",
    "Entry",
    "ExternalController",
    "Fault",
    "Feedback",
    "FeedbackStop",
    "Flow",
    "FlowHops",
    "Gains",
    "GilbertElliottLoss",
    "Hop",
    "HopChange",
    "Jitter",
    "KeyFrame",
    "LabController",
    "Loss",
    "Model",
    "ModelEncoder",
    "NoJitter",
    "NoLoss",
    "NullEncoder",
    "OnOffTraffic",
    "OrderedJitter",
    "Pacer",
    "Path",
    "Quantiser",
    "Queue",
    "QueueSize",
    "Ramp",
    "RateRange",
    "ReorderJitter",
    "Resolution",
    "RungSwitch",
    "Scenario",
    "Source",
    "TcpTraffic",
    "Trace",
    "VideoEncoder",
    "all_models",
    "default_kind",
    "kinds",
    "model_of",
]

"""The keys of a scenario file: START HERE. Attributes are named like the keys; values are in internal units.

    Scenario -- path ---------- forward, reverse: Direction -- hops: Hop (rate, delay, queue, loss ...)   path, hop
             |- timeline ------ Entry: at, forward, reverse: HopChange, ramp                              path
             |- flows --------- Flow: rate, encoder, controller, feedback, pacer ...                      flow, encoder
             |- cross_traffic - cbr, onoff, tcp-reno, tcp-cubic, tcp-bbr                                  disturbance
             |- faults -------- gpu_failure, gpu_hang, gpu_reset, ignore_rate, rung_switch, key_frame ... disturbance
             `- expect -------- conditions on the summary                                                 expect

Files are read by `nenc_lab.scenario.load`. Checks that span several models (times past the end, names that do not
exist) are in `nenc_lab.scenario.checks`.
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
    """Checks that a condition compiles; ``info.context`` is the check of the figure's name, or None to skip it."""
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
    """A whole scenario with `extends` merged, overrides applied and paths of traces made absolute."""

    version: Literal[1] = Field(description="Version of the format: 1.")
    name: Title = Field(description="Name of the scenario; part of the run folder's name.")
    description: str = Field(default="", description="One or two sentences about the scenario.", max_length=10_000)
    duration: Duration = Field(description="Simulated time.")
    seed: int = Field(default=1, ge=0, lt=2**63, description="Seed of all random streams.")
    path: Path = Field(description="The network between sender and receiver.")
    timeline: tuple[Entry, ...] = Field(
        default=(), description="Changes on the path and their times.", max_length=LONGEST_LIST
    )
    flows: tuple[Flow, ...] = Field(description="The media flows.", min_length=1, max_length=1000)
    cross_traffic: tuple[CrossTraffic, ...] = Field(
        default=(), description="Other traffic on the path.", max_length=1000
    )
    faults: tuple[Fault, ...] = Field(default=(), description="Faults and their times.", max_length=LONGEST_LIST)
    expect: tuple[Condition, ...] = Field(
        default=(), description="Conditions on the summary, such as flows.video.utilisation >= 0.85.", max_length=1000
    )

    def flow(self, name: str) -> Flow:
        """Returns the flow called ``name``. Raises KeyError when there is none."""
        for flow in self.flows:
            if flow.name == name:
                return flow
        raise KeyError(name)

    def stop_ns(self, item: Flow | CrossTraffic) -> int:
        """Returns the time at which a flow or cross traffic ends, in ns."""
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
"""Keys whose value has a ``kind``, each with the models that the kind selects from."""


def kinds(key: str) -> tuple[str, ...]:
    """Returns the kinds that the value of a tagged ``key`` may have."""
    return tuple(kind for model in TAGGED[key] for kind in get_args(model.model_fields["kind"].annotation))


def model_of(key: str, kind: object) -> type[Model] | None:
    """Returns the model of one kind of a tagged ``key``; None means the default kind. Returns None if there is none."""
    for model in TAGGED[key]:
        field = model.model_fields["kind"]
        if kind in get_args(field.annotation) or (kind is None and not field.is_required()):
            return model
    return None


def all_models() -> Iterator[type[Model]]:
    """Yields every model of a scenario."""
    waiting = [Model]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        yield model


def default_kind(key: str) -> str | None:
    """Returns the kind that a tagged ``key`` has when none is given; None when a kind is required."""
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

"""The queue before a hop's serialiser, with tc's names for the parameters.

The C core's table describes the queues of the virtual network. Queues that only the kernel has are listed here in the
same form, with the kernel's defaults (net/sched/sch_*.c of Linux 6.1).
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, create_model

from nenc_lab.ctables import kinds
from nenc_lab.ctables.kinds import Parameter, QueueKind
from nenc_lab.scenario.types import MOST_PACKETS, Model, PacketCount, Size, quantity
from nenc_lab.units import NS_PER_MS, QueueSize

_TARGET = Parameter("target", "ns", 5e6, 1e3, 1e12, "Acceptable waiting time.")
_INTERVAL = Parameter(
    "interval", "ns", 100e6, 1e3, 1e12, "Time for which the target may be exceeded: a typical round-trip time."
)
_ECN = Parameter("ecn", "bool", 0, 0, 1, "Mark ECN-capable packets instead of dropping them.")
_ECN_ON = Parameter("ecn", "bool", 1, 0, 1, "Mark ECN-capable packets instead of dropping them.")
_HOLDS = "Capacity of the queue."
_MEMORY = "Largest memory use, including the kernel's bookkeeping."
ISOLATION = ("flowblind", "srchost", "dsthost", "hosts", "flows", "dual-srchost", "dual-dsthost", "triple-isolate")
"""CAKE's modes of isolation, in the order of the kernel's numbers."""

KERNEL_ONLY = (
    QueueKind(
        name="codel",
        about="CoDel (RFC 8289): drops packets once the waiting time has exceeded the target for an interval.",
        limit_key="limit",
        limit_about=_HOLDS,
        limit_units=("packets",),
        limit_unit="packets",
        limit=1000,
        parameters=(_TARGET, _INTERVAL, _ECN),
    ),
    QueueKind(
        name="fq-codel",
        about="FQ-CoDel (RFC 8290): one CoDel queue per flow, served in turn.",
        limit_key="limit",
        limit_about="Total capacity of its queues.",
        limit_units=("packets",),
        limit_unit="packets",
        limit=10_240,
        parameters=(
            _TARGET,
            _INTERVAL,
            Parameter("flows", "count", 1024, 1, 65_536, "Number of queues that flows are hashed into."),
            Parameter("quantum", "B", 1514, 256, 1e6, "Amount that a flow may send per turn."),
            Parameter("memory", "B", 32 << 20, 1e5, 4e9, _MEMORY),
            _ECN_ON,
        ),
    ),
    QueueKind(
        name="pie",
        about="PIE (RFC 8033): drops packets at random, with a probability that follows the waiting time.",
        limit_key="limit",
        limit_about=_HOLDS,
        limit_units=("packets",),
        limit_unit="packets",
        limit=1000,
        parameters=(
            Parameter("target", "ns", 15e6, 1e3, 1e12, "Waiting time that it aims for."),
            Parameter(
                "tupdate",
                "ns",
                15e6,
                1e3,
                1e12,
                "Time between updates of the probability, rounded to kernel ticks.",
            ),
            _ECN,
        ),
    ),
    QueueKind(
        name="cake",
        about="CAKE without its shaper: serves hosts and flows in turn, each with an AQM; marks ECN-capable packets.",
        limit_key="memory",
        limit_about=_MEMORY,
        limit_units=("bytes",),
        limit_unit="bytes",
        limit=10_240 * 1514,
        parameters=(
            Parameter("rtt", "ns", 100e6, 1e3, 1e12, "Typical round-trip time, which determines the target."),
            Parameter(
                "isolation", "", "triple-isolate", 0, 0, "Fairness between hosts or flows, in tc's terms.", ISOLATION
            ),
            Parameter("memory", "B", 10_240 * 1514, 1e5, 4e9, _MEMORY),
        ),
    ),
)


class QueueModel(Model):
    """Base of the models of all kinds of queue; each adds the keys of its kind."""

    kind: str

    @property
    def holds(self) -> QueueSize:
        """The queue's capacity; for a queue without a limit, more packets than any run has."""
        row = QUEUES[self.kind]
        if row.limit_key is None:
            return QueueSize("packets", MOST_PACKETS)
        limit: QueueSize | int = getattr(self, row.limit_key)
        return limit if isinstance(limit, QueueSize) else QueueSize(row.limit_unit, limit)

    @property
    def parameters(self) -> dict[str, float | str]:
        """The parameters by name, in the units of the kind's table."""
        return {parameter.name: getattr(self, parameter.name) for parameter in QUEUES[self.kind].parameters}


def _type(parameter: Parameter, kind: str) -> tuple[Any, Any]:
    """Returns a key's type, and its field with default and those limits that the type does not check."""
    default, low, high = parameter.default, parameter.low, parameter.high
    if parameter.words:
        return Literal[parameter.words], Field(default=default, description=parameter.about)
    match parameter.unit:
        case "ns" | "B" | "bit/s" as unit:
            made = quantity(unit, int(low), int(high), f"{parameter.name} of {kind}")
            return made, Field(default=int(default), description=parameter.about)
        case "bool":
            return bool, Field(default=bool(default), description=parameter.about)
        case "count" | "packets":
            return int, Field(default=int(default), ge=int(low), le=int(high), description=parameter.about)
        case _:
            return float, Field(default=float(default), ge=low, le=high, description=parameter.about)


def _limit(row: QueueKind) -> tuple[Any, Any]:
    if row.limit_units == ("packets",):
        return PacketCount, Field(default=row.limit, description=row.limit_about)
    value = row.limit // NS_PER_MS if row.limit_unit == "ms" else row.limit
    return Size, Field(default=QueueSize(row.limit_unit, value), description=row.limit_about)


def _model(row: QueueKind, *, is_default: bool) -> type[QueueModel]:
    keys: dict[str, Any] = {"kind": (Literal[row.name], row.name if is_default else ...)}
    names = [parameter.name for parameter in row.parameters]
    if row.limit_key is not None and row.limit_key not in names:
        keys[row.limit_key] = _limit(row)
    keys |= {parameter.name: _type(parameter, row.name) for parameter in row.parameters}
    name = "".join(word.capitalize() for word in row.name.split("-")) + "Queue"
    made = create_model(name, __base__=QueueModel, __module__=__name__, __doc__=row.about, **keys)
    globals()[name] = made  # pickle looks the class up in its module
    return made


QUEUES = {row.name: row for row in (*kinds.queues(), *KERNEL_ONLY)}
"""Every kind of queue by name; the first is the default."""
DEFAULT_KIND = next(iter(QUEUES))
MODELS = tuple(_model(row, is_default=row.name == DEFAULT_KIND) for row in QUEUES.values())
DEFAULT = MODELS[0].model_validate({})
"""The queue of a hop that specifies none."""

if TYPE_CHECKING:
    Queue = QueueModel
else:
    Queue = Annotated[
        Annotated[reduce(or_, MODELS), Field(discriminator="kind")],
        BeforeValidator(lambda value: {"kind": DEFAULT_KIND, **value} if isinstance(value, dict) else value),
    ]

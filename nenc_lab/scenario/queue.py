"""The queue before a hop's serialiser: a model for each kind, made from the tables of the C core and of the kernel."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, create_model

from nenc_lab.ctables import kinds
from nenc_lab.ctables.kinds import Parameter, QueueKind
from nenc_lab.scenario.kernel_queues import KERNEL_ONLY
from nenc_lab.scenario.types import MOST_PACKETS, Model, PacketCount, Size, quantity
from nenc_lab.units import NS_PER_MS, QueueSize


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

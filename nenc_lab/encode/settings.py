"""What a scenario, or `nenc-lab identify`, asks of an encoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nenc_lab.ctables.encoder_fields import Field, Group, fields, kinds


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """One encoder of a flow. Fields that ``values`` leaves out have the table's defaults."""

    kind: str
    """Of `nenc_lab.ctables.encoder_fields.kinds`."""
    values: Mapping[str, float | str] = field(default_factory=dict)
    """By field of the table: numbers in inside units (ns, bit/s, lines), words of choices, texts."""
    flow: str = "video"
    """For messages."""
    rate_bps: float = 2e6
    """Initial target rate."""
    start_ns: int = 0
    """Capture time of the first picture."""
    seed: int = 0
    stream: int = 0
    """The model draws from this random stream of ``seed`` and from the next."""

    @property
    def group(self) -> Group:
        """What kinds of encoder it is one of. Raises KeyError for a kind that does not exist."""
        return kinds()[self.kind]

    @property
    def is_real(self) -> bool:
        """Whether it makes video, and not padding."""
        return self.group is Group.REAL

    def fields(self) -> list[Field]:
        """The fields of the table that concern this kind."""
        return [each for each in fields() if each.groups & self.group]

    def value(self, name: str) -> float | str:
        """The value of a field: as given, or else the table's default. Raises KeyError."""
        (entry,) = (each for each in fields() if each.name == name)
        default = entry.words[round(float(entry.default))] if entry.words else entry.default
        return self.values.get(name, default)

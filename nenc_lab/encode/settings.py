"""What a scenario, or `nenc-lab identify`, asks of an encoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nenc_lab.ctables.encoder_fields import Field, Group, fields, kinds


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """The settings of one flow's encoder. Fields that ``values`` leaves out take the default of the table of fields."""

    kind: str
    """One of `nenc_lab.ctables.encoder_fields.kinds`."""
    values: Mapping[str, float | str] = field(default_factory=dict)
    """Values by field name: numbers in base units (ns, bit/s, lines), or the text of a choice or a file name."""
    flow: str = "video"
    """Name of the flow, for error messages."""
    rate_bps: float = 2e6
    """Initial target rate."""
    start_ns: int = 0
    """Capture time of the first picture."""
    seed: int = 0
    stream: int = 0
    """The model draws from this random stream of ``seed`` and from the next one."""

    @property
    def group(self) -> Group:
        """The group of encoders that this kind belongs to. Raises KeyError for an unknown kind."""
        return kinds()[self.kind]

    @property
    def is_real(self) -> bool:
        """Whether the encoder makes real video instead of padding."""
        return self.group is Group.REAL

    def fields(self) -> list[Field]:
        """Returns the fields of the table that apply to this kind."""
        return [each for each in fields() if each.groups & self.group]

    def value(self, name: str) -> float | str:
        """Returns the value of a field, or the table's default. Raises ValueError for an unknown field."""
        (entry,) = (each for each in fields() if each.name == name)
        default = entry.words[round(float(entry.default))] if entry.words else entry.default
        return self.values.get(name, default)

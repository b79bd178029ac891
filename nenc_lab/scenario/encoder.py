"""A flow's encoder: a statistical model, a null encoder, or a real encoder of real pictures.

The keys, with their defaults, ranges and descriptions, come from the camera's table of fields
(`nenc_lab.ctables.encoder_fields`). Here is what only a scenario has: the groups of keys, files with their digests, and
the few ranges for a few keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, create_model

from nenc_lab.ctables import encoder_fields
from nenc_lab.ctables.encoder_fields import UNBOUNDED, Group, Kind
from nenc_lab.scenario.types import LINES, Model, PositiveRate, PositiveTime, Ratio, Resolution, Time, wrong
from nenc_lab.units import format_time

FPS = (24, 120)
"""Range of a scenario's frame rates, which are whole numbers; the camera accepts more."""

EVERY = Group.MODEL | Group.NULL | Group.REAL
"""All kinds of encoder."""


def values(encoder: Model) -> dict[str, float | str]:
    """Returns the camera's values in a scenario's encoder, keyed by field of the table, without unset optional keys."""
    found: dict[str, float | str] = {}
    for field in encoder_fields.fields():
        value: Any = encoder
        for key in field.key.split("."):
            value = getattr(value, key, None)
        if value is not None:
            found[field.name] = LINES[value] if field.key == "resolution" else value
    return found


def _keys_of(base: type[Model], groups: Group, group: str = "", **more: Any) -> type[Model]:
    """Returns ``base`` with keys of the table, at the top level or in ``group``, plus ``more``.

    With `EVERY`, these are the keys that all encoders have. With one group, they are the keys that this group has and
    that not all encoders have.
    """
    keys: dict[str, Any] = more
    for field in encoder_fields.fields():
        above, _, key = field.key.rpartition(".")
        applies = groups in field.groups and (groups == EVERY or field.groups != EVERY)
        if above == group and key and applies:
            keys[key] = _key(field)
    made: type[Model] = create_model(f"_{base.__name__}Keys", __base__=base, __module__=__name__, **keys)
    return made


def _key(field: encoder_fields.Field) -> tuple[Any, Any]:
    """Returns a key's type and field, as pydantic's create_model takes them."""
    kind, limits = _type(field)
    default: object = field.default
    if field.optional:
        kind, default = kind | None, None
    elif field.key == "resolution":
        default = f"{field.default:g}p"
    elif field.kind is Kind.CHOICE:
        default = field.words[round(float(field.default))]
    elif field.kind is not Kind.TEXT:
        default = {Kind.FLAG: bool, Kind.WHOLE: int, Kind.TIME: int}.get(field.kind, float)(field.default)
        default = int(field.default) if field.key == "fps" else default
    return kind, Field(default=default, description=field.help, **limits)


def _type(field: encoder_fields.Field) -> tuple[Any, dict[str, Any]]:
    """Returns the type of a key's value, and its range as pydantic's keyword arguments."""
    low, high = field.low, field.high
    if field.key == "resolution":
        return Resolution, {}
    if field.key == "fps":
        return int, {"ge": FPS[0], "le": FPS[1]}
    match field.kind:
        case Kind.FLAG:
            return bool, {}
        case Kind.CHOICE:
            return Literal[field.words], {}
        case Kind.WHOLE:
            return int, {"ge": int(low), "le": int(high)}
        case Kind.NUMBER:
            return float, {"ge": low, "le": high}
        case Kind.RATIO:
            return Ratio, {}
        case Kind.RATE:
            return PositiveRate, {}
        case Kind.TEXT:
            return str, {"min_length": int(low), "max_length": int(high)} if low else {"max_length": int(high)}
        case Kind.TIME:
            time = PositiveTime if low > 0 else Time
            return (time if high >= UNBOUNDED else Annotated[time, _time_within(int(low), int(high))]), {}


def _time_within(low: int, high: int) -> AfterValidator:
    def check(value: int) -> int:
        if not low <= value <= high:
            raise wrong(f"{format_time(value)} is out of range: use {format_time(low)} to {format_time(high)}")
        return value

    return AfterValidator(check)


if TYPE_CHECKING:
    # Declares for the type checker the keys that Python code reads; at run time the table provides all keys.
    class _PictureKeys(Model):
        resolution: Resolution = Field(default=...)
        fps: int = Field(default=...)

    class _NullKeys(Model):
        pass

    class _ModelKeys(Model):
        min_rate: int | None = Field(default=...)
        max_rate: int | None = Field(default=...)

    class _RealKeys(Model):
        kind: str
        codec: str = Field(default=...)

    class _QuantiserKeys(Model):
        min: int = Field(default=...)
        max: int = Field(default=...)

    class _SourceKeys(Model):
        file: str | None = Field(default=...)
        width: int | None = Field(default=...)
        height: int | None = Field(default=...)
else:
    _PictureKeys = _keys_of(Model, EVERY)
    _QuantiserKeys = _keys_of(Model, Group.REAL, "qp")
    _SourceKeys = _keys_of(Model, Group.REAL, "source")


class _Picture(_PictureKeys):
    """Keys that every encoder has: the picture, and the time that encoding a frame takes."""

    @property
    def lines(self) -> int:
        """The picture's lines at full resolution."""
        return LINES[self.resolution]


if not TYPE_CHECKING:
    _ModelKeys = _keys_of(_Picture, Group.MODEL)
    _NullKeys = _keys_of(_Picture, Group.NULL)
    _REAL = tuple(kind for kind, group in encoder_fields.kinds().items() if group is Group.REAL)
    _RealKeys = _keys_of(_Picture, Group.REAL, kind=(Literal[_REAL], ...))


class ModelEncoder(_ModelKeys, _Picture):
    """The statistical model of RFC 8593 section 5; the size of key frames is a ratio to the mean frame."""

    kind: Literal["model"] = "model"
    profile: str | None = Field(
        default=None,
        description="A file from `nenc-lab identify encoder`; it provides the keys that are left out here.",
        min_length=1,
        max_length=4000,
    )


class NullEncoder(_NullKeys, _Picture):
    """Frames of exactly the mean size at even intervals, for tests of everything else."""

    kind: Literal["null"]


class Quantiser(_QuantiserKeys):
    """Quantiser parameters of a real encoder."""


class Source(_SourceKeys):
    """The pictures to encode: generated ones, the same on every machine, or those of a file, which repeats forever."""

    sha256: str | None = Field(default=None, description="SHA-256 that the file must have.", pattern=r"^[0-9a-f]{64}$")


class VideoEncoder(_RealKeys, _Picture):
    """A real encoder. Hardware encoders (vaapi, nvenc) run in a separate process; x264 takes over when they fail."""

    qp: Quantiser = Field(default=Quantiser(), description="Limits of the quantiser.")
    source: Source = Field(default=Source(), description="The pictures to encode.")


def _default_kind(kind: str) -> BeforeValidator:
    return BeforeValidator(lambda value: {"kind": kind, **value} if isinstance(value, dict) else value)


Encoder = Annotated[
    Annotated[ModelEncoder | NullEncoder | VideoEncoder, Field(discriminator="kind")], _default_kind("model")
]

"""What makes a flow's frames: a statistical model, nothing at all, or a real encoder of a real picture.

The keys, with their defaults, ranges and descriptions, come from the camera's table of fields
(`nenc_lab.encoder_fields`). Here is what only a scenario has: the groups of keys, files with their digests, and the few
keys that a scenario restricts further.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, create_model

from nenc_lab import encoder_fields
from nenc_lab.encoder_fields import UNBOUNDED, Group, Kind
from nenc_lab.scenario.types import LINES, Model, PositiveRate, PositiveTime, Ratio, Resolution, Time, wrong
from nenc_lab.units import format_time

FPS = (24, 120)
"""Frame rates of a scenario: whole numbers in this range, fewer than the camera takes."""

EVERY = Group.MODEL | Group.NULL | Group.REAL


def values(encoder: Model) -> dict[str, float | str]:
    """What an encoder of a scenario says about the camera, by field of the table; what it leaves out is not there."""
    found: dict[str, float | str] = {}
    for field in encoder_fields.fields():
        value: Any = encoder
        for key in field.key.split("."):
            value = getattr(value, key, None)
        if value is not None:
            found[field.name] = LINES[value] if field.key == "resolution" else value
    return found


def _keys_of(base: type[Model], groups: Group, group: str = "", **more: Any) -> type[Model]:
    """Adds keys to ``base``: those of the table at the top or below ``group``, and ``more``.

    With `EVERY`, these are the keys that every encoder has. With one group, they are the keys that this group has and
    that not every encoder has.
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
    """Type and default of a key, as pydantic takes them."""
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
    """Type of a key's value, and pydantic's words for its range."""
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
            raise wrong(f"{format_time(value)} is out of range: {format_time(low)} to {format_time(high)} is possible")
        return value

    return AfterValidator(check)


if TYPE_CHECKING:
    # The keys of the table that Python itself reads, for the type checker; at run time all keys are there.
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
    """What every encoder is given: the picture, and how long a frame takes."""

    @property
    def lines(self) -> int:
        """Lines of the picture at full resolution."""
        return LINES[self.resolution]


if not TYPE_CHECKING:
    _ModelKeys = _keys_of(_Picture, Group.MODEL)
    _NullKeys = _keys_of(_Picture, Group.NULL)
    _REAL = tuple(kind for kind, group in encoder_fields.kinds().items() if group is Group.REAL)
    _RealKeys = _keys_of(_Picture, Group.REAL, kind=(Literal[_REAL], ...))


class ModelEncoder(_ModelKeys, _Picture):
    """The statistical model of RFC 8593 section 5, with key frames as a ratio of the mean frame."""

    kind: Literal["model"] = "model"
    profile: str | None = Field(
        default=None,
        description="A file that `nenc-lab identify encoder` wrote; it fills in the keys that are left out here.",
        min_length=1,
        max_length=4000,
    )


class NullEncoder(_NullKeys, _Picture):
    """Frames of exactly the mean size, evenly spaced: for tests of everything else."""

    kind: Literal["null"]


class Quantiser(_QuantiserKeys):
    """Quantiser parameters of a real encoder."""


class Source(_SourceKeys):
    """The pictures to encode: made ones, the same on every machine, or those of a file, repeated for ever."""

    sha256: str | None = Field(default=None, description="Digest the file must have.", pattern=r"^[0-9a-f]{64}$")


class VideoEncoder(_RealKeys, _Picture):
    """A real encoder. Hardware (vaapi, nvenc) runs in a process of its own, and x264 takes over when it fails."""

    qp: Quantiser = Field(default=Quantiser(), description="Limits of the quantiser.")
    source: Source = Field(default=Source(), description="The pictures to encode.")


def _default_kind(kind: str) -> BeforeValidator:
    return BeforeValidator(lambda value: {"kind": kind, **value} if isinstance(value, dict) else value)


Encoder = Annotated[
    Annotated[ModelEncoder | NullEncoder | VideoEncoder, Field(discriminator="kind")], _default_kind("model")
]

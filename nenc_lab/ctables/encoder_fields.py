"""Reads the C core's table of encoder fields: the name, unit, default, range and description of each.

The scenario's encoder keys, an encoder's configuration and the options of `nenc send` all come from this table; a new
key is one entry of ``kernels_c/src/encode/camera/fields.c``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from functools import cache

from nenc_lab.ctables.walk import rows, text
from nenc_lab.kernels import CData, lib

UNBOUNDED = 2.0**62
"""``high`` of a field without an upper bound (NENC_FIELD_UNBOUNDED)."""


class Kind(IntEnum):
    """What a field holds (nenc_field_kind)."""

    FLAG = lib.NENC_FIELD_FLAG
    CHOICE = lib.NENC_FIELD_CHOICE
    WHOLE = lib.NENC_FIELD_WHOLE
    NUMBER = lib.NENC_FIELD_NUMBER
    RATIO = lib.NENC_FIELD_RATIO
    RATE = lib.NENC_FIELD_RATE
    TIME = lib.NENC_FIELD_TIME
    TEXT = lib.NENC_FIELD_TEXT


class Group(IntFlag):
    """Kinds of encoder with the same fields (nenc_camera_group)."""

    MODEL = lib.NENC_CAMERA_MODEL
    NULL = lib.NENC_CAMERA_NULL
    REAL = lib.NENC_CAMERA_REAL


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of the table; see nenc_camera_field in ``nenc/camera.h``."""

    name: str
    key: str
    option: str
    kind: Kind
    groups: Group
    words: tuple[str, ...]
    help: str
    default: float | str
    low: float
    high: float
    optional: bool
    flag: int


@cache
def fields() -> tuple[Field, ...]:
    """All entries, in the order of the C table."""
    return tuple(_field(entry) for entry in rows(lib.nenc_camera_field_at))


def _field(entry: CData) -> Field:
    kind = Kind(entry.kind)
    return Field(
        name=text(entry.name),
        key=text(entry.key),
        option=text(entry.option),
        kind=kind,
        groups=Group(entry.groups),
        words=tuple(text(entry.words).split("|")) if kind is Kind.CHOICE else (),
        help=text(entry.help),
        default="" if kind is Kind.TEXT else entry.value,
        low=entry.low,
        high=entry.high,
        optional=bool(entry.optional),
        flag=entry.flag,
    )


@cache
def kinds() -> dict[str, Group]:
    """Maps each kind of encoder to its group, in the order of the C table, without ``auto`` (`nenc send` only)."""
    found = {text(name): Group(lib.nenc_camera_group_of(name)) for name in rows(lib.nenc_camera_kind_at)}
    del found["auto"]
    return found


@cache
def file_ending(codec: str) -> str:
    """The ending, without its dot, of files with a codec's byte stream: ``264`` for ``h264``.

    Raises ``KeyError`` for a codec that the C table (``nenc/codecs.h``) does not have.
    """
    endings = {text(info.name): text(info.endings) for info in rows(lib.nenc_codec_at)}
    return endings[codec].split("|")[0]

"""Encodes and decodes netlink attributes: type and length, then the value, padded to four bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator

NESTED = 0x8000
_HEADER = struct.Struct("=HH")
_TYPE = 0x3FFF


def attribute(kind: int, value: bytes) -> bytes:
    """Returns one attribute as bytes."""
    return _HEADER.pack(_HEADER.size + len(value), kind) + value + bytes(-len(value) % 4)


def u32(kind: int, value: int) -> bytes:
    """Returns one attribute with a 32-bit value."""
    return attribute(kind, struct.pack("=I", value))


def u64(kind: int, value: int) -> bytes:
    """Returns one attribute with a 64-bit value."""
    return attribute(kind, struct.pack("=Q", value))


def walk(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields (type, value) of each attribute, without the type's flags. Stops at a malformed attribute."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind = _HEADER.unpack_from(data, at)
        if length < _HEADER.size or at + length > len(data):
            return
        yield kind & _TYPE, data[at + _HEADER.size : at + length]
        at += (length + 3) & ~3

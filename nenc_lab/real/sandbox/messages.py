"""The words lab and place exchange over a byte stream: kind, length, body."""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import IntEnum
from struct import Struct

HEADER = Struct("<BI")
LARGEST = 1 << 30
"""Bytes of a body; a longer one means that something else got into the stream."""


class Kind(IntEnum):
    # from the lab
    CALL = 1
    """JSON: target, and arguments or the file they are in."""
    SIGNAL = 2
    """JSON: number of a signal for the process of the call."""
    # from the place
    UP = 16
    """JSON: what kernel this is. Calls may come."""
    WARM = 17
    """JSON: seconds that imports took, and the errors of those that failed."""
    SAID = 18
    """Bytes the call has printed."""
    TOLD = 19
    """JSON from ``tell``."""
    RESULT = 20
    """JSON the call has returned."""
    RAISED = 21
    """JSON: traceback; then a zero byte and the pickled exception, or nothing."""
    ENDED = 22
    """JSON: wait status. The last word on each call."""
    TAKEN = 23
    """Nothing: the call has come, and begins. The first word on it."""


Frame = tuple[Kind, bytes]


def packed(kind: Kind, body: bytes) -> bytes:
    if len(body) > LARGEST:
        raise ValueError(f"{len(body)} bytes are too many for one message, which may have {LARGEST}")
    return HEADER.pack(kind, len(body)) + body


def write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


class Unpacker:
    """Takes bytes as they come, gives whole frames. Raises ValueError on what cannot be a frame."""

    def __init__(self) -> None:
        self._pieces = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        self._pieces += data
        while len(self._pieces) >= HEADER.size:
            kind, length = HEADER.unpack_from(self._pieces)
            if length > LARGEST:
                raise ValueError(f"a message of {length} bytes was announced: the stream is damaged")
            whole = Kind(kind)
            if len(self._pieces) < HEADER.size + length:
                return
            body = bytes(self._pieces[HEADER.size : HEADER.size + length])
            del self._pieces[: HEADER.size + length]
            yield whole, body

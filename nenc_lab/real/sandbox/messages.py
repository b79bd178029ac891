"""The messages between the lab and a sandbox, over a byte stream: kind, length, body."""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import IntEnum
from struct import Struct
from typing import Any

Json = Any
"""What JSON can say. The function that is called and its caller know the shape; nothing in between does."""

HEADER = Struct("<BI")
LARGEST = 1 << 30
"""Bytes of a body; a longer one means that something else got into the stream."""


class Kind(IntEnum):
    """What a message says, and what its body holds."""

    # from the lab
    CALL = 1
    """JSON: target, and arguments or the file they are in."""
    SIGNAL = 2
    """JSON: number of a signal for the process of the call."""
    # from the sandbox
    READY = 16
    """JSON: what kernel this is. Calls may come."""
    PRELOADED = 17
    """JSON: seconds that the imports took, and the errors of those that failed."""
    OUTPUT = 18
    """Bytes that the call has printed."""
    MESSAGE = 19
    """JSON that the function has passed to ``send``."""
    RESULT = 20
    """JSON that the function has returned."""
    RAISED = 21
    """JSON: traceback; then a zero byte and the pickled exception, or nothing."""
    ENDED = 22
    """JSON: wait status. The last message of each call."""
    ACCEPTED = 23
    """Nothing: the call has arrived and begins. The first message of each call."""


Frame = tuple[Kind, bytes]


def packed(kind: Kind, body: bytes) -> bytes:
    """A message as bytes. Raises ValueError when it is too large."""
    if len(body) > LARGEST:
        raise ValueError(f"{len(body)} bytes are too many for one message, which may have {LARGEST}")
    return HEADER.pack(kind, len(body)) + body


def write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


class Unpacker:
    """Takes bytes as they come and gives whole messages. Raises ValueError on what cannot be one."""

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

"""The messages between the lab and a sandbox, over a byte stream: kind, length, body."""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import IntEnum
from struct import Struct
from typing import Any

Json = Any
"""Any JSON value. Only the called function and its caller know its shape."""

HEADER = Struct("<BI")
LARGEST = 1 << 30
"""Bytes in a body; a longer one means that the stream is damaged."""


class Kind(IntEnum):
    """The kind of a message, and what its body holds."""

    # from the lab
    CALL = 1
    """JSON: the target, and its arguments or the file that holds them."""
    SIGNAL = 2
    """JSON: number of a signal for the process of the call."""
    # from the sandbox
    READY = 16
    """JSON: a description of the kernel. Calls may be sent from now on."""
    PRELOADED = 17
    """JSON: seconds that the imports took, and the errors of those that failed."""
    OUTPUT = 18
    """Bytes that the call printed."""
    MESSAGE = 19
    """JSON that the function passed to ``send``."""
    RESULT = 20
    """JSON that the function returned."""
    RAISED = 21
    """JSON: traceback; then a zero byte and the pickled exception, or nothing."""
    ENDED = 22
    """JSON: wait status. The last message of each call."""
    ACCEPTED = 23
    """Empty: the call has arrived and begins. The first message of each call."""


Frame = tuple[Kind, bytes]


def packed(kind: Kind, body: bytes) -> bytes:
    """Returns a message as bytes. Raises ValueError when it is too large."""
    if len(body) > LARGEST:
        raise ValueError(f"a message of {len(body)} bytes is too large; the limit is {LARGEST}")
    return HEADER.pack(kind, len(body)) + body


def write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


class Unpacker:
    """Collects bytes as they arrive and yields whole messages. Raises ValueError on a damaged stream."""

    def __init__(self) -> None:
        self._pieces = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        self._pieces += data
        while len(self._pieces) >= HEADER.size:
            kind, length = HEADER.unpack_from(self._pieces)
            if length > LARGEST:
                raise ValueError(f"the stream is damaged: it announces a message of {length} bytes")
            whole = Kind(kind)
            if len(self._pieces) < HEADER.size + length:
                return
            body = bytes(self._pieces[HEADER.size : HEADER.size + length])
            del self._pieces[: HEADER.size + length]
            yield whole, body

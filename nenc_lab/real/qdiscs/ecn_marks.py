"""Reads how many packets an AQM has marked, from its own statistics."""

from __future__ import annotations

import struct

from nenc_lab.real.qdiscs.attributes import walk
from nenc_lab.real.qdiscs.qdiscs import Cake, Codel, FqCodel, Options, Pie

_CAKE_TINS, _CAKE_MARKED = 13, 7


def may_mark(options: Options) -> bool:
    """Returns whether this kind of queue counts marks at all."""
    return isinstance(options, Codel | FqCodel | Pie | Cake)


def marks(options: Options, extra: bytes) -> int:
    """Returns the number of ECN marks since the qdisc was made, by the AQM's law and by a threshold."""
    match options:
        case Codel() if len(extra) >= 36:
            fields = struct.unpack_from("=IIIIiIIII", extra)
            return int(fields[6] + fields[8])
        case FqCodel() if len(extra) >= 32:
            fields = struct.unpack_from("=IIIIIIII", extra)
            return int(fields[3] + fields[7])
        case Pie() if len(extra) >= 40:
            return int(struct.unpack_from("=QIIIIIIII", extra)[8])
        case Cake():
            return _cake(extra)
        case _:
            return 0


def _cake(extra: bytes) -> int:
    total = 0
    for kind, tins in walk(extra):
        if kind == _CAKE_TINS:
            for _, tin in walk(tins):
                total += sum(struct.unpack_from("=I", value)[0] for name, value in walk(tin) if name == _CAKE_MARKED)
    return total

"""Finds out whether a kernel can emulate networks, by trying it in the network namespace of a call."""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Callable, Sequence

NEEDED = ("netem", "hfsc")
"""Queueing disciplines without which there is no real network."""

RTM_NEWLINK, RTM_NEWQDISC = 16, 36
REQUEST, ACK, REPLACE, CREATE = 0x001, 0x004, 0x100, 0x400
IFLA_LINKINFO, IFLA_INFO_KIND, TCA_KIND = 18, 1, 1
ROOT = 0xFFFFFFFF


def lacking(arguments: Sequence[str], send: Callable[[object], None]) -> list[str]:
    """Returns what this kernel lacks, as module names.

    ``arguments`` are queueing disciplines. To be run by `Sandbox.call`.
    """
    found = [f"sch_{kind}" for kind in arguments if _qdisc(kind) in (errno.ENOENT, errno.EPERM, errno.EOPNOTSUPP)]
    return found + (["veth"] if _veth() != 0 else [])


def _qdisc(kind: str) -> int:
    """Returns the error number of adding this qdisc to lo without options.

    It is EINVAL for a kind that needs options, and ENOENT for an unknown one.
    """
    message = struct.pack("=BxxxiIII", socket.AF_UNSPEC, socket.if_nametoindex("lo"), 0, ROOT, 0)
    return _ask(RTM_NEWQDISC, CREATE | REPLACE, message + _attribute(TCA_KIND, kind.encode() + b"\0"))


def _veth() -> int:
    message = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, 0, 0, 0)
    return _ask(RTM_NEWLINK, CREATE, message + _attribute(IFLA_LINKINFO, _attribute(IFLA_INFO_KIND, b"veth\0")))


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def _ask(kind: int, flags: int, message: bytes) -> int:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as link:
        link.sendto(struct.pack("=IHHII", 16 + len(message), kind, REQUEST | ACK | flags, 1, 0) + message, (0, 0))
        answer = link.recv(65536)
    code = struct.unpack_from("=i", answer, 16)[0]
    return -int(code) if code <= 0 else os.EX_OSERR

"""An rtnetlink socket for the qdiscs and classes of one namespace: adds and changes them, and reads them back."""

from __future__ import annotations

import errno
import os
import socket
import struct
from dataclasses import dataclass

from nenc_lab.errors import MachineError
from nenc_lab.real.qdiscs.attributes import attribute, walk
from nenc_lab.real.qdiscs.qdiscs import HfscClass, Options
from nenc_lab.real.qdiscs.tc_options import Values, decode, encode, values

_NEWQDISC, _GETQDISC = 36, 38
_NEWCLASS = 40
_REQUEST, _ACK, _ECHO, _EXCL, _CREATE = 0x1, 0x4, 0x8, 0x200, 0x400
_ERROR = 2
_MESSAGE = struct.Struct("=IHHII")
_TC = struct.Struct("=BxxxiIII")
_BASIC = struct.Struct("=QI")
_QUEUE = struct.Struct("=IIIII")
_RECEIVE_BYTES = 65536
_TIMEOUT_S = 5.0
_BUILT_IN = ("bfifo", "pfifo")
"""Part of every kernel that has qdiscs."""


@dataclass(frozen=True, slots=True)
class Told:
    """A qdisc or class as the kernel reports it."""

    kind: str
    options: bytes
    sent_bytes: int
    sent_packets: int
    queued_packets: int
    queued_bytes: int
    drops: int
    overlimits: int
    extra: bytes
    """TCA_STATS_APP, the statistics that are specific to the kind."""

    @property
    def values(self) -> Values:
        """Its options in the kernel's units."""
        return decode(self.kind, self.options)


class QdiscSocket:
    """A socket that belongs to the network namespace in which the calling thread opens it.

    Its methods raise MachineError when the kernel refuses, or reports something else than was asked for.
    """

    def __init__(self, place: str) -> None:
        self._place = place
        self._number = 0
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.settimeout(_TIMEOUT_S)
        self._socket.bind((0, 0))

    def add(self, index: int, parent: int, handle: int, options: Options) -> Told:
        """Adds a qdisc or class, and returns what the kernel made of it."""
        return self._set(_CREATE | _EXCL, index, parent, handle, options)

    def change(self, index: int, parent: int, handle: int, options: Options) -> Told:
        """Replaces the options of an existing qdisc or class; queued packets stay. Returns what the kernel reports."""
        return self._set(0, index, parent, handle, options)

    def _set(self, flags: int, index: int, parent: int, handle: int, options: Options) -> Told:
        body = attribute(1, options.kind.encode() + b"\0") + attribute(2, encode(options, new=bool(flags)))
        kind = _NEWCLASS if isinstance(options, HfscClass) else _NEWQDISC
        told = self._ask(kind, flags | _ACK | _ECHO, index, parent, handle, body, options.kind)
        wrong = differences(options, told)
        if wrong:
            raise MachineError(
                f"{self._place}: the kernel's {options.kind} differs from what was asked for ({'; '.join(wrong)}): "
                "something else changes the lab's qdiscs, or the lab does not know this kernel's traffic control"
            )
        return told

    def get(self, index: int, parent: int, handle: int) -> Told:
        """Returns one qdisc with its counters."""
        return self._ask(_GETQDISC, _ECHO, index, parent, handle, b"", "qdisc")

    def _ask(self, kind: int, flags: int, index: int, parent: int, handle: int, body: bytes, what: str) -> Told:
        self._number += 1
        payload = _TC.pack(0, index, handle, parent, 0) + body
        size = _MESSAGE.size + len(payload)
        self._socket.send(_MESSAGE.pack(size, kind, flags | _REQUEST, self._number, 0) + payload)
        told: Told | None = None
        acked = not flags & _ACK
        while told is None or not acked:
            data = self._socket.recv(_RECEIVE_BYTES)
            at = 0
            while at + _MESSAGE.size <= len(data):
                length, answer, _, number, _ = _MESSAGE.unpack_from(data, at)
                if number == self._number and answer in (_NEWQDISC, _NEWCLASS):
                    told = _told(data[at + _MESSAGE.size + _TC.size : at + length])
                elif number == self._number and answer == _ERROR:
                    (code,) = struct.unpack_from("=i", data, at + _MESSAGE.size)
                    if code:
                        raise self._failure(-code, what)
                    acked = True
                at += (length + 3) & ~3
        return told

    def _failure(self, code: int, what: str) -> MachineError:
        text = f"{self._place}: {what}: {os.strerror(code)}"
        if code == errno.ENOENT:
            text += ": something else removed the lab's qdisc"
            if what not in _BUILT_IN:
                text += f", or this kernel lacks sch_{what.replace('-', '_')} (modprobe it)"
        if code == errno.EPERM:
            text += "; this needs CAP_NET_ADMIN in this network namespace"
        return MachineError(text)

    def close(self) -> None:
        """Closes the socket. May be called more than once."""
        self._socket.close()


def differences(options: Options, told: Told) -> list[str]:
    """Returns where the kernel's qdisc differs from ``options``, as ``field: wanted, got``."""
    if told.kind != options.kind:
        return [f"kind: wanted {options.kind}, got {told.kind}"]
    has = told.values
    return [
        f"{name}: wanted {wanted}, got {has.get(name)}"
        for name, wanted in values(options).items()
        if not _same(name, wanted, has.get(name))
    ]


def _same(name: str, wanted: int, got: int | None) -> bool:
    # The kernel rounds times of its AQMs to 1.024 us, and a class's rate to fixed point.
    slack = {"target_us": 2, "interval_us": 2, "ce_us": 2, "update_us": 10_000, "upper_m2": 2, "fair_m2": 2}.get(
        name, 0
    )
    return got is not None and abs(got - wanted) <= slack


def _told(data: bytes) -> Told:
    kind, options, basic, queue, extra = "", b"", (0, 0), (0, 0, 0, 0, 0), b""
    for number, value in walk(data):
        if number == 1:
            kind = value.rstrip(b"\0").decode()
        elif number == 2:
            options = value
        elif number == 7:
            for part, stats in walk(value):
                if part == 1:
                    basic = _BASIC.unpack_from(stats)
                elif part == 3:
                    queue = _QUEUE.unpack_from(stats)
                elif part == 4:
                    extra = stats
    return Told(kind, options, basic[0], basic[1], queue[0], queue[1], queue[2], queue[4], extra)

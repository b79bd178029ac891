"""UDP in batches between two hosts of a path: a system call of a guest costs as much as fifty packets."""

from __future__ import annotations

import ctypes
import socket
import time

import numpy as np

from nenc_lab.real.qdiscs.namespaces import inside

BATCH = 64
HEADERS = 42
"""Ethernet, IPv4 and UDP: a payload of 1200 bytes is 1242 on the wire."""
_ROW = 2048
_CONTROL = 64
_SO_TIMESTAMPNS = 35
_SO_RCVBUFFORCE = 33
_DONTWAIT = 0x40

_libc = ctypes.CDLL(None, use_errno=True)


class _Iov(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Msg(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("iov", ctypes.POINTER(_Iov)),
        ("iov_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_long),
        ("length", ctypes.c_uint),
    )


def _messages(rows: np.ndarray, size: int, control: np.ndarray | None) -> tuple[object, object]:
    iovs, messages = (_Iov * BATCH)(), (_Msg * BATCH)()
    for i in range(BATCH):
        iovs[i] = _Iov(rows[i].ctypes.data, size)
        messages[i].iov = ctypes.pointer(iovs[i])
        messages[i].iov_count = 1
        if control is not None:
            messages[i].control = control[i].ctypes.data
            messages[i].control_length = _CONTROL
    return iovs, messages


class Source:
    """Numbered packets of ``size`` payload bytes from one host to another."""

    def __init__(self, host, to, size: int = 1200, port: int = 6000, tos: int = 0) -> None:
        with inside(host.netns_fd):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
        self.socket.connect((to.address, port))
        self.size, self.sent = size, 0
        self._rows = np.zeros((BATCH, _ROW), np.uint8)
        self._iovs, self._messages = _messages(self._rows, size, None)

    def send(self, count: int) -> None:
        """So many, now."""
        while count > 0:
            n = min(count, BATCH)
            numbers = np.arange(self.sent, self.sent + n, dtype=np.int64)
            self._rows[:n, :8] = numbers[:, None].view(np.uint8).reshape(n, 8)
            done = _libc.sendmmsg(self.socket.fileno(), self._messages, n, 0)
            if done < 0:
                raise OSError(ctypes.get_errno(), "sendmmsg")
            self.sent += done
            count -= done

    def pace(self, rate_bps: float, seconds: float, sink: Sink | None = None) -> None:
        """At a rate on the wire, in batches of about 2 ms."""
        start = time.monotonic()
        base = self.sent
        while (now := time.monotonic() - start) < seconds:
            due = int(now * rate_bps / 8 / (self.size + HEADERS)) - (self.sent - base)
            if due > 0:
                self.send(due)
            if sink is not None:
                sink.take()
            time.sleep(0.001)

    def close(self) -> None:
        self.socket.close()


class Sink:
    """Takes them; ``numbers`` and ``t_ns`` (CLOCK_REALTIME, by the kernel) in the order they came."""

    def __init__(self, host, port: int = 6000) -> None:
        with inside(host.netns_fd):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 64 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        self.socket.bind((host.address, port))
        self._rows = np.zeros((BATCH, _ROW), np.uint8)
        self._control = np.zeros((BATCH, _CONTROL), np.uint8)
        self._iovs, self._messages = _messages(self._rows, _ROW, self._control)
        self._taken: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def take(self) -> int:
        """All that is there."""
        total = 0
        while True:
            for i in range(BATCH):
                self._messages[i].control_length = _CONTROL
            n = _libc.recvmmsg(self.socket.fileno(), self._messages, BATCH, _DONTWAIT, None)
            if n <= 0:
                return total
            numbers = self._rows[:n, :8].copy().view(np.int64)[:, 0]
            stamps = self._control[:n, 16:32].copy().view(np.int64)
            tos = self._control[:n, 48].copy()  # the second message: IP_TOS, one byte
            self._taken.append((numbers, stamps[:, 0] * 1_000_000_000 + stamps[:, 1], tos))
            total += n
            if n < BATCH:
                return total

    def wait(self, seconds: float) -> None:
        """Takes what comes meanwhile."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.take()
            time.sleep(0.005)

    @property
    def numbers(self) -> np.ndarray:
        return np.concatenate([block[0] for block in self._taken]) if self._taken else np.zeros(0, np.int64)

    @property
    def t_ns(self) -> np.ndarray:
        return np.concatenate([block[1] for block in self._taken]) if self._taken else np.zeros(0, np.int64)

    @property
    def tos(self) -> np.ndarray:
        return np.concatenate([block[2] for block in self._taken]) if self._taken else np.zeros(0, np.uint8)

    def clear(self) -> None:
        self._taken.clear()

    def close(self) -> None:
        self.socket.close()

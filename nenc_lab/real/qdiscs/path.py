"""The network of a layout in this kernel: builds it, changes it, reads its counters, and removes it."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from nenc_lab.errors import InternalError
from nenc_lab.network.base import LinkChange, Rows
from nenc_lab.real.qdiscs.build import build
from nenc_lab.real.qdiscs.ecn_marks import marks, may_mark
from nenc_lab.real.qdiscs.layout import Layout, StagePlan
from nenc_lab.real.qdiscs.link_state import LinkState
from nenc_lab.real.qdiscs.namespaces import inside, new_namespace
from nenc_lab.real.qdiscs.qdiscs import HfscClass
from nenc_lab.real.qdiscs.rtnetlink import QdiscSocket, Told
from nenc_lab.real.qdiscs.stages import CHILD_HANDLE, CLASS, HANDLE, ROOT, stage_options

SLOW_BPS = 2_000_000
"""Below this rate a packet's departure may be planned far ahead, and a change of rate has to wake the queue."""
_KICK_PROTOCOL = 0x88B5  # IEEE 802, for local experiments: nobody listens

POLL_ROW = np.dtype(
    [
        ("link", "i4"),
        ("queue_bytes", "i8"),
        ("queue_packets", "i8"),
        ("bytes", "i8"),
        ("packets", "i8"),
        ("drops_queue", "i8"),
        ("drops_loss", "i8"),
        ("marked", "i8"),
        ("overlimits", "i8"),
    ]
)
"""One row per link; its counters start when it is built. ``bytes`` and ``packets`` left its queue (its delay line if it
has no queue), ``drops_queue`` were dropped by a full queue or an AQM, ``drops_loss`` by the loss stages. The 15-byte
packet that wakes a queue after an outage is counted.
"""


@dataclass(frozen=True, slots=True)
class Host:
    """A host that runs programs: its network namespace, and its address there."""

    netns_fd: int
    """Belongs to the path. Children inherit it only when asked to (``pass_fds``)."""
    address: str


@dataclass(slots=True)
class _Stage:
    plan: StagePlan
    socket: QdiscSocket
    index: int


class Path:
    """A context manager that holds the network.

    It needs CAP_SYS_ADMIN and CAP_NET_ADMIN, and a process without a running event loop, such as that of a sandbox's
    call. Only one thread may use it at a time.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._states = list(layout.states)
        self._namespaces: dict[str, int] = {}
        self._sockets: list[QdiscSocket] = []
        self._stages: list[_Stage] = []
        try:
            for node in layout.nodes:
                self._namespaces[node] = new_namespace()
            build(layout, self._namespaces)
            for stage in layout.stages:
                self._open(stage)
        except BaseException:
            self.close()
            raise

    def _open(self, plan: StagePlan) -> None:
        with inside(self._namespaces[plan.node]):
            sock = QdiscSocket(f"{plan.node} {plan.device}")
            self._sockets.append(sock)
            index = socket.if_nametoindex(plan.device)
        stage = _Stage(plan, sock, index)
        for parent, handle, options in stage_options(self._states[plan.link], plan):
            sock.add(index, parent, handle, options)
        self._stages.append(stage)

    # ---- where programs run

    def sender(self, flow: int) -> Host:
        """Returns the sending host of a flow."""
        return self._host(self.layout.flows[flow][0])

    def receiver(self, flow: int) -> Host:
        """Returns the receiving host of a flow."""
        return self._host(self.layout.flows[flow][1])

    def cross_sender(self, cross: int) -> Host:
        """Returns the sending host of cross traffic."""
        return self._host(self.layout.crosses[cross][0])

    def cross_receiver(self, cross: int) -> Host:
        """Returns the receiving host of cross traffic."""
        return self._host(self.layout.crosses[cross][1])

    def _host(self, name: str) -> Host:
        return Host(self._namespaces[name], self.layout.host(name).address)

    # ---- the timeline

    def apply(self, change: LinkChange, hold_ns: int = 0) -> None:
        """Applies a change now. Raises MachineError when the kernel does not have what was asked for.

        Ramps must be cut into steps before (`schedule.flatten`, which also knows how long a rate will hold).
        """
        if change.ramp is not None:
            raise InternalError("a ramp reached the kernel; it has to be cut into steps first")
        before = self._states[change.link]
        after = before.after(change, hold_ns)
        for stage in self._stages:
            if stage.plan.link == change.link:
                self._change(stage, before, after)
        self._states[change.link] = after

    def state(self, link: int) -> LinkState:
        """Returns the current state of a link."""
        return self._states[link]

    def _change(self, stage: _Stage, before: LinkState, after: LinkState) -> None:
        old = stage_options(before, stage.plan)
        for (_, _, had), (parent, handle, options) in zip(old, stage_options(after, stage.plan), strict=True):
            if had != options:
                told = stage.socket.change(stage.index, parent, handle, options)
                if isinstance(had, HfscClass) and had.rate_bps < SLOW_BPS and told.queued_packets:
                    self._kick(stage)

    def _kick(self, stage: _Stage) -> None:
        """Wakes a queue with a packet of 15 bytes that nobody receives.

        The kernel plans a packet's departure at the rate of that moment, and reconsiders it only when a packet arrives.
        """
        with inside(self._namespaces[stage.plan.node]):
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        with sock:
            sock.bind((stage.plan.device, 0))
            frame = bytes(12) + _KICK_PROTOCOL.to_bytes(2, "big") + b"\0"
            with suppress(OSError):  # when the queue is full, the kernel has reconsidered it nevertheless
                sock.send(frame)

    # ---- what happens

    def poll(self) -> Rows:
        """Returns a `POLL_ROW` per link, in the order of the links."""
        rows = np.zeros(len(self._states), POLL_ROW)
        rows["link"] = np.arange(len(rows))
        for stage in self._stages:
            row = rows[stage.plan.link]
            told = stage.socket.get(stage.index, ROOT, HANDLE)
            match stage.plan.stage:
                case "bottleneck":
                    _fill(row, told)
                    row["drops_queue"] = told.drops
                    queue = self._states[stage.plan.link].queue_options()
                    if may_mark(queue):
                        row["marked"] = marks(queue, stage.socket.get(stage.index, CLASS, CHILD_HANDLE).extra)
                case "entry":
                    row["drops_loss"] += told.drops
                case "exit":
                    row["drops_loss"] += told.drops
                    if not row["packets"] and not self._has_queue(stage.plan.link):
                        _fill(row, told)
                        row["queue_bytes"] = row["queue_packets"] = 0
        return rows

    def _has_queue(self, link: int) -> bool:
        return any(stage.plan.link == link and stage.plan.stage == "bottleneck" for stage in self._stages)

    def held(self, link: int) -> Told:
        """Returns the counters of a link's delay line."""
        stage = next(s for s in self._stages if s.plan.link == link and s.plan.stage == "exit")
        return stage.socket.get(stage.index, ROOT, HANDLE)

    # ---- the end

    def close(self) -> None:
        """Releases every namespace, which ends with its last process. May be called more than once."""
        while self._sockets:
            self._sockets.pop().close()
        self._stages.clear()
        for fd in self._namespaces.values():
            os.close(fd)
        self._namespaces.clear()

    def __enter__(self) -> Path:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _fill(row: Any, told: Told) -> None:
    row["queue_bytes"], row["queue_packets"] = told.queued_bytes, told.queued_packets
    row["bytes"], row["packets"] = told.sent_bytes, told.sent_packets
    row["overlimits"] = told.overlimits

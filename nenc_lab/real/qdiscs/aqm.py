"""The table of queue kinds: which qdisc, with which options, emulates each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nenc_lab.network.base import QueueSetting
from nenc_lab.real.qdiscs.qdiscs import Cake, Codel, FqCodel, Options, Pie


def _codel(queue: QueueSetting, ecn_ns: int | None) -> Options:
    number = queue.number
    return Codel(number("target"), number("interval"), queue.limit, ecn=bool(number("ecn")), ce_ns=ecn_ns)


def _fq_codel(queue: QueueSetting, ecn_ns: int | None) -> Options:
    number = queue.number
    return FqCodel(
        number("target"),
        number("interval"),
        queue.limit,
        ecn=bool(number("ecn")),
        flows=number("flows"),
        quantum_bytes=number("quantum"),
        memory_bytes=number("memory"),
    )


def _pie(queue: QueueSetting, ecn_ns: int | None) -> Options:
    number = queue.number
    return Pie(number("target"), number("tupdate"), queue.limit, ecn=bool(number("ecn")))


def _cake(queue: QueueSetting, ecn_ns: int | None) -> Options:
    return Cake(queue.number("rtt"), queue.number("memory"), str(queue.parameters["isolation"]))


QDISCS: Mapping[str, Callable[[QueueSetting, int | None], Options]] = {
    "codel": _codel,
    "fq-codel": _fq_codel,
    "pie": _pie,
    "cake": _cake,
}
"""Kinds of queue other than droptail, which is one of the kernel's plain queues (link_state.py)."""


def managed(queue: QueueSetting, ecn_ns: int | None) -> Options | None:
    """Returns the qdisc of a managed queue, or None for droptail.

    ``ecn_ns`` is a marking threshold beside the AQM's own law; only CoDel is ever given one (support.py).
    """
    return QDISCS[queue.kind](queue, ecn_ns) if queue.kind in QDISCS else None

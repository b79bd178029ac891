"""A queue management of the scenario as the qdisc under the serialiser."""

from __future__ import annotations

from nenc_lab.network.base import QueueSetting
from nenc_lab.real.qdiscs.qdiscs import Cake, Codel, FqCodel, Options, Pie


def managed(queue: QueueSetting, ecn_ns: int | None) -> Options | None:
    """None: it is droptail. ``ecn_ns``: a threshold beside the law, which only CoDel is asked for (support.py)."""
    match queue.kind:
        case "codel":
            return Codel(queue.target_ns, queue.interval_ns, queue.limit, ecn=queue.ecn, ce_ns=ecn_ns)
        case "fq-codel":
            return FqCodel(
                queue.target_ns,
                queue.interval_ns,
                queue.limit,
                ecn=queue.ecn,
                flows=queue.flows,
                quantum_bytes=queue.quantum_bytes,
                memory_bytes=queue.memory_bytes,
            )
        case "pie":
            return Pie(queue.target_ns, queue.update_ns, queue.limit, ecn=queue.ecn)
        case "cake":
            return Cake(queue.rtt_ns, queue.memory_bytes, queue.isolation)
        case _:
            return None

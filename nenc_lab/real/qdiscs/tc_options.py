"""Encodes the options of qdiscs for the kernel (TCA_OPTIONS), always completely, and decodes them.

pyroute2 supports of netem only the rate (and the kernel refuses its message for that), no threshold of CoDel and no
PIE. The numbers of the attributes are those of linux/pkt_sched.h.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nenc_lab.real.qdiscs.attributes import NESTED, attribute, u32, u64, walk
from nenc_lab.real.qdiscs.qdiscs import (
    FAIR_BPS,
    LONGEST_S,
    Bfifo,
    Cake,
    Codel,
    FqCodel,
    Hfsc,
    HfscClass,
    Netem,
    Options,
    Pfifo,
    Pie,
)
from nenc_lab.scenario.kernel_queues import ISOLATION

U32 = 0xFFFF_FFFF
TICK_NS = 64
"""The unit in which the kernel's traffic control counts short times."""

Values = dict[str, int]

_NETEM = struct.Struct("=IIIIII")
_GEMODEL = struct.Struct("=IIII")
_NETEM_RATE = struct.Struct("=IiIi")
_CURVE = struct.Struct("=III")
_FAIR, _UPPER = 2, 3


def share(p: float) -> int:
    """Returns a probability as the kernel's 32 bits."""
    return round(p * U32)


def _ticks(ns: int) -> int:
    return min(ns // TICK_NS, U32)


# ---- netem


def _netem_values(netem: Netem) -> Values:
    loss = netem.loss
    model = loss.kind == "gilbert-elliott"
    values = {
        "limit": netem.limit_packets,
        "latency_ns": netem.delay_ns,
        "jitter_ns": netem.jitter_ns,
        "loss": share(loss.p) if loss.kind == "bernoulli" else 0,
        "gap": 0,
        "duplicate": share(netem.duplicate),
        "loss_model": int(model),
        "rate_bytes": netem.rate_bps // 8,
        **dict.fromkeys(("delay_corr", "loss_corr", "duplicate_corr"), 0),
        **dict.fromkeys(("reorder", "reorder_corr", "corrupt", "corrupt_corr", "ecn"), 0),
        **dict.fromkeys(("packet_overhead", "cell_size", "cell_overhead"), 0),
    }
    if model:
        # h is the probability that a packet survives the bad state; tc takes and shows 1-h.
        values |= {"p": share(loss.p), "r": share(loss.r), "h": U32 - share(loss.loss_bad), "k1": share(loss.loss_good)}
    return values


def _netem_encode(netem: Netem) -> bytes:
    v = _netem_values(netem)
    latency, jitter = v["latency_ns"], v["jitter_ns"]
    data = _NETEM.pack(_ticks(latency), v["limit"], v["loss"], 0, v["duplicate"], _ticks(jitter))
    # The kernel keeps what a message leaves out, so correlation, reordering, corruption, ECN and rate are always sent.
    data += attribute(1, bytes(12)) + attribute(3, bytes(8)) + attribute(4, bytes(8)) + u32(7, 0)
    rate = v["rate_bytes"]
    data += u64(8, rate) if rate > U32 else b""
    data += attribute(6, _NETEM_RATE.pack(min(rate, U32), 0, 0, 0))
    data += attribute(10, struct.pack("=q", latency)) + attribute(11, struct.pack("=q", jitter))
    if netem.table:
        data += attribute(2, struct.pack(f"={len(netem.table)}h", *netem.table))
    if v["loss_model"]:
        data += attribute(5 | NESTED, attribute(2, _GEMODEL.pack(v["p"], v["r"], v["h"], v["k1"])))
    if netem.seed is not None:
        data += u64(14, netem.seed)
    return data


def _netem_decode(data: bytes) -> Values:
    latency, limit, loss, gap, duplicate, jitter = _NETEM.unpack_from(data)
    values = {
        "limit": limit,
        "latency_ns": latency * TICK_NS,
        "jitter_ns": jitter * TICK_NS,
        "loss": loss,
        "gap": gap,
        "duplicate": duplicate,
        "loss_model": 0,
        **dict.fromkeys(("delay_corr", "loss_corr", "duplicate_corr"), 0),
        **dict.fromkeys(("reorder", "reorder_corr", "corrupt", "corrupt_corr", "ecn"), 0),
        **dict.fromkeys(("rate_bytes", "packet_overhead", "cell_size", "cell_overhead"), 0),
    }
    rate64 = None
    for kind, value in walk(data[_NETEM.size :]):
        match kind:
            case 1:
                values |= zip(("delay_corr", "loss_corr", "duplicate_corr"), struct.unpack("=III", value), strict=True)
            case 3:
                values |= zip(("reorder", "reorder_corr"), struct.unpack("=II", value), strict=True)
            case 4:
                values |= zip(("corrupt", "corrupt_corr"), struct.unpack("=II", value), strict=True)
            case 5:
                values |= _loss_decode(value)
            case 6:
                names = ("rate_bytes", "packet_overhead", "cell_size", "cell_overhead")
                values |= zip(names, _NETEM_RATE.unpack(value), strict=True)
            case 7:
                values["ecn"] = struct.unpack("=I", value)[0]
            case 8:
                rate64 = struct.unpack("=Q", value)[0]
            case 10:
                values["latency_ns"] = struct.unpack("=q", value)[0]
            case 11:
                values["jitter_ns"] = struct.unpack("=q", value)[0]
            case 12:
                values["slot"] = int(any(value))
            case 14:
                values["seed"] = struct.unpack("=Q", value)[0]
    if rate64:
        values["rate_bytes"] = rate64
    return values


def _loss_decode(data: bytes) -> Values:
    for kind, value in walk(data):
        if kind == 2:
            return {"loss_model": 1, **dict(zip(("p", "r", "h", "k1"), _GEMODEL.unpack(value), strict=True))}
    return {"loss_model": 2}  # the four-state model, which the lab does not use


# ---- hfsc


def _class_values(bottleneck: HfscClass) -> Values:
    values = dict.fromkeys(("fair_m1", "fair_d_us", "upper_m1", "upper_d_us"), 0)
    if bottleneck.rate_bps == 0:
        values["upper_d_us"] = LONGEST_S * 1_000_000
    return {**values, "fair_m2": FAIR_BPS // 8, "upper_m2": max(1, bottleneck.rate_bps // 8)}


def _class_encode(bottleneck: HfscClass) -> bytes:
    v = _class_values(bottleneck)
    fair = _CURVE.pack(v["fair_m1"], v["fair_d_us"], v["fair_m2"])
    return attribute(_FAIR, fair) + attribute(_UPPER, _CURVE.pack(v["upper_m1"], v["upper_d_us"], v["upper_m2"]))


def _class_decode(data: bytes) -> Values:
    values: Values = {}
    for kind, value in walk(data):
        curve = {_FAIR: "fair", _UPPER: "upper"}.get(kind, "real_time")
        values |= zip((f"{curve}_m1", f"{curve}_d_us", f"{curve}_m2"), _CURVE.unpack(value), strict=True)
    return values


# ---- queues of 32-bit attributes only

_NAMES: dict[str, dict[int, str]] = {
    "codel": {1: "target_us", 2: "limit", 3: "interval_us", 4: "ecn", 5: "ce_us"},
    "fq_codel": {
        1: "target_us",
        2: "limit",
        3: "interval_us",
        4: "ecn",
        5: "flows",
        6: "quantum",
        9: "memory",
    },
    "pie": {1: "target_us", 2: "limit", 3: "update_us", 6: "ecn", 7: "bytemode", 8: "estimator"},
    "cake": {3: "diffserv", 5: "flow_mode", 7: "rtt_us", 8: "target_us", 9: "autorate", 10: "memory", 16: "ack_filter"},
}
_CAKE_ONE_CLASS = 3  # besteffort


def _codel_values(codel: Codel) -> Values:
    values = {
        "target_us": codel.target_ns // 1000,
        "limit": codel.limit_packets,
        "interval_us": codel.interval_ns // 1000,
        "ecn": int(codel.ecn),
    }
    return values if codel.ce_ns is None else {**values, "ce_us": codel.ce_ns // 1000}


def _fq_codel_values(fq: FqCodel) -> Values:
    return {
        "target_us": fq.target_ns // 1000,
        "limit": fq.limit_packets,
        "interval_us": fq.interval_ns // 1000,
        "ecn": int(fq.ecn),
        "flows": fq.flows,
        "quantum": fq.quantum_bytes,
        "memory": fq.memory_bytes,
    }


def _pie_values(pie: Pie) -> Values:
    return {
        "target_us": pie.target_ns // 1000,
        "limit": pie.limit_packets,
        "update_us": pie.update_ns // 1000,
        "ecn": int(pie.ecn),
        "bytemode": 0,
        "estimator": 0,
    }


def _cake_values(cake: Cake) -> Values:
    return {
        "diffserv": _CAKE_ONE_CLASS,
        "flow_mode": ISOLATION.index(cake.isolation),
        "rtt_us": cake.rtt_ns // 1000,
        "target_us": cake.rtt_ns // 1000 // 20,
        "autorate": 0,
        "memory": cake.memory_bytes,
        "ack_filter": 0,
    }


def _plain_encode(kind: str, values: Values) -> bytes:
    return b"".join(u32(number, values[name]) for number, name in _NAMES[kind].items() if name in values)


def _plain_decode(kind: str, data: bytes) -> Values:
    names = _NAMES[kind]
    return {names[number]: struct.unpack("=I", value)[0] for number, value in walk(data) if number in names}


# ---- the table

_VALUES: dict[type, Callable[[Any], Values]] = {
    Netem: _netem_values,
    Hfsc: lambda _: {"default": 1},
    HfscClass: _class_values,
    Bfifo: lambda bfifo: {"limit": bfifo.limit_bytes},
    Pfifo: lambda pfifo: {"limit": pfifo.limit_packets},
    Codel: _codel_values,
    FqCodel: _fq_codel_values,
    Pie: _pie_values,
    Cake: _cake_values,
}


def values(options: Options) -> Values:
    """Returns what the kernel should report for this qdisc, in its units; probabilities as 32 bits."""
    return _VALUES[type(options)](options)


def encode(options: Options, *, new: bool = True) -> bytes:
    """Returns the complete TCA_OPTIONS.

    A seed and a number of flows are sent only for a ``new`` qdisc: each change would restart the seed's sequence, and
    the kernel refuses another number of flows.
    """
    match options:
        case Netem():
            return _netem_encode(options if new else replace(options, seed=None))
        case FqCodel() if not new:
            told = {name: value for name, value in values(options).items() if name != "flows"}
            return _plain_encode("fq_codel", told)
        case Hfsc():
            return struct.pack("=H", 1)
        case HfscClass():
            return _class_encode(options)
        case Pfifo(limit) | Bfifo(limit):
            return struct.pack("=I", limit)
        case Cake():
            return u64(2, 0) + _plain_encode("cake", values(options))  # 0: its shaper is off
        case _:
            return _plain_encode(options.kind, values(options))


def decode(kind: str, data: bytes) -> Values:
    """Decodes TCA_OPTIONS from the kernel. Raises KeyError for a kind that the lab does not use."""
    match kind:
        case "netem":
            return _netem_decode(data)
        case "hfsc":
            return {"default": struct.unpack("=H", data)[0]} if len(data) == 2 else _class_decode(data)
        case "pfifo" | "bfifo":
            return {"limit": struct.unpack_from("=I", data)[0]}
        case _:
            return _plain_decode(kind, data)

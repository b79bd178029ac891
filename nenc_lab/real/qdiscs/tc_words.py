"""Writes the options of a qdisc as arguments of tc."""

from __future__ import annotations

from nenc_lab.network.base import LossSetting
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


def words(options: Options, table_name: str = "", *, new: bool = True) -> str:
    """Returns the arguments that follow ``tc qdisc add dev X root handle 1:``, or the equivalent for a class.

    When not ``new``, they are for ``change``. ``table_name`` names the table of a jitter's distribution.
    """
    match options:
        case Netem():
            return _netem(options, table_name, new)
        case Hfsc():
            return "hfsc default 1"
        case HfscClass(rate):
            upper = f"m2 {rate}bit" if rate else f"m1 0bit d {LONGEST_S}s m2 8bit"
            return f"hfsc ls m2 {FAIR_BPS}bit ul {upper}"
        case Bfifo(limit):
            return f"bfifo limit {limit}"
        case Pfifo(limit):
            return f"pfifo limit {limit}"
        case Codel(target, interval, limit, ecn, ce):
            threshold = "" if ce is None else f" ce_threshold {ce // 1000}us"
            times = f"target {target // 1000}us interval {interval // 1000}us"
            return f"codel limit {limit} {times}{threshold} {_ecn(ecn)}"
        case FqCodel(target, interval, limit, ecn, flows, quantum, memory):
            times = f"target {target // 1000}us interval {interval // 1000}us"
            number = f" flows {flows}" if new else ""
            return f"fq_codel limit {limit}{number} quantum {quantum} {times} memory_limit {memory}b {_ecn(ecn)}"
        case Pie(target, update, limit, ecn):
            return f"pie limit {limit} target {target // 1000}us tupdate {update // 1000}us {_ecn(ecn)}"
        case Cake(rtt, memory, isolation):
            return f"cake unlimited besteffort {isolation} rtt {rtt // 1000}us memlimit {memory}b"


def _ecn(on: bool) -> str:
    return "ecn" if on else "noecn"


def _netem(netem: Netem, table_name: str, new: bool) -> str:
    parts = [f"netem limit {netem.limit_packets} delay {_us(netem.delay_ns)}"]
    if netem.jitter_ns:
        parts.append(_us(netem.jitter_ns) + (f" distribution {table_name}" if table_name else ""))
    parts += _loss(netem.loss)
    if netem.duplicate:
        parts.append(f"duplicate {_percent(netem.duplicate)}")
    if netem.rate_bps:
        parts.append(f"rate {netem.rate_bps}bit")
    if netem.seed is not None and new:
        parts.append(f"seed {netem.seed}")
    return " ".join(parts)


def _loss(loss: LossSetting) -> list[str]:
    match loss.kind:
        case "bernoulli":
            return [f"loss random {_percent(loss.p)}"]
        case "gilbert-elliott":
            return ["loss gemodel " + " ".join(map(_percent, (loss.p, loss.r, loss.loss_bad, loss.loss_good)))]
        case _:
            return []


def _us(ns: int) -> str:
    return f"{round(ns / 1000)}us"  # tc drops fractions


def _percent(p: float) -> str:
    return f"{p * 100:.12g}%"

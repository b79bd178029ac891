"""Finds what a scenario asks of the network that the kernel's qdiscs cannot do, before anything is built."""

from __future__ import annotations

from collections.abc import Sequence

from nenc_lab.network.base import JitterSetting, LinkChange, LinkSetting, LossSetting
from nenc_lab.real.qdiscs.aqm import QDISCS
from nenc_lab.real.qdiscs.limits import MTU_BYTES, UNLIMITED_BPS, UNLIMITED_BYTES, WIRE_BYTES
from nenc_lab.real.qdiscs.schedule import STEP_NS
from nenc_lab.scenario.capacity import Opportunities, RateProgram

LONGEST_JITTER_NS = 2_000_000_000
"""The kernel calculates jitter in 31 bits of nanoseconds."""
LEAST_BPS = 8_000
KINDS = {"droptail", *QDISCS}
COARSE_BPS = WIRE_BYTES * 8e9 / STEP_NS
"""Below this rate, one packet takes longer than a step of a ramp or a trace."""


def refusals(links: Sequence[LinkSetting], changes: Sequence[LinkChange]) -> list[tuple[int, str]]:
    """Returns (link, what is wrong and what is possible) for everything that this backend would get wrong."""
    found: list[tuple[int, str]] = []
    for number, link in enumerate(links):
        mine = [change for change in changes if change.link == number]
        found += [(number, text) for text in [*_queue(link, mine), *_numbers(link, mine)]]
    return found


def remarks(links: Sequence[LinkSetting], changes: Sequence[LinkChange]) -> list[tuple[int, str]]:
    """Returns (link, text) for everything that this backend does differently from the virtual network."""
    found: list[tuple[int, str]] = []
    for number, link in enumerate(links):
        mine = [change for change in changes if change.link == number]
        if isinstance(link.capacity, Opportunities):
            found.append((number, f"delivery opportunities become mean rates of {STEP_NS // 1_000_000} ms each"))
        if any(0.0 < rate < COARSE_BPS for rate in _moving(link, mine)):
            text = f"ramps and traces below {COARSE_BPS / 1000:.0f} kbit/s carry more than they should: each change"
            found.append((number, f"{text} lets the packet in service go"))
        if link.ecn_ns is not None and link.queue.unit != "packets":
            found.append((number, f"with an ECN threshold the queue is counted in packets of {WIRE_BYTES} B"))
        if any(jitter.kind != "none" for jitter in _jitters(link, mine)):
            found.append((number, "what jitter adds counts as queue delay: it cannot be told apart from outside"))
        ordered = any(jitter.kind == "ordered" for jitter in _jitters(link, mine))
        if _has_states(link, mine) and any(_renews_netem(change, ordered) for change in mine):
            found.append((number, "a change of its delay or jitter puts Gilbert-Elliott loss back into the good state"))
    return found


def _queue(link: LinkSetting, changes: list[LinkChange]) -> list[str]:
    units = {link.queue.unit, *(change.queue.unit for change in changes if change.queue is not None)}
    texts = []
    if "packets" in units and len(units) > 1 and link.ecn_ns is None:
        texts.append(
            "a queue that changes between packets and bytes or ms would lose what is in it: keep to one kind of unit"
        )
    sizes = [link.queue, *(change.queue for change in changes if change.queue is not None)]
    texts += [f"a {kind} queue: the virtual network has it" for kind in sorted({queue.kind for queue in sizes} - KINDS)]
    if any(queue.unit == "bytes" and queue.limit < MTU_BYTES for queue in sizes):
        texts.append(f"a queue of less than the largest packet: at least {MTU_BYTES} B")
    if any(queue.unit == "bytes" and queue.limit > UNLIMITED_BYTES for queue in sizes):
        texts.append(f"a queue of more than 1 GiB: at most {UNLIMITED_BYTES} B")
    if link.ecn_ns is not None and link.queue.kind not in ("droptail", "codel"):
        texts.append(f"an ECN threshold beside {link.queue.kind}: leave ecn out, or let codel be the queue")
    if len({queue.parameters.get("flows") for queue in sizes}) > 1:
        texts.append("another number of flows of fq-codel: it cannot change while there are packets in them")
    return texts


def _numbers(link: LinkSetting, changes: list[LinkChange]) -> list[str]:
    rates = [link.rate_bps, *(change.rate_bps for change in changes)]
    texts = []
    low = [rate for rate in rates if rate is not None and 0.0 < rate < LEAST_BPS]
    if low:
        texts.append(f"a rate of {low[0]:g} bit/s: at least {LEAST_BPS / 1000:g} kbit/s, or 0 for an outage")
    high = max((rate for rate in [*rates, *_program(link)] if rate is not None), default=0.0)
    if high > UNLIMITED_BPS:
        text = f"a rate of {high / 1e9:g} Gbit/s: at most {UNLIMITED_BPS / 1e9:g} Gbit/s"
        texts.append(f"{text}, or leave the rate out, and the link is no bottleneck")
    if any(jitter.kind != "none" and jitter.max_ns > LONGEST_JITTER_NS for jitter in _jitters(link, changes)):
        texts.append("jitter of more than 2 s: the kernel's jitter ends there")
    return texts


def _program(link: LinkSetting) -> list[float]:
    return link.capacity.rate_bps.tolist() if isinstance(link.capacity, RateProgram) else []


def _moving(link: LinkSetting, changes: list[LinkChange]) -> list[float]:
    """Returns the rates that ramps and programs take; of a ramp at least the final one."""
    return [*_program(link), *(change.rate_bps for change in changes if change.ramp and change.rate_bps is not None)]


def _jitters(link: LinkSetting, changes: list[LinkChange]) -> list[JitterSetting]:
    return [link.jitter, *(change.jitter for change in changes if change.jitter is not None)]


def _renews_netem(change: LinkChange, ordered: bool) -> bool:
    """Returns whether the change reconfigures the netem that makes the loss. Ordered jitter depends on the rate."""
    others = (change.delay_ns, change.jitter, change.duplicate, change.rate_bps if ordered else None)
    return change.loss is None and any(other is not None for other in others)


def _has_states(link: LinkSetting, changes: list[LinkChange]) -> bool:
    losses: list[LossSetting] = [link.loss, *(change.loss for change in changes if change.loss is not None)]
    return any(loss.kind == "gilbert-elliott" for loss in losses)

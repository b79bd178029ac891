"""What the scenario did and when, in a few words each: the vertical lines of a figure.

Read from the compiled timeline, not from the events table: its values are exact and its words short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from nenc_lab.plots.words import MINUS, duration, percent, rate
from nenc_lab.units import NS_PER_S

if TYPE_CHECKING:
    from nenc_lab.scenario.hop import Jitter, Loss
    from nenc_lab.scenario.queue import QueueModel
    from nenc_lab.scenario.schema import CrossTraffic
    from nenc_lab.scenario.timeline import Step, Timeline

_TCP = {"tcp-reno": "TCP Reno", "tcp-cubic": "TCP CUBIC", "tcp-bbr": "TCP BBR"}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at ``t_s``; events of one instant are one event, their texts joined."""

    t_s: float
    text: str


def events(timeline: Timeline, until_s: float) -> tuple[Event, ...]:
    """Path changes, comings and goings of flows and cross traffic, and faults of a scenario up to ``until_s``."""
    found: dict[int, list[str]] = {}
    for at_ns, text in (*_of_path(timeline), *_of_traffic(timeline), *_of_faults(timeline)):
        if 0 < at_ns < until_s * NS_PER_S and text:
            texts = found.setdefault(at_ns, [])
            if text not in texts:
                texts.append(text)
    return tuple(Event(at_ns / NS_PER_S, ", ".join(texts)) for at_ns, texts in sorted(found.items()))


def _of_path(timeline: Timeline) -> Iterator[tuple[int, str]]:
    """Both directions in one text, said once where they are alike."""
    for at_ns, steps in groupby(timeline.steps, key=lambda step: step.at_ns):
        texts: dict[str, list[str]] = {"forward": [], "reverse": []}
        for step in steps:
            texts[step.direction] += _of_step(step)
        forward, reverse = texts.values()
        alike = [text for text in forward if text in reverse]
        told = [text if text.startswith("no ") else f"{text} both ways" for text in alike]
        told += [text for text in forward if text not in alike]
        told += [f"reverse {text}" for text in reverse if text not in alike]
        yield at_ns, ", ".join(told)


def _of_step(step: Step) -> list[str]:
    hop = f"{step.change.hop} " if step.change.hop else ""
    over = f" over {_span(step.ramp.length_ns)}" if step.ramp else ""
    written = ((key, say, getattr(step.change, key)) for key, say in _SAY.items())
    return [hop + say(value) + (over if key == "rate" else "") for key, say, value in written if value is not None]


def _of_traffic(timeline: Timeline) -> Iterator[tuple[int, str]]:
    for flow in timeline.scenario.flows:
        yield flow.start, f"+ {flow.name}"
        if flow.stop is not None:
            yield flow.stop, f"{MINUS} {flow.name}"
    for cross in timeline.scenario.cross_traffic:
        yield cross.start, f"+ {cross.name} {_traffic(cross)}"
        if cross.stop is not None:
            yield cross.stop, f"{MINUS} {cross.name}"


def _of_faults(timeline: Timeline) -> Iterator[tuple[int, str]]:
    several = len(timeline.scenario.flows) > 1
    for step in timeline.faults:
        yield step.at_ns, f"{step.label} {step.flow}" if several else step.label


def _rate(bps: int) -> str:
    return rate(bps) if bps else "outage"


def _traffic(cross: CrossTraffic) -> str:
    """Its rate; of TCP, which has none, its congestion control."""
    return _TCP[cross.kind] if cross.rate is None else _rate(cross.rate)


def _loss(loss: Loss) -> str:
    """The mean of a loss model."""
    bursts = " in bursts" if loss.kind == "gilbert-elliott" and loss.p + loss.r else ""
    return f"loss {percent(loss.mean)}{bursts}" if loss.mean else "no loss"


def _span(length_ns: int) -> str:
    return duration(length_ns / NS_PER_S)


def _queue(queue: QueueModel) -> str:
    """The size of a queue that drops at its tail, the target of any other."""
    written = queue.model_dump(mode="json")
    if "size" in written:
        return f"queue {written['size']}"
    return f"queue {queue.kind} {written.get('target') or written.get('rtt') or ''}".rstrip()


def _jitter(jitter: Jitter) -> str:
    return f"jitter {_span(jitter.std) if jitter.std else 'none'}"


_SAY: dict[str, Callable[[Any], str]] = {
    "rate": _rate,
    "delay": lambda delay_ns: f"delay {_span(delay_ns)}",
    "loss": _loss,
    "jitter": _jitter,
    "queue": _queue,
    "duplicate": lambda ratio: f"duplicates {percent(ratio)}",
}
"""How each key that a step may change is said."""

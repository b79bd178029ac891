"""What the scenario did and when, in a few words each: the vertical lines of a figure.

Read from the resolved scenario in run.json, not from the events table: its values are exact and its words short. The
scenario is not parsed again into its models, for a run folder must stay readable where its trace files are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nenc_lab.errors import InputError
from nenc_lab.plots.words import MINUS, duration, percent, rate
from nenc_lab.units import parse_rate, parse_ratio, parse_time

_TCP = {"tcp-reno": "TCP Reno", "tcp-cubic": "TCP CUBIC", "tcp-bbr": "TCP BBR"}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at ``t_s``; events of one instant are one event, their texts joined."""

    t_s: float
    text: str


def seconds(value: object) -> float:
    """A time of the scenario file ("20s") in seconds."""
    return parse_time(value) / 1e9


def events(scenario: Mapping[str, Any], until_s: float) -> tuple[Event, ...]:
    """Path changes, comings and goings of flows and cross traffic, and faults of a scenario up to ``until_s``."""
    found: dict[float, list[str]] = {}
    for t_s, text in _all(scenario):
        if 0.0 < t_s < until_s and text:
            texts = found.setdefault(round(t_s, 6), [])
            if text not in texts:
                texts.append(text)
    return tuple(Event(t_s, ", ".join(texts)) for t_s, texts in sorted(found.items()))


def _all(scenario: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    for entry in scenario.get("timeline") or ():
        yield seconds(entry["at"]), _path_change(entry)
    flows = scenario.get("flows") or ()
    for flow in flows:
        yield seconds(flow.get("start") or "0s"), f"+ {flow['name']}"
        if flow.get("stop") is not None:
            yield seconds(flow["stop"]), f"{MINUS} {flow['name']}"
    for cross in scenario.get("cross_traffic") or ():
        yield seconds(cross.get("start") or "0s"), f"+ {cross['name']} {_traffic(cross)}".rstrip()
        if cross.get("stop") is not None:
            yield seconds(cross["stop"]), f"{MINUS} {cross['name']}"
    for fault in scenario.get("faults") or ():
        begin, end = _fault(fault, whose=f" {fault['flow']}" if len(flows) > 1 and fault.get("flow") else "")
        yield seconds(fault["at"]), begin
        if fault.get("lasts") is not None:
            yield seconds(fault["at"]) + seconds(fault["lasts"]), end


def _fault(fault: Mapping[str, Any], whose: str) -> tuple[str, str]:
    from nenc_lab.scenario.disturbance import fault_words

    words = fault_words(str(fault.get("kind", "fault")), fault.get("resolution"))
    return words.label + whose, words.end_label + whose if words.end_label else ""


def _path_change(entry: Mapping[str, Any]) -> str:
    """Both directions in one text, said once where they are alike."""
    forward, reverse = (_direction(entry.get(way) or {}) for way in ("forward", "reverse"))
    alike = [text for text in forward if text in reverse]
    texts = [text if text.startswith("no ") else f"{text} both ways" for text in alike]
    texts += [text for text in forward if text not in alike]
    texts += [f"reverse {text}" for text in reverse if text not in alike]
    ramp = entry.get("ramp")
    over = f" over {duration(seconds(ramp['over']))}" if ramp else ""
    return ", ".join(texts) + over if texts else ""


def _direction(change: Mapping[str, Any]) -> list[str]:
    hop = f"{change['hop']} " if change.get("hop") else ""
    texts = []
    for key, value in change.items():
        if value is None or key == "hop":
            continue
        texts.append(hop + _SAY[key](value) if key in _SAY else f"{hop}{key} {value}")
    return texts


def _rate(value: object) -> str:
    if value is None:
        return ""
    bps = parse_rate(value)
    return rate(bps) if bps else "outage"


def _traffic(cross: Mapping[str, Any]) -> str:
    """Its rate; of TCP, which has none, its congestion control."""
    kind = str(cross.get("kind"))
    return _TCP.get(kind, kind) if kind.startswith("tcp-") else _rate(cross.get("rate"))


def _loss(value: object) -> str:
    """The mean of a loss model."""
    from nenc_lab.scenario.hop import loss_of

    loss = loss_of(value)
    bursts = " in bursts" if loss.kind == "gilbert-elliott" and loss.p + loss.r else ""
    return f"loss {percent(loss.mean)}{bursts}" if loss.mean else "no loss"


def _span(value: object) -> str:
    return duration(seconds(value))


def _queue(value: object) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    if value.get("kind", "droptail") == "droptail":
        return str(value.get("size"))
    return f"{value['kind']} {value.get('target') or value.get('rtt') or ''}".rstrip()


def _jitter(value: object) -> str:
    if isinstance(value, Mapping):
        return "none" if value.get("kind") == "none" or value.get("std") is None else _span(value["std"])
    return _span(value)


_SAY: dict[str, Callable[[object], str]] = {
    "rate": _rate,
    "delay": lambda value: f"delay {_span(value)}",
    "loss": _loss,
    "jitter": lambda value: f"jitter {_jitter(value)}",
    "queue": lambda value: f"queue {_queue(value)}",
    "duplicate": lambda value: f"duplicates {percent(parse_ratio(value))}",
}


def on_trace(scenario: Mapping[str, Any]) -> bool:
    """Whether a trace sets the forward capacity: then a share is a mean, not something a rate could settle at."""
    forward = (scenario.get("path") or {}).get("forward") or {}
    return any(hop.get("trace") for hop in (forward, *(forward.get("hops") or ())))


def duration_s(scenario: Mapping[str, Any]) -> float | None:
    """The scenario's length, None when it says none that can be read."""
    try:
        return seconds(scenario["duration"])
    except (KeyError, InputError):
        return None


def rate_max_bps(flow: Mapping[str, Any]) -> float | None:
    """A flow's highest rate, None when it says none that can be read."""
    try:
        return float(parse_rate(flow["rate"]["max"]))
    except (KeyError, TypeError, InputError):
        return None

"""Collects facts from the runs of two networks that may explain why their figures differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nenc_lab.analysis.tolerance import TOLERANCES

if TYPE_CHECKING:
    from nenc_lab.recording.open import Run

Named = tuple[str, Sequence["Run"]]
"""A network's name and its runs."""

ALL = frozenset(TOLERANCES)
_QUEUE = frozenset({"queue_delay_p50", "queue_delay_p95"})
_AMOUNT = frozenset({"goodput", "utilisation"})
_LONGEST = 120
_MOST_DIFFERENCES = 6
_MOST_CALIBRATED = 16


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line of text, and the keys of the figures that it may explain."""

    text: str
    figures: frozenset[str]


def of_runs(first: Named, second: Named) -> tuple[Evidence, ...]:
    """Facts that concern every flow: differences of the scenarios, lateness, calibration, events, lost runs."""
    texts = [*_scenarios(first, second), *_events(first, second)]
    for name, runs in (first, second):
        texts += [*_lateness(name, runs), *_calibration(name, runs)]
    return tuple(Evidence(text, ALL) for text in texts)


def of_flow(flow: str, first: Named, second: Named) -> tuple[Evidence, ...]:
    """Facts that concern one flow: means over the runs of each network."""
    found = []
    for text, unit, figures, read in _MEASURED:
        values = [_mean([read(run, flow) for run in runs]) for _, runs in (first, second)]
        if any(value is not None for value in values):
            told = ", ".join(
                f"{name} {'none' if value is None else f'{value:.4g} {unit}'.rstrip()}"
                for (name, _), value in zip((first, second), values, strict=True)
            )
            found.append(Evidence(f"{text}: {told}", figures))
    return tuple(found)


def _lowest_rtt_ms(run: Run, flow: str) -> float | None:
    rtt = run.columns("ticks", flow, ("rtt_ms",))["rtt_ms"]
    rtt = rtt[np.isfinite(rtt)]
    return float(rtt.min()) if len(rtt) else None


def _per_second(column: str, scale: float) -> Callable[[Run, str], float | None]:
    def read(run: Run, flow: str) -> float | None:
        ticks = run.columns("ticks", flow, ("t_s", column))
        t = ticks["t_s"]
        if len(t) < 2:
            return None
        return scale * float(ticks[column][-1] - ticks[column][0]) / float(t[-1] - t[0])

    return read


def _drops(column: str) -> Callable[[Run, str], float | None]:
    def read(run: Run, flow: str) -> float | None:
        hops = dict.fromkeys(run.columns("path", only=("hop",))["hop"])
        forward = [hop for hop in hops if hop is not None and hop.startswith("forward")]
        return float(sum(run.columns("path", hop, (column,))[column].sum() for hop in forward)) if forward else None

    return read


def _encoder_error(run: Run, flow: str) -> float | None:
    error = ((run.summary.get("flows") or {}).get(flow) or {}).get("encoder_error")
    return None if error is None else 100.0 * error


_MEASURED: tuple[tuple[str, str, frozenset[str], Callable[[Run, str], float | None]], ...] = (
    ("lowest round-trip time", "ms", ALL - {"loss"}, _lowest_rtt_ms),
    ("feedback samples", "a second", _QUEUE | {"settling"}, _per_second("samples", 1.0)),
    ("sent by the pacer", "Mbit/s", ALL - {"settling"}, _per_second("sent_bytes", 8e-6)),
    ("encoder off its target by", "%", ALL - {"loss"}, _encoder_error),
    ("packets a full queue dropped, all flows", "a run", ALL, _drops("drops_queue")),
    ("packets the loss stage took, all flows", "a run", _AMOUNT | {"loss"}, _drops("drops_loss")),
)


def _scenarios(first: Named, second: Named) -> Iterator[str]:
    """The keys in which the scenarios of the two differ, apart from seeds."""
    one, other = ({} if not runs else dict(_leaves(runs[0].info["scenario"])) for _, runs in (first, second))
    keys = [key for key in dict.fromkeys((*one, *other)) if key != "seed" and one.get(key) != other.get(key)]
    for key in keys[:_MOST_DIFFERENCES]:
        values = [str(leaves.get(key, "not set")) for leaves in (one, other)]
        yield f"the scenarios differ: {key} is {values[0]} in {first[0]}, {values[1]} in {second[0]}"
    if len(keys) > _MOST_DIFFERENCES:
        yield f"the scenarios differ in {len(keys) - _MOST_DIFFERENCES} more values"


def _leaves(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Every scalar in ``value`` by its dotted key; list items go by their name where they have one."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves(item, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            name = item.get("name", number) if isinstance(item, Mapping) else number
            yield from _leaves(item, f"{key}.{name}" if key else str(name))
    else:
        yield key, value


def _lateness(name: str, runs: Sequence[Run]) -> Iterator[str]:
    late = [(run.summary.get("run") or {}).get("lateness_ms") or {} for run in runs]
    p99, most = ([one[key] for one in late if one.get(key) is not None] for key in ("p99", "max"))
    if most:
        yield f"{name} was late by up to {max(most):.4g} ms" + (f" (p99 {max(p99):.4g} ms)" if p99 else "")


def _calibration(name: str, runs: Sequence[Run]) -> Iterator[str]:
    """The calibrations of the runs: the mean of every number, and every other value that all runs share."""
    found: dict[str, list[Any]] = {}
    for run in runs:
        for key, value in _leaves(run.info.get("calibration") or {}):
            found.setdefault(key, []).append(value)
    told = []
    for key, values in found.items():
        numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
        if len(numbers) == len(values):
            told.append(f"{key} {np.mean(numbers):.4g}")
        elif all(value == values[0] for value in values) and values[0] is not None:
            told.append(f"{key} {values[0]}")
    if len(told) > _MOST_CALIBRATED:
        told[_MOST_CALIBRATED:] = ["and more in run.json"]
    if told:
        yield f"calibration of {name}: {', '.join(told)}"


def _events(first: Named, second: Named) -> Iterator[str]:
    """The kinds of events that differ in number between the two, each with its first event."""
    seen: dict[str, str] = {}
    counts: list[Counter[str]] = []
    for _, runs in (first, second):
        count: Counter[str] = Counter()
        for run in runs:
            events = run.columns("events", only=("kind", "text"))
            for kind, text in zip(events["kind"], events["text"], strict=True):
                count[str(kind)] += 1
                seen.setdefault(str(kind), str(text))
        counts.append(count)
    for kind, text in seen.items():
        per_run = [count[kind] / max(1, len(runs)) for count, (_, runs) in zip(counts, (first, second), strict=True)]
        if per_run[0] != per_run[1]:
            short = text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
            yield (
                f"events of kind {kind}: {per_run[0]:.4g} a run on {first[0]}, {per_run[1]:.4g} on {second[0]}; "
                f"such as: {short}"
            )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None

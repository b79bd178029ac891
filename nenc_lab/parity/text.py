"""Writes a parity report as text: one table per flow for the terminal, and the whole report as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nenc_lab.analysis.pair import Verdict
from nenc_lab.analysis.tolerance import changed
from nenc_lab.parity.notes import texts
from nenc_lab.texttable import MISSING, TextTable

if TYPE_CHECKING:
    from nenc_lab.analysis.interval import Estimate
    from nenc_lab.analysis.pair import Pair
    from nenc_lab.analysis.parity import FlowParity, Parity, Side
    from nenc_lab.analysis.rate_distance import RateDistance
    from nenc_lab.parity.notes import Note

HOW = (
    "Means over the runs, with 95 % intervals (Student's t); the difference is {second} minus {first} {paired}. "
    "The means decide: a pair agrees when their difference is within the tolerance. It is undecided when the interval "
    "of the difference is wider than the tolerance both ways and does not show a difference for certain."
)
PAIRED = "and like its interval taken seed by seed"
UNPAIRED = "with Welch's interval, because the two do not have the same seeds"
SINGLE = "A single run has no interval, so the verdict does not account for chance. `--repeat N` makes more runs."


def headline(parity: Parity) -> str:
    """One line with the names and the verdict."""
    return f"{parity.scenario}: {parity.sides[0].name} against {parity.sides[1].name}: {verdict(parity)}"


def verdict(parity: Parity) -> str:
    """The verdict with counts, such as "misses: 2 of 8 pairs, 1 undecided"."""
    verdicts = [pair.verdict for _, pair in parity.pairs]
    misses, undecided = verdicts.count(Verdict.MISSES), verdicts.count(Verdict.UNDECIDED)
    if misses:
        return f"misses: {misses} of {len(verdicts)} pairs" + (f", {undecided} undecided" if undecided else "")
    if undecided:
        return f"undecided: {undecided} of {len(verdicts)} pairs, the others agree"
    return f"agrees: all {len(verdicts)} pairs are within tolerance"


def flow_table(parity: Parity, flow: FlowParity) -> TextTable:
    """The table of all pairs of a flow."""
    names = [side.name for side in parity.sides]
    columns = ("", "figure", "unit", *names, "difference", "allowed")
    rows = tuple(
        (
            _mark(pair.verdict),
            pair.name,
            pair.unit,
            told(pair.means[0]),
            told(pair.means[1]),
            told(pair.difference, "+"),
            MISSING if pair.limit is None else f"{pair.limit:.3g}",
        )
        for pair in flow.pairs
    )
    return TextTable(flow.name, columns, rows, left=3)


def told(one: Estimate | None, sign: str = "") -> str:
    """A mean and half of its interval, with as many decimals as the interval needs."""
    if one is None:
        return MISSING
    digits = 2 if one.half is None or one.half < 0.995 else 1 if one.half < 9.95 else 0
    mean = 0.0 if round(one.mean, digits) == 0 else one.mean
    half = "" if one.half is None else f" ± {one.half:.{digits}f}"
    return f"{mean:{sign}.{digits}f}{half}"


def differences(parity: Parity, notes: Sequence[Note]) -> Iterator[tuple[str, list[str]]]:
    """For every pair that does not agree: a sentence, and the notes and facts about it."""
    for flow in parity.flows:
        for pair in flow.pairs:
            if pair.verdict is Verdict.AGREES:
                continue
            noted = [f"noted: {text}" for text in texts(notes, parity.scenario, flow.name, pair)]
            yield sentence(parity, flow.name, pair), [*noted, *parity.known(flow, pair)]


def sentence(parity: Parity, flow: str, pair: Pair) -> str:
    """The result of a pair in one sentence."""
    first, second = (f"{side.name} {told(mean)}" for side, mean in zip(parity.sides, pair.means, strict=True))
    allowed = "" if pair.limit is None else f", apart by {told(pair.difference, '+')}, allowed {pair.limit:.3g}"
    verb = "misses" if pair.verdict is Verdict.MISSES else "is undecided"
    reason = f" ({pair.reason})" if pair.reason else ""
    return f"{flow}: {pair.name} {verb}: {first}, {second} {pair.unit}{allowed}{reason}"


def curves(parity: Parity, distance: RateDistance) -> str:
    """The distance of the rate curves in one or two sentences. It has no tolerance and gets no verdict."""
    if distance.mean_mbps is None:
        return "One of them has no rate curve."
    parts = [f"The rate curves (means over 200 ms and the runs) are {distance.mean_mbps:.2f} Mbit/s apart in the mean"]
    if distance.of_share is not None:
        parts[0] += f", {100 * distance.of_share:.1f} % of the share"
    if distance.worst_mbps is not None:
        parts.append(f"{distance.worst_mbps:.2f} in the worst second (from {distance.worst_at_s:.1f} s)")
    if distance.shifted_mbps is not None:
        parts.append(f"{distance.shifted_mbps:.2f} where being a second late or early is forgiven")
    within = [
        f"{value:.2f} within {side.name}"
        for side, value in zip(parity.sides, distance.within_mbps, strict=True)
        if value is not None
    ]
    single = (
        f" Single runs are {distance.runs_mbps:.2f} apart between the two" if distance.runs_mbps is not None else ""
    )
    return "; ".join(parts) + "." + (f"{', '.join([single, *within])}." if single and within else "")


def markdown(parity: Parity, notes: Sequence[Note], *, folder: Path, figure: bool, partial: bool) -> str:
    """The report as Markdown; paths below ``folder`` are relative to it."""
    names = [side.name for side in parity.sides]
    lines = [f"# Parity of {parity.scenario}: {names[0]} against {names[1]}", ""]
    head, _, rest = verdict(parity).partition(": ")
    lines += [f"**{head.capitalize()}**: {rest}.", ""]
    if partial:
        lines += ["It was interrupted: runs are missing.", ""]
    lines += [f"- {_runs(side)}" for side in parity.sides]
    lines += ["", HOW.format(first=names[0], second=names[1], paired=PAIRED if parity.paired else UNPAIRED)]
    if any(len(side.complete) == 1 for side in parity.sides):
        lines += ["", SINGLE]
    if figure:
        lines += ["", "![Both networks on one time axis](parity.png)"]
    for flow in parity.flows:
        lines += ["", f"## {flow.name}", "", *_table(flow_table(parity, flow)), "", curves(parity, flow.distance)]
    found = list(differences(parity, notes))
    if found:
        lines += ["", "## What does not agree"]
        for text, known in found:
            lines += ["", f"**{text}**", "", *[f"- {line}" for line in known or ["nothing is known that bears on it"]]]
    spare = _spare(parity, notes)
    if spare:
        lines += ["", "## Noted, and within tolerance", "", *[f"- {line}" for line in spare]]
    other = set(changed(parity.tolerances))
    table = TextTable(
        "",
        ("figure", "two means may be apart by", "reason"),
        tuple((key, str(one), one.reason) for key, one in parity.tolerances.items()),
        left=3,
    )
    lines += ["", "## Tolerances" + (" (not the usual ones)" if other else ""), "", *_table(table)]
    lines += ["", "## Runs", ""]
    lines += [
        f"- {side.name}: `{_place(run.folder, folder)}`, {run.status}" for side in parity.sides for run in side.runs
    ]
    return "\n".join(lines) + "\n"


def _runs(side: Side) -> str:
    seeds = ", ".join(str(run.info["seed"]) for run in side.complete)
    controllers = ", ".join(dict.fromkeys(str(run.info.get("controller", "")) for run in side.complete))
    count = len(side.complete)
    lost = len(side.runs) - count
    more = f"; {lost} more did not complete and {'does' if lost == 1 else 'do'} not count" if lost else ""
    many = "s" if count > 1 else ""
    return f"{side.name}: {count} run{many} of {controllers}, seed{many} {seeds}{more}"


def _spare(parity: Parity, notes: Sequence[Note]) -> list[str]:
    """Notes about pairs that agree, which may be outdated."""
    return [
        f"{flow}: {pair.name}: {text}"
        for flow, pair in parity.pairs
        if pair.verdict is Verdict.AGREES
        for text in texts([note for note in notes if note.figure is not None], parity.scenario, flow, pair)
    ]


def _mark(one: Verdict) -> str:
    """The verdict in a table, with misses in capitals."""
    return {Verdict.AGREES: "ok", Verdict.MISSES: "MISSES", Verdict.UNDECIDED: "undecided"}[one]


def _table(table: TextTable) -> list[str]:
    rule = [":--" if index < table.left else "--:" for index in range(len(table.columns))]
    return [_row(table.columns), _row(rule), *map(_row, table.rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _place(path: Path, folder: Path) -> str:
    try:
        return str(path.resolve().relative_to(folder.resolve()))
    except ValueError:
        return str(path)

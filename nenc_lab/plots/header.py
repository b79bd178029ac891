"""The top of the convergence figure: what ran, whether it held, and the key figures, for a reader with five seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from nenc_lab.plots import style
from nenc_lab.plots.gather import Flow, Verdict
from nenc_lab.plots.looks import flow_colour
from nenc_lab.plots.parts import Label, Stroke
from nenc_lab.plots.place import Page
from nenc_lab.plots.text import CHECK, CROSS, duration, number, percent, rate, settling, shorten, width

if TYPE_CHECKING:
    from nenc_lab.recording.open import Run

ROWS_AT_MOST = 8
_NONE = "\N{EN DASH}"
ROW = 0.19
"""Inches a line of the table takes."""


def rows(flows: Sequence[Flow]) -> int:
    """How many lines the table of several flows has, its heading and a last "and 3 more" included; 0 for one flow."""
    return 0 if len(flows) <= 1 else 1 + min(len(flows), ROWS_AT_MOST) + (len(flows) > ROWS_AT_MOST)


def title(page: Page, run: Run, left: float, right: float, top: float, covered: str) -> None:
    """The title line at height ``top``; ``covered`` says how much of a partial run there is, empty for a whole one."""
    scenario = run.info.get("scenario", {})
    name = shorten(str(scenario.get("name", "run")), 15, 4.0, bold=True)
    page.put(Label(left, top, name, 15, bold=True))
    x = left + width(name, 15, bold=True) + 0.18
    words = [
        PurePath(str(run.info.get("controller", ""))).name,
        f"seed {run.info['seed']}" if "seed" in run.info else "",
    ]
    words.append(str(run.info.get("backend", "")))
    rest = ", ".join(word for word in words if word)
    if covered:
        badge = f"{'RUNNING' if run.status == 'running' else 'PARTIAL'}: {covered}"
        page.put(Label(x, top - 0.015, badge, 11, style.BAD, bold=True))
        x += width(badge, 11, bold=True) + 0.18
    page.put(Label(x, top - 0.02, shorten(rest, 10, max(right - x - 3.0, 0.5)), 10, style.MUTED))


def outcome(page: Page, verdicts: Sequence[Verdict], right: float, top: float) -> None:
    """How many expectations held, flush right, and below it the first that did not."""
    if not verdicts:
        return
    failed = [verdict.text for verdict in verdicts if not verdict.passed]
    of = f"of {len(verdicts)} expectation{'s' if len(verdicts) > 1 else ''}"
    text = f"{CROSS} {len(failed)} {of} failed" if failed else f"{CHECK} {len(verdicts)} {of} met"
    page.put(Label(right, top, text, 12, style.BAD if failed else style.GOOD, bold=True, anchor="right"))
    lines = [*failed[:2], f"and {len(failed) - 2} more"] if len(failed) > 2 else failed
    for k, line in enumerate(lines):
        page.put(Label(right, top - 0.23 - 0.17 * k, shorten(line, 8, 3.6), 8, style.BAD, anchor="right"))


def figures(flow: Flow, steady: bool) -> list[tuple[str, str, bool]]:
    """Caption, value and whether it is bad news, for each key figure of a flow; missing ones read as a dash.

    Without a ``steady`` capacity (on a trace) there is no share to settle at, and nothing is said about settling.
    """
    judged = [change for change in flow.changes if change.share_mbps]
    settled = [change.settling_s for change in judged if change.settling_s is not None]
    late = len(judged) - len(settled)
    result = [
        ("utilisation", _say(flow.figures.get("utilisation"), percent), False),
        ("goodput", _say(flow.figures.get("goodput_mbps"), _mbps), False),
        ("queue delay p95", _say(_part(flow.figures, "queue_delay_ms", "p95"), _ms), False),
        ("frame delay p95", _say(_part(flow.figures, "frame_delay_ms", "p95"), _ms), False),
        ("loss", _say(flow.figures.get("loss"), percent), False),
    ]
    if not steady:
        return result
    return [
        *result,
        ("changes settled", f"{len(settled)} of {len(judged)}" if judged else _NONE, late > 0),
        ("slowest settling", settling(max(settled)) if settled else _NONE, False),
    ]


def strip(page: Page, flow: Flow, left: float, top: float, steady: bool) -> None:
    """One flow: its key figures side by side, the value large, the caption under it."""
    if not flow.figures:
        page.put(Label(left, top - 0.1, "no summary: the run was not finished", 9, style.MUTED))
        return
    x = left
    for caption, value, bad in figures(flow, steady):
        page.put(Label(x, top, value, 13, style.BAD if bad else style.INK, bold=True))
        page.put(Label(x, top - 0.22, caption, 8, style.MUTED))
        x += max(width(value, 13, bold=True), width(caption, 8)) + 0.2


def table(page: Page, flows: Sequence[Flow], left: float, top: float, steady: bool) -> list[Stroke]:
    """Several flows: a line each, which is the legend of their colours as well. Returns the colour samples."""
    shown = flows[:ROWS_AT_MOST]
    names = [shorten(flow.name, 9, 1.6, bold=True) for flow in shown]
    lines = [figures(flow, steady) if flow.figures else [] for flow in shown]
    x = left + 0.4 + max(width(name, 9, bold=True) for name in names) + 0.25
    samples = []
    for k, name in enumerate(names):
        y, colour = top - ROW * (k + 1), flow_colour(k, len(flows))
        samples.append(Stroke((left, left + 0.3), (y, y), colour, 2.6))
        page.put(Label(left + 0.4, y, name, 9, bold=True))
    for column in range(max(len(line) for line in lines)):
        cells = [line[column] if line else ("", _NONE, False) for line in lines]
        caption = next(cell[0] for cell in cells if cell[0])
        page.put(Label(x, top, caption, 8, style.MUTED))
        for k, (_, value, bad) in enumerate(cells):
            page.put(Label(x, top - ROW * (k + 1), value, 9, style.BAD if bad else style.INK))
        x += max(width(caption, 8), *(width(cell[1], 9) for cell in cells)) + 0.2
    if len(flows) > len(shown):
        y = top - ROW * (len(shown) + 1)
        page.put(Label(left + 0.4, y, f"and {len(flows) - len(shown)} more", 8, style.MUTED))
    return samples


def fairness(run: Run) -> str:
    """Jain's index as a sentence part, empty when the summary has none."""
    summary = run.info.get("summary")
    jain = _part(summary, "run", "jain_last20s") if isinstance(summary, Mapping) else None
    return f"Jain's index over the last 20 s: {jain:.3f}" if isinstance(jain, int | float) else ""


def _part(figures: Mapping[str, Any], name: str, key: str) -> Any:
    part = figures.get(name)
    return part.get(key) if isinstance(part, Mapping) else None


def _say(value: Any, how: Any) -> str:
    return str(how(float(value))) if isinstance(value, int | float) else _NONE


def _mbps(value: float) -> str:
    return rate(1e6 * (round(value) if value >= 10 else round(value, 1)))


def _ms(value: float) -> str:
    """Whole milliseconds from 10 ms on: nobody decides by a tenth of one."""
    if value >= 9950:
        return duration(value / 1e3)
    return f"{number(round(value) if value >= 10 else round(value, 1))} ms"

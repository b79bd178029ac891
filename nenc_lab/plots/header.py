"""The header of the convergence figure: the run, its verdict and the key figures, readable in five seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from nenc_lab.analysis.metrics.metric import FlowMetric
from nenc_lab.analysis.metrics.shape import figure
from nenc_lab.analysis.metrics.table import metric
from nenc_lab.plots import style
from nenc_lab.plots.gather import Flow, Story, Verdict
from nenc_lab.plots.looks import flow_colour
from nenc_lab.plots.words import CHECK, CROSS, DASH, duration, number, percent, rate, settling

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nenc_lab.recording.open import Run

ROWS_AT_MOST = 8
_TITLE, _LINE = 0.34, 0.19
"""Heights of the title and of a row of the table, inches."""
_NAME, _COLUMN = 1.9, 1.18
"""Widths of the table's columns of names and of figures, inches."""
_FAILURE, _WIDE_FAILURE = 0.17, 3.6
"""Height and width of the line with a failed expectation, inches."""


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One key figure of one flow; a missing value is a dash."""

    caption: str
    value: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A flow's key figures, empty when the run has no summary."""

    name: str
    colour: str
    figures: tuple[KeyFigure, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """The header as data."""

    name: str
    badge: str
    """The status of a run that is not complete, else empty."""
    about: str
    verdict: str
    failures: tuple[str, ...]
    """The first few failed expectations."""
    rows: tuple[Row, ...]
    more: int
    """Number of flows without a row."""

    @property
    def height(self) -> float:
        """Height of the header, inches."""
        failures = _FAILURE * len(self.failures)
        if len(self.rows) == 1:
            return _TITLE + max(0.5, failures)
        return _TITLE + failures + _LINE * (1 + len(self.rows) + (self.more > 0))


def info(run: Run, story: Story, verdicts: Sequence[Verdict]) -> Header:
    """Computes the header."""
    failed = [verdict.text for verdict in verdicts if not verdict.passed]
    of = f"of {len(verdicts)} expectation{'s' if len(verdicts) > 1 else ''}"
    about = (
        PurePath(str(run.info.get("controller", ""))).name,
        f"seed {run.info['seed']}" if "seed" in run.info else "",
        str(run.info.get("backend", "")),
    )
    state = "RUNNING" if run.status == "running" else "PARTIAL"
    return Header(
        name=str(run.info.get("scenario", {}).get("name", "run")),
        badge=f"{state}: {story.covered}" if story.covered else "",
        about=", ".join(word for word in about if word),
        verdict=f"{CROSS} {len(failed)} {of} failed"
        if failed
        else f"{CHECK} {len(verdicts)} {of} met"
        if verdicts
        else "",
        failures=tuple([*failed[:2], f"and {len(failed) - 2} more"] if len(failed) > 2 else failed),
        rows=tuple(
            Row(flow.name, flow_colour(k, len(story.flows)), figures(flow, story.steady))
            for k, flow in enumerate(story.flows[:ROWS_AT_MOST])
        ),
        more=max(0, len(story.flows) - ROWS_AT_MOST),
    )


def figures(flow: Flow, steady: bool) -> tuple[KeyFigure, ...]:
    """Returns a flow's key figures; those about settling only if the capacity is ``steady`` (not a trace)."""
    if not flow.figures:
        return ()
    judged = [change for change in flow.changes if change.share_mbps]
    settled = [change.settling_s for change in judged if change.settling_s is not None]
    found = tuple(
        KeyFigure(metric(FlowMetric, name).caption, _say(figure(flow.figures, name), say)) for name, say in _SAY.items()
    )
    if not steady:
        return found
    return (
        *found,
        KeyFigure(
            "changes settled", f"{len(settled)} of {len(judged)}" if judged else DASH, len(settled) < len(judged)
        ),
        KeyFigure("slowest settling", settling(max(settled)) if settled else DASH),
    )


def fairness(run: Run) -> str:
    """Formats Jain's fairness index; returns "" when the summary has none."""
    jain = figure(run.summary.get("run") or {}, "jain_last20s")
    return f"Jain's index over the last 20 s: {jain:.3f}" if isinstance(jain, int | float) else ""


def draw(shown: Header, figure: Figure, left: float, right: float, top: float) -> None:
    """Draws the header below ``top`` between ``left`` and ``right``, all in inches from the lower left corner."""
    from nenc_lab.plots.paint import end_of, words

    bad = bool(shown.failures)
    words(
        figure,
        right,
        top,
        shown.verdict,
        fontsize=12,
        color=style.BAD if bad else style.GOOD,
        weight="bold",
        ha="right",
    )
    end = end_of(words(figure, left, top, shown.name, 4.0, fontsize=15, weight="bold"))
    if shown.badge:
        end = end_of(words(figure, end + 0.18, top - 0.015, shown.badge, fontsize=11, color=style.BAD, weight="bold"))
    words(figure, end + 0.18, top - 0.02, shown.about, right - end - 3.2, fontsize=10, color=style.MUTED)
    y = top - 0.23
    for text in shown.failures:
        words(figure, right, y, text, _WIDE_FAILURE, fontsize=8, color=style.BAD, ha="right")
        y -= _FAILURE
    if len(shown.rows) == 1:
        _strip(shown.rows[0], figure, left, top - _TITLE - 0.04)
    elif shown.rows:
        _table(shown, figure, left, top - _TITLE - _FAILURE * len(shown.failures))


def _strip(row: Row, figure: Figure, left: float, top: float) -> None:
    """Draws the key figures of a single flow side by side, each with a large value above its caption."""
    from nenc_lab.plots.paint import end_of, words

    if not row.figures:
        words(figure, left, top - 0.1, "no summary: the run was not finished", fontsize=9, color=style.MUTED)
    x = left
    for one in row.figures:
        value = words(figure, x, top, one.value, fontsize=13, color=style.BAD if one.bad else style.INK, weight="bold")
        caption = words(figure, x, top - 0.22, one.caption, fontsize=8, color=style.MUTED)
        x = max(end_of(value), end_of(caption)) + 0.2


def _table(shown: Header, figure: Figure, left: float, top: float) -> None:
    """Draws a row for each of several flows, which is also the legend of their colours."""
    from nenc_lab.plots.paint import words

    captions = next((row.figures for row in shown.rows if row.figures), ())
    for column, one in enumerate(captions):
        words(figure, left + _NAME + column * _COLUMN, top, one.caption, fontsize=8, color=style.MUTED)
    y = top
    for row in shown.rows:
        y -= _LINE
        words(figure, left, y, "\N{BLACK SQUARE}", fontsize=11, color=row.colour)
        words(figure, left + 0.2, y, row.name, _NAME - 0.3, fontsize=9, weight="bold")
        for column, one in enumerate(row.figures or [KeyFigure(one.caption, DASH) for one in captions]):
            ink = style.BAD if one.bad else style.INK
            words(figure, left + _NAME + column * _COLUMN, y, one.value, fontsize=9, color=ink)
    if shown.more:
        words(figure, left + 0.2, y - _LINE, f"and {shown.more} more", fontsize=8, color=style.MUTED)


def _say(value: object, how: Callable[[float], str]) -> str:
    return how(float(value)) if isinstance(value, int | float) else DASH


def _mbps(value: float) -> str:
    return rate(1e6 * (round(value) if value >= 10 else round(value, 1)))


def _ms(value: float) -> str:
    """Formats milliseconds, as whole numbers from 10 ms on, because tenths do not matter there."""
    if value >= 9950:
        return duration(value / 1e3)
    return f"{number(round(value) if value >= 10 else round(value, 1))} ms"


_SAY: dict[str, Callable[[float], str]] = {
    "utilisation": percent,
    "goodput_mbps": _mbps,
    "queue_delay_ms.p95": _ms,
    "frame_delay_ms.p95": _ms,
    "loss": percent,
}
"""The key figures, and how each is written."""

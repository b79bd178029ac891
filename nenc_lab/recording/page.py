"""Formats a run for notebooks: its figure, verdicts and every number of its summary, as one fragment of HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nenc_lab.texttable import MISSING, TextTable, html_table

NOTES_SHOWN = 6


def page(
    headline: str,
    folder: Path,
    failure: str | None,
    figure: Path | None,
    notes: Sequence[str],
    summary: Mapping[str, Any],
    expectations: Sequence[Mapping[str, Any]],
) -> str:
    """Returns a self-contained fragment of HTML. Figures have the same names as in `Run.summary` and run.json."""
    import base64
    import html as markup

    parts = [f"<p><b>{markup.escape(headline)}</b><br><code>{markup.escape(str(folder))}</code></p>"]
    if failure is not None:
        parts.append(f"<p>{markup.escape(failure)}</p>")
    if figure is not None:
        picture = base64.b64encode(figure.read_bytes()).decode("ascii")
        parts.append(f'<img alt="convergence plot" style="max-width:100%" src="data:image/png;base64,{picture}">')
    parts.extend(f"<p>note: {markup.escape(text)}</p>" for text in first_notes(notes))
    flows = summary.get("flows") or {}
    tables = (_changes(flows), verdicts(expectations), _figures(flows))
    parts.extend(html_table(table) for table in tables if table.rows)
    return "\n".join(parts)


def first_notes(notes: Sequence[str]) -> list[str]:
    """Returns the first few notes, and a line with the number of further ones."""
    more = len(notes) - NOTES_SHOWN
    return [*notes[:NOTES_SHOWN], *([f"and {more} more, listed in the events table"] if more > 0 else [])]


def verdicts(expectations: Sequence[Mapping[str, Any]]) -> TextTable:
    """Returns a table of what the scenario expects, whether it was met, and the figures that decided it."""
    rows = tuple(
        ("ok" if verdict["passed"] else "FAILED", str(verdict["text"]), observed(verdict["observed"]))
        for verdict in expectations
    )
    return TextTable("expectations", ("", "expected", "observed"), rows, left=3)


def observed(pairs: Sequence[Sequence[Any]]) -> str:
    """Formats the values that an expectation was checked against, as "1.4" or "1.4 .. 3.2 (3)"; null becomes "none"."""
    values = [value for _, value in pairs]
    if len(values) == 1:
        return _text(values[0], "none")
    known = [value for value in values if isinstance(value, (int, float))]
    if not known:
        return "none"
    text = f"{_text(min(known))} .. {_text(max(known))} ({len(values)})"
    return text if len(known) == len(values) else f"{text}, {len(values) - len(known)} none"


def _changes(flows: Mapping[str, Mapping[str, Any]]) -> TextTable:
    """Returns a table with a row per flow and change."""
    found = [(name, change) for name, figures in flows.items() for change in figures.get("changes") or ()]
    names = tuple(found[0][1]) if found else ()
    rows = tuple((flow, *(_text(change.get(name)) for name in names)) for flow, change in found)
    return TextTable("changes", ("flow", *names), rows, left=2)


def _figures(flows: Mapping[str, Mapping[str, Any]]) -> TextTable:
    """Returns a table with a row per figure of the whole run and a column per flow."""
    flat = {name: _flat(figures) for name, figures in flows.items()}
    names = dict.fromkeys(name for figures in flat.values() for name in figures)
    rows = tuple((name, *(_text(figures.get(name)) for figures in flat.values())) for name in names)
    return TextTable("whole run", ("", *flat), rows)


def _flat(figures: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Returns the figures by dotted name, without lists such as the changes."""
    found: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        elif not isinstance(value, list):
            found[prefix + name] = value
    return found


def _text(value: object, null: str = MISSING) -> str:
    if value is None:
        return null
    return f"{value:.4g}" if isinstance(value, float) else str(value)

"""A small table for the terminal, and the same table in HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MISSING = "-"
"""Printed for null: never settled, not measured, or not applicable."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """Cells ready to print. The first ``left`` columns are aligned left; the others hold numbers and are aligned right.

    Column names may have two lines, so that a table fits a terminal of 80 columns.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1


def number(value: float | None, digits: int = 1, scale: float = 1.0) -> str:
    """``value * scale`` with ``digits`` decimals, `MISSING` for null."""
    return MISSING if value is None else f"{value * scale:.{digits}f}"


def html_table(table: TextTable) -> str:
    """Renders the table as HTML."""
    import html as markup  # it takes a tenth of a command's start-up time, and only notebooks need it

    def row(cells: Sequence[str], tag: str) -> str:
        styles = ("left" if index < table.left else "right" for index in range(len(cells)))
        inner = "".join(
            f'<{tag} style="text-align:{style}">{markup.escape(cell)}</{tag}>'
            for cell, style in zip(cells, styles, strict=True)
        )
        return f"<tr>{inner}</tr>"

    head, body = row(table.columns, "th"), "".join(row(cells, "td") for cells in table.rows)
    return f"<table><caption>{markup.escape(table.title)}</caption><thead>{head}</thead><tbody>{body}</tbody></table>"

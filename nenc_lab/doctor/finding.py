"""One line of ``nenc-lab doctor``."""

from __future__ import annotations

from dataclasses import dataclass

OK, LIMITED, MISSING = "ok", "limited", "missing"
TIMEOUT_S = 5.0
"""Longest time that a program a check starts may take."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: ``state`` is ok, limited (works with restrictions) or missing; ``remedy`` is None when it is ok."""

    name: str
    state: str
    detail: str
    remedy: str | None = None

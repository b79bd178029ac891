"""A run against what its scenario says must come out."""

from __future__ import annotations

from typing import Any


def verdicts(expect: list[str], summary: dict[str, Any]) -> list[dict[str, Any]]:
    """One ``{"text", "passed", "observed": [[path, value], ...]}`` per condition, as run.json holds them."""
    from nenc_lab.scenario.expect import compile, evaluate

    return [
        {
            "text": verdict.text,
            "passed": verdict.passed,
            "observed": [list(pair) for pair in verdict.observed],
        }
        for verdict in evaluate([compile(text) for text in expect], summary)
    ]

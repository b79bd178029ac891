"""A summary as text: each cell from the figure it names, nulls shown as such."""

from __future__ import annotations

import pytest

from nenc_lab import report
from nenc_lab.recording import page

CHANGE = {
    "kind": "capacity",
    "at_s": 20.0,
    "until_s": 40.0,
    "to_mbps": 47.826,
    "rise_s": 0.8333,
    "settling_s": None,
    "overshoot": 0.126,
    "utilisation_last5s": 0.974,
    "queue_delay_p95_ms": 61.4,
    "queue_delay_max_ms": 138.2,
    "loss": 0.01234,
}


def test_changes_have_a_row_each_and_null_is_a_dash():
    table = report.changes({"flows": {"a": {"changes": [CHANGE]}, "b": {"changes": [CHANGE, CHANGE]}}})
    assert [row[0] for row in table.rows] == ["a", "b", "b"]
    assert table.rows[0] == ("a", "capacity", "20.0", "47.8", "0.83", "-", "13", "97", "61", "138", "1.23")
    assert {len(row) for row in table.rows} == {len(table.columns)}


def test_a_killed_run_has_no_rows():
    assert report.changes({}).rows == report.totals({}).rows == page.verdicts([]).rows == ()


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1.23456], "1.235"),
        ([None], "none"),
        ([3, 1, 2], "1 .. 3 (3)"),
        ([0.5, None, 2.0], "0.5 .. 2 (3), 1 none"),
        ([None, None], "none"),
        ([], "none"),
    ],
)
def test_observed(values, text):
    assert page.observed([("path", value) for value in values]) == text

"""The table of metrics: complete, consistent, and the one place where a figure is added."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from nenc_lab.analysis.metrics import reference
from nenc_lab.analysis.metrics.metric import ChangeMetric, FlowMetric, RunMetric
from nenc_lab.analysis.metrics.over_changes import at_start, highest, highest_upward, lowest, mean, slowest, total
from nenc_lab.analysis.metrics.shape import figure, nested
from nenc_lab.analysis.metrics.table import METRICS, in_scope, metric
from nenc_lab.analysis.tolerance import TOLERANCES

ROOT = Path(__file__).parents[2]

ADDED = """
import contextlib, io, json, sys
from pathlib import Path

# One entry a scope, before anything has read the table: all that a new figure takes.
from nenc_lab.analysis.metrics import over_changes, table
from nenc_lab.analysis.metrics.metric import ChangeMetric, FlowMetric, OverChanges, RunMetric, Shown

def sizes(rows):
    "Smallest and largest frame."
    return {"least": int(rows.frames["size"].min()), "most": int(rows.frames["size"].max())}

def lasted_s(change):
    "How long the change lasted."
    return (change.end_ns - change.start_ns) / 1e9

def flows(run):
    "Flows that ran."
    return len(run.flows)

table.METRICS += (
    FlowMetric(name="sizes.least", unit="B", meaning="smallest frame", function=sizes, kind="i8"),
    FlowMetric(name="sizes.most", unit="B", meaning="largest frame", function=sizes, shown=Shown("largest\\nB", 0)),
    ChangeMetric(
        name="lasted_s",
        unit="s",
        meaning="how long it lasted",
        function=lasted_s,
        shown=Shown("lasts\\ns", 1),
        sweep=(OverChanges("lasted_s.longest", "the longest change", over_changes.highest),),
    ),
    RunMetric(name="flows_seen", unit="", meaning="flows that ran", function=flows, kind="i8"),
)

from nenc_lab import api
from nenc_lab.analysis.metrics import reference, shape
from nenc_lab.cli.show import console, show_run
from nenc_lab.sweeps import columns

run = api.run(sys.argv[1], out=sys.argv[2], plot=False)
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    show_run(console(), run)
print(json.dumps({
    "shapes": [shape.flow_shape(), shape.change_shape(), shape.run_shape()],
    "summary": run.summary,
    "expectations": run.expectations,
    "columns": [column.name for column in columns.COLUMNS],
    "rows": columns.rows(run.summary, run.expectations),
    "printed": printed.getvalue(),
    "reference": reference.markdown(),
}))
"""

SCENARIO = """\
version: 1
name: short
duration: 3s
path: {forward: {rate: 20Mbps, delay: 20ms}, reverse: {delay: 20ms}}
timeline: [{at: 1s, forward: {rate: 10Mbps}}]
flows:
  - {name: video, rate: {min: 1Mbps, max: 20Mbps, start: 5Mbps}}
expect:
  - flows.video.sizes.least > 0
  - flows[*].changes[*].lasted_s <= 2
  - run.flows_seen == 1
"""


def test_a_metric_is_added_in_one_place_and_found_everywhere(tmp_path):
    file = tmp_path / "short.yaml"
    file.write_text(SCENARIO)
    done = subprocess.run(
        [sys.executable, "-c", ADDED, str(file), str(tmp_path / "runs")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    flow, change, run = found["shapes"]
    assert flow["sizes"] == {"least": None, "most": None}
    assert change["lasted_s"] is None
    assert run["flows_seen"] is None

    video = found["summary"]["flows"]["video"]
    assert 0 < video["sizes"]["least"] < video["sizes"]["most"]
    assert [one["lasted_s"] for one in video["changes"]] == [1.0, 2.0]
    assert found["summary"]["run"]["flows_seen"] == 1
    assert [one["passed"] for one in found["expectations"]] == [True, True, True]

    (row,) = found["rows"]
    assert (row["sizes.most"], row["lasted_s.longest"], row["flows_seen"]) == (video["sizes"]["most"], 2.0, 1)
    assert list(row) == found["columns"]
    changes, _, totals = found["printed"].partition("whole run")
    assert "lasts" in changes
    assert "largest" in totals
    assert str(video["sizes"]["most"]) in totals
    for name in ("sizes.least", "sizes.most", "lasted_s", "flows_seen"):
        assert f"| `{name}` |" in found["reference"]


def test_the_reference_is_that_of_the_table():
    assert reference.FILE.read_text(encoding="utf-8") == reference.markdown(), (
        "write it anew: python -m nenc_lab.analysis.metrics.reference"
    )


def test_figures_that_the_readme_explains_are_in_the_table():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = text.partition("| figure | definition |")[2].partition("\n\n")[0]
    named = re.findall(r"^\| `([^`]+)` \|", rows, re.MULTILINE)
    assert named
    known = {name for one in METRICS for name in (one.name, one.name.partition(".")[0])}
    assert set(named) <= known


def test_names_are_unique_within_their_scope():
    assert [name for name, count in Counter((one.scope, one.name) for one in METRICS).items() if count > 1] == []
    assert len(METRICS) == sum(len(in_scope(scope)) for scope in (FlowMetric, ChangeMetric, RunMetric))
    with pytest.raises(KeyError, match="utilization"):
        metric(FlowMetric, "utilization")


def test_captions_are_the_names_in_words_without_their_unit():
    assert {key: (one.metric.caption, one.unit) for key, one in TOLERANCES.items()} == {
        "goodput": ("goodput", "Mbit/s"),
        "utilisation": ("utilisation", "%"),
        "queue_delay_p50": ("queue delay p50", "ms"),
        "queue_delay_p95": ("queue delay p95", "ms"),
        "loss": ("loss", "%"),
        "settling": ("settling", "s"),
    }


def test_dotted_names_are_groups():
    assert nested([("a", 1), ("b.p50", 2.0), ("b.p95", None)]) == {"a": 1, "b": {"p50": 2.0, "p95": None}}
    assert figure({"b": {"p50": 2.0}}, "b.p50") == 2.0
    assert figure({"b": {"p50": 2.0}}, "b") is None
    assert figure({}, "b.p50") is None


def changes(*values):
    """A start at 10 Mbit/s, a step up to 20 and one down to 5, as far as there are values."""
    known = (("start", 10.0), ("capacity", 20.0), ("capacity+loss", 5.0))
    return [{"kind": kind, "to_mbps": to, "x": value} for (kind, to), value in zip(known, values, strict=False)]


def test_how_changes_are_summed_up():
    for function, expected in (
        (slowest, 9.0),
        (mean, 5.0),
        (highest, 9.0),
        (lowest, 2.0),
        (total, 15.0),
        (highest_upward, 4.0),
        (at_start, 4.0),
    ):
        assert function(changes(4.0, 2.0, 9.0), "x") == expected, function
    for function, expected in ((slowest, None), (mean, None), (highest, 4.0), (lowest, 2.0), (total, 6.0)):
        assert function(changes(4.0, 2.0, None), "x") == expected, function
    for function in (slowest, mean, highest, lowest, total, highest_upward, at_start):
        assert function([], "x") is None
        assert function(changes(None), "x") is None

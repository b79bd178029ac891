"""Expectations name figures of the table of metrics, or are refused where they stand, before anything runs."""

from __future__ import annotations

import pytest

from nenc_lab import api
from nenc_lab.analysis.expectations import check
from nenc_lab.analysis.metrics.metric import ChangeMetric, FlowMetric, RunMetric
from nenc_lab.analysis.metrics.table import in_scope
from nenc_lab.errors import InputError, ScenarioError
from nenc_lab.scenario import expect


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flows.video.utilization >= 1", "did you mean 'utilisation'?"),
        ("run.jain >= 1", "did you mean 'jain_last20s'?"),
        ("flows.video.queue_delay_ms >= 1", "choose one of p50, p95, p99, max"),
        ("flows.video.queue_delay_ms.p90 >= 1", "did you mean 'p9"),
        ("flows.video.changes.settling_s >= 1", "is a list: write changes[*]"),
        ("flows.video.changes[*] >= 1", "choose one of at_s"),
        ("flows.video.changes[*].kind == 1", "unknown key 'kind'"),
        ("flows.video.utilisation[0] >= 1", "is no list"),
        ("flows.video.utilisation.x >= 1", "single figure"),
        ("flows.video >= 1", "choose one of utilisation"),
    ],
)
def test_errors_name_the_part_and_the_nearest(text, message):
    with pytest.raises(InputError) as caught:
        check(expect.compile(text))
    assert message in str(caught.value)


def test_every_figure_may_be_expected():
    names = [f"flows[*].{metric.name}" for metric in in_scope(FlowMetric)]
    names += [f"flows.video.changes[-1].{metric.name}" for metric in in_scope(ChangeMetric)]
    names += [f"run.{metric.name}" for metric in in_scope(RunMetric)]
    for name in names:
        check(expect.compile(f"{name} <= 1"))


FILE = """\
version: 1
name: small
duration: 60s
path: {forward: {rate: 50Mbps}}
flows:
  - name: video
expect:
  - flows.video.utilisation >= 0.85
  - flows.video.utilization >= 0.85
"""


def test_a_figure_that_is_none_is_found_where_it_stands(tmp_path):
    file = tmp_path / "small.yaml"
    file.write_text(FILE)
    with pytest.raises(ScenarioError) as caught:
        api.load(file)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.column, problem.key) == (str(file), 9, 5, "expect.1")
    assert "did you mean 'utilisation'?" in problem.message

"""Conditions: how they are written, and judged so that what is missing never passes."""

import math

import pytest

from nenc_lab.errors import InputError
from nenc_lab.scenario import expect

SUMMARY = {
    "flows": {
        "video": {
            "utilisation": 0.9,
            "psnr_db": None,
            "rate_mbps": {"mean": 40.0},
            "changes": [
                {"kind": "start", "settling_s": 2.0},
                {"kind": "capacity", "settling_s": 6.0},
                {"kind": "loss", "settling_s": None},
            ],
        },
        "other": {"utilisation": 0.5, "changes": []},
    },
    "run": {"jain_last20s": 0.97, "packets": 12, "speed": math.nan},
}


def judge(*texts):
    return expect.evaluate([expect.compile(text) for text in texts], SUMMARY)


@pytest.mark.parametrize(
    ("text", "passed", "observed"),
    [
        ("flows.video.utilisation >= 0.9", True, [("flows.video.utilisation", 0.9)]),
        ("flows.video.utilisation > 0.9", False, [("flows.video.utilisation", 0.9)]),
        ("flows.video.utilisation<1", True, [("flows.video.utilisation", 0.9)]),
        ("run.packets == 12", True, [("run.packets", 12)]),
        ("run.packets != 12", False, [("run.packets", 12)]),
        ("run.packets <= 1.2e1", True, [("run.packets", 12)]),
        ("flows.video.rate_mbps.mean >= 39.5", True, [("flows.video.rate_mbps.mean", 40.0)]),
        ("flows.video.changes[0].settling_s <= 5", True, [("flows.video.changes[0].settling_s", 2.0)]),
        ("flows.video.changes[-2].settling_s <= 5", False, [("flows.video.changes[1].settling_s", 6.0)]),
        ("flows.video.changes[-1].settling_s <= 5", False, [("flows.video.changes[2].settling_s", None)]),
        ("flows.video.changes[-1].settling_s != 5", False, [("flows.video.changes[2].settling_s", None)]),
        ("flows.video.psnr_db >= 0", False, [("flows.video.psnr_db", None)]),
        ("run.speed != 1", False, None),
        ("flows[*].utilisation >= 0.5", True, [("flows.video.utilisation", 0.9), ("flows.other.utilisation", 0.5)]),
        ("flows[*].utilisation >= 0.6", False, [("flows.video.utilisation", 0.9), ("flows.other.utilisation", 0.5)]),
        ("flows.other.changes[*].settling_s <= 5", False, []),
        ("flows.other.changes[0].settling_s <= 5", False, []),
        ("flows.video.changes[7].settling_s <= 5", False, []),
        ("flows.nobody.utilisation >= 0", False, []),
        ("run.lateness_ms.p99 <= 1", False, []),
    ],
)
def test_verdicts(text, passed, observed):
    (verdict,) = judge(text)
    assert verdict.passed is passed
    assert verdict.text == text
    if observed is not None:
        assert list(verdict.observed) == observed


def test_every_change_must_pass():
    (verdict,) = judge("flows.video.changes[*].settling_s <= 10")
    assert not verdict.passed
    assert [value for _, value in verdict.observed] == [2.0, 6.0, None]
    assert judge("flows.video.changes[*].settling_s <= 10")[0].observed[1][0] == "flows.video.changes[1].settling_s"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a condition"),
        ("flows.video.utilisation", "is not a condition"),
        ("flows.video.utilisation => 1", "with one of <= >= < > == !="),
        ("flows.video.utilisation >= high", "'high' is not a number"),
        ("flows.video.utilisation >= nan", "'nan' is not a number"),
        ("flows.video.utilisation >= inf", "'inf' is not a number"),
        ("flow.video.utilisation >= 1", "did you mean 'flows'?"),
        ("flows.video.changes[1.5].settling_s >= 1", "is not a key"),
        ("flows.video.changes[].settling_s >= 1", "is not a key"),
        ("flows[0].utilisation >= 1", "name a flow, as in flows.video"),
        ("flows.video[0].utilisation >= 1", "a flow is not a list"),
        ("flows >= 1", "flows alone is not a figure"),
        ("flows..utilisation >= 1", "is not a key"),
    ],
)
def test_errors_name_the_part_and_the_nearest(text, message):
    with pytest.raises(InputError) as caught:
        expect.compile(text)
    assert message in str(caught.value)


def test_what_a_condition_names():
    assert expect.compile("flows.video.changes[2].loss < 1").flow == "video"
    assert expect.compile("flows.video.changes[2].loss < 1").change == 2
    assert expect.compile("flows[*].changes[*].loss < 1").flow is None
    assert expect.compile("flows[*].changes[*].loss < 1").change is None
    assert expect.compile("  run.packets   >  1 ").text == "run.packets > 1"

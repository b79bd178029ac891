"""What the viewer saw, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn_rows import flow_rows

from nenc_lab.analysis.metrics import frames

NAN = math.nan
S = 1_000_000_000


def test_damaged_is_shown_and_not_whole():
    received, lost = np.array([1.0, 2.0, NAN, 4.0]), np.array([0, 3, 9, 1])
    rows = flow_rows(frames={"received": received, "lost": lost, "late": np.array([True, False, True, False])})
    assert frames.damaged_frames(rows) == 2  # the third was not shown at all
    assert frames.late_frames(rows) == 2


def test_freezes_by_hand():
    # 60 fps: max(3 / 60, 1/60 + .150) = 166.7 ms. Gaps: 16.7 ms, 160 ms, 170 ms, 2 s.
    shown = np.cumsum([1.0, 1 / 60, 0.160, 0.170, 2.0])
    count, total = frames.frozen(shown, 1 / 60, float(shown[-1]))
    assert (count, total) == (2, pytest.approx(2.17))
    # The same in any order of rows, with frames that were never shown.
    mixed = np.array([shown[3], NAN, shown[0], shown[4], shown[2], NAN, shown[1]])
    assert frames.frozen(mixed, 1 / 60, float(shown[-1])) == (2, pytest.approx(2.17))
    # Nothing more until the end of the run, a second later: a third one.
    assert frames.frozen(shown, 1 / 60, float(shown[-1]) + 1.0) == (3, pytest.approx(3.17))
    # Before the first frame nothing can freeze; without any frame neither.
    assert frames.frozen(np.array([30.0]), 1 / 60, 30.0) == (0, 0.0)
    assert frames.frozen(np.array([NAN]), 1 / 60, 30.0) == (0, 0.0)


def test_freezes_go_by_the_frame_rate_and_the_end_of_the_flow():
    shown = np.cumsum([1.0, 1 / 60, 0.160, 0.170, 2.0])
    rows = flow_rows(frames={"received": shown}, end_ns=round((shown[-1] + 1.0) * S))
    assert frames.freezes(rows) == {"freezes": 3, "freeze_s": pytest.approx(3.17)}


def test_the_limit_of_a_freeze():
    """10 fps: max(300 ms, 250 ms) is three intervals; exactly that counts."""
    assert frames.frozen(np.array([0.1, 0.4]), 0.1, 0.4)[0] == 1
    assert frames.frozen(np.array([0.1, 0.399]), 0.1, 0.399)[0] == 0


def test_quality_is_null_when_not_measured():
    assert frames.mean_measured(np.array([40.0, NAN, 42.0], np.float32)) == 41.0
    assert frames.mean_measured(np.array([NAN, NAN])) is None
    assert frames.mean_measured(np.array([])) is None

"""What a run's ticks show of quality: QP follows the delay, rung and frame rate the rate, and none of them flutters."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from lab_runs import columns, flow, run

from nenc_lab.recording.open import Run

STEPS = [{"at": "10s", "forward": {"rate": "6Mbps"}}, {"at": "20s", "forward": {"rate": "50Mbps"}}]


@pytest.fixture(scope="module")
def ticks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """50, then 6, then 50 Mbit/s, each for 10 s: a 4K flow that may go down to 1 Mbit/s."""
    video = flow(mbps=20, controller="nenc")
    done: Run = run(tmp_path_factory.mktemp("runs"), duration="30s", timeline=STEPS, flows=[video])
    return columns(done, "ticks", flow="video")


def changes(values: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.diff(values.astype(float)) != 0) + 1


def test_the_rung_follows_the_rate_down_and_up(ticks: dict[str, np.ndarray]) -> None:
    at = ticks["t_s"]
    assert set(ticks["rung"][(at > 6) & (at < 10)]) == {2160}
    assert set(ticks["rung"][(at > 14) & (at < 20)]) == {1440}  # 0.016 bit per pixel at 60 fps: 3.5 Mbit/s, of 4K 8.0
    assert set(ticks["rung"][at > 27]) == {2160}


def test_a_higher_rung_waits_two_seconds_after_any_switch(ticks: dict[str, np.ndarray]) -> None:
    rung, at = ticks["rung"], ticks["t_s"]
    switches = changes(rung)
    assert len(switches) <= 6
    for before, now in pairwise(switches):
        if rung[now] > rung[now - 1]:
            assert at[now] - at[before] >= 2.0 - 1e-6


def test_qp_rises_at_once_with_the_queue_and_falls_slowly(ticks: dict[str, np.ndarray]) -> None:
    qp, at = ticks["qp"], ticks["t_s"]
    assert qp.min() >= 18
    assert qp.max() <= 51
    assert qp[(at > 10) & (at < 11.5)].max() >= 45  # the queue of a step from 50 to 6 Mbit/s
    assert qp[(at > 8) & (at < 10)].max() <= 40
    steps = np.diff(qp)
    assert steps.max() <= 2  # 66 a second is 1.1 a tick, rounded
    assert steps.min() >= -1  # 6 a second


def test_frames_are_shed_only_under_the_lowest_rate(tmp_path: Path) -> None:
    video = flow(mbps=20, controller="nenc") | {"rate": {"min": "5Mbps", "max": "50Mbps", "start": "20Mbps"}}
    starved = [{"at": "5s", "forward": {"rate": "1Mbps"}}, {"at": "15s", "forward": {"rate": "50Mbps"}}]
    done = run(tmp_path, duration="25s", timeline=starved, flows=[video])
    ticks = columns(done, "ticks", flow="video")
    at, fps = ticks["t_s"], ticks["fps"]
    assert set(fps[at < 5]) == {60}
    assert fps[(at > 8) & (at < 15)].max() <= 20  # a fifth of rate_min gets through
    assert fps[(at > 8) & (at < 15)].min() >= 1
    assert set(fps[at > 20]) == {60}
    shed = fps < 60
    assert np.all(ticks["rate_bps"][shed & (at < 15)] <= 5e6 * 1.01)

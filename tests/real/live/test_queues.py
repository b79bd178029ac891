"""Path rows from polls, and whether a bottleneck was as fast as it was told to be."""

from __future__ import annotations

import numpy as np
import pytest

from nenc_lab.real.live.queues import Queues
from nenc_lab.real.qdiscs.path import POLL_ROW

MS = 1_000_000
RATE = 8e6  # 1 byte a microsecond


def poll(sent: int, queued: int) -> np.ndarray:
    rows = np.zeros(1, POLL_ROW)
    rows["bytes"], rows["queue_bytes"] = sent, queued
    return rows


def watched(bytes_per_poll: int, queued: int, late_ns: int = 0) -> Queues:
    queues = Queues([RATE], poll(0, queued))
    for number in range(1, 51):
        queues.poll(number * 20 * MS, poll(number * bytes_per_poll, queued), number * 20 * MS + late_ns * (number % 2))
    return queues


def test_a_bottleneck_that_is_slower_than_told_while_it_has_a_queue_is_named():
    assert watched(20_000, queued=50_000).slow(0.97, 500 * MS) == []
    ((link, part),) = watched(15_000, queued=50_000).slow(0.97, 500 * MS)
    assert (link, part) == (0, pytest.approx(0.75))


def in_bursts(pause_bytes: int) -> Queues:
    """Every tenth poll finds so much not passed that should have been; at the next one it has been."""
    queues, sent = Queues([RATE], poll(0, 50_000)), 0
    for number in range(1, 201):
        sent = number * 20_000 - (pause_bytes if number % 10 == 0 else 0)
        queues.poll(number * 20 * MS, poll(sent, 50_000))
    return queues


def test_one_that_passes_all_but_in_bursts_is_named():
    assert in_bursts(4_000).late(0.01, 5 * MS) == []
    queues = in_bursts(12_000)
    assert queues.slow(0.97, 500 * MS) == []
    ((link, late_ms),) = queues.late(0.01, 5 * MS)
    assert (link, late_ms) == (0, pytest.approx(12 - 1.242))


def test_one_without_a_queue_may_pass_less():
    queues = watched(15_000, queued=1_000)
    assert queues.slow(0.97, 500 * MS) == []
    assert queues.late(0.01, MS) == []


def test_polls_that_are_late_are_reckoned_from_when_they_were():
    assert watched(20_000, queued=50_000, late_ns=5 * MS).slow(0.97, 500 * MS) == []


def test_capacity_is_the_mean_since_the_last_poll():
    queues = Queues([RATE], poll(0, 0))
    queues.rate(5 * MS, 0, 0.0)
    queues.poll(20 * MS, poll(0, 0))
    assert queues.take()["capacity_bps"].tolist() == [RATE / 4]

"""Round trips and frame delays, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn_rows import flow_rows

from nenc_lab.analysis.metrics.delay import frame_delay_ms, new_samples

NAN = math.nan


def test_delay_is_of_frames_shown():
    captured = np.array([0.0, 1.0, 2.0, 3.0])
    received = np.array([0.050, 1.030, NAN, 3.500])
    delay = frame_delay_ms(flow_rows(frames={"t_s": captured, "received": received}))
    # sorted: 30, 50, 500; p50 is the second of three, p95 and p99 the third
    assert [delay["p50"], delay["p95"], delay["p99"]] == pytest.approx([50.0, 500.0, 500.0])
    assert frame_delay_ms(flow_rows(frames={"t_s": captured, "received": np.full(4, NAN)}))["p50"] is None


def test_a_sample_counts_once_however_many_ticks_it_fills():
    assert np.flatnonzero(new_samples(np.array([0, 0, 1, 1, 2, 2, 4, 4]))).tolist() == [2, 4, 6]
    assert np.flatnonzero(new_samples(np.array([1, 1]))).tolist() == [0]
    assert not new_samples(np.array([0, 0, 0])).any()

"""The jitter table against the distribution it stands for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nenc_lab.network.base import JitterSetting
from nenc_lab.real.qdiscs.jitter import SCALE, sigma_ns, table

MS = 1_000_000


def delays_ms(std_ms: float, max_ms: float) -> np.ndarray:
    jitter = JitterSetting("ordered", int(std_ms * MS), int(max_ms * MS))
    sigma = sigma_ns(jitter)
    entries = np.array(table(jitter.std_ns, jitter.max_ns), np.int64)
    # as the kernel's tabledist, which rounds to the nearest
    return ((sigma % SCALE * entries + SCALE // 2) // SCALE + sigma // SCALE * entries) / MS


@pytest.mark.parametrize(("std", "most"), [(5.0, 15.0), (5.0, 5.0), (1.0, 30.0), (20.0, 10.0)])
def test_moments_are_those_of_the_folded_normal_cut_at_the_top(std, most):
    got = delays_ms(std, most)
    z = np.minimum(np.abs(stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)) * std, most)
    assert got.mean() == pytest.approx(z.mean(), rel=2e-3)
    assert got.std() == pytest.approx(z.std(), rel=4e-3)
    assert got.min() >= 0
    assert got.max() <= most * (1 + 1e-4)


def test_the_share_beyond_the_top_is_at_the_top():
    got = delays_ms(5.0, 5.0)
    assert np.mean(got > 4.999) == pytest.approx(2 * stats.norm.sf(1), abs=1e-3)


def test_no_jitter_is_no_table():
    assert sigma_ns(JitterSetting()) == 0
    assert sigma_ns(JitterSetting("ordered", 0, 5)) == 0
    assert table(0, 5) == table(5, 0) == ()


def test_entries_fit_into_sixteen_bits():
    assert 0 <= min(table(5 * MS, 200 * MS)) <= max(table(5 * MS, 200 * MS)) <= 32767

"""The gain map: medians, failures, the best cell, and that nothing overlaps."""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pyarrow as pa
import pytest
from drawn_texts import drawn_texts

from nenc_lab.errors import InputError
from nenc_lab.plots import gain_map

KP, KI = "flows.video.controller.gains.kp", "flows.video.controller.gains.ki"


def rows(points: list[tuple[float, float]]) -> dict[str, list[Any]]:
    """Three seeds a point: settling 10 / kp plus the seed, overshoot ki / 10; kp of 0.25 and less fails for seed 3."""
    table: dict[str, list[Any]] = {KP: [], KI: [], "seed": [], "settling_s": [], "overshoot": []}
    for kp, ki in points:
        for seed in (1, 2, 3):
            fails = ki >= 4 or (kp <= 0.25 and seed == 3)
            for name, value in zip(
                table, (kp, ki, seed, None if fails else 10 / kp + seed, None if ki >= 4 else ki / 10), strict=True
            ):
                table[name].append(value)
    return table


GRID = list(itertools.product((0.125, 0.25, 0.5, 1.0, 2.0), (1.0, 2.0, 3.0, 4.0)))


@pytest.mark.parametrize("make", [lambda t: t, pa.table, polars.DataFrame], ids=["dict", "pyarrow", "polars"])
def test_grid(make: Any) -> None:
    info = gain_map.info(make(rows(GRID)))
    assert info.grid
    assert info.x.log, "0.125 0.25 0.5 is geometric"
    assert not info.y.log, "1 2 3 4 is not"
    assert info.runs.tolist() == [3] * 20
    at = {(x, y): k for k, (x, y) in enumerate(zip(info.points_x, info.points_y, strict=True))}
    assert info.maps[0].values[at[1.0, 1.0]] == pytest.approx(12.0), "median of 11, 12, 13"
    assert info.maps[0].values[at[0.25, 1.0]] == pytest.approx(42.0), "median of 41, 42 and never"
    assert info.failures[at[0.25, 1.0]] == 1
    assert info.failures[at[1.0, 4.0]] == 3
    assert np.isnan(info.maps[0].values[at[1.0, 4.0]])
    assert info.best == at[2.0, 1.0], "fastest, and of the equally fast the least overshoot"
    assert int(info.failed.sum()) == 11
    assert "12.0" in info.maps[0].texts
    assert info.maps[0].failures.count("3/3") == 5


def test_irregular_samples_are_scattered() -> None:
    rng = np.random.default_rng(1)
    points = [(float(np.exp(rng.uniform(-3, 1))), float(rng.uniform(1, 3.5))) for _ in range(50)]
    info = gain_map.info(rows(points))
    assert not info.grid
    assert info.x.log
    assert not info.y.log
    assert info.points_x.size == 50
    assert info.best is not None
    assert info.points_x[info.best] == max(kp for kp, _ in points)


def test_other_keys_are_medians_too() -> None:
    table = {
        KP: [1, 1, 2, 2],
        KI: [1, 1, 1, 1],
        "other": [1, 2, 1, 2],
        "settling_s": [1, 3, 2, 8],
        "overshoot": [0] * 4,
    }
    assert gain_map.info(table).maps[0].values.tolist() == [2.0, 5.0]


def test_nothing_settled_anywhere() -> None:
    info = gain_map.info(rows([(1.0, 4.0), (2.0, 5.0)]))
    assert info.best is None
    assert "nowhere did every run settle" in info.verdict


def test_a_missing_column_is_bad_input() -> None:
    with pytest.raises(InputError, match="no column 'settled'"):
        gain_map.info(rows(GRID), settling="settled")
    with pytest.raises(InputError, match=r"no column ends in \.kp"):
        gain_map.info({"a": [1.0], "settling_s": [1.0], "overshoot": [0.0]})
    with pytest.raises(InputError, match="at least one point"):
        gain_map.info(rows([]))


FINE = list(itertools.product(np.linspace(0.1, 2, 24), np.geomspace(0.05, 3, 20)))
SAMPLES = list(zip(np.geomspace(0.05, 3, 30), np.linspace(0.1, 5, 30), strict=True))


@pytest.mark.parametrize("points", [GRID, FINE, SAMPLES, [(0.013, 0.0177)], [(1.0, 4.0), (2.0, 5.0)]])
def test_no_text_overlaps(points: list[tuple[float, float]]) -> None:
    boxes = drawn_texts(partial(gain_map.draw, gain_map.info(rows(points))))
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], f"{one!r} overlaps {other!r}"
    for text, (left, bottom, right, top) in boxes:
        assert left >= 0, text
        assert bottom >= 0, text
        assert right <= 1, text
        assert top <= 1, text


def test_files_are_the_same_every_time(tmp_path: Path) -> None:
    info = gain_map.info(rows(GRID))
    for ending in ("png", "svg"):
        first = gain_map.save(info, tmp_path / f"a.{ending}").read_bytes()
        assert first == gain_map.save(info, tmp_path / f"b.{ending}").read_bytes()
        assert len(first) > 10_000
    with pytest.raises(InputError, match=r"\.png or \.svg"):
        gain_map.save(info, tmp_path / "a.pdf")

"""Texts find room or are left out; they never overlap."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nenc_lab.plots.parts import Label
from nenc_lab.plots.place import Box, Page, Terrain, flags, spread


@given(st.lists(st.floats(0, 10), min_size=1, max_size=12), st.floats(0.01, 0.5))
def test_spread_keeps_order_gap_and_bounds(wanted: list[float], gap: float) -> None:
    got = spread(wanted, gap, 0.0, 10.0)
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    ranked = [got[i] for i in order]
    assert all(b - a >= gap - 1e-9 for a, b in itertools.pairwise(ranked))
    assert min(got) >= -1e-9
    assert max(got) <= 10.0 + 1e-9


def test_spread_leaves_what_has_room() -> None:
    assert spread([3.0, 1.0, 2.0], 0.5, 0.0, 10.0) == [3.0, 1.0, 2.0]


def test_spread_is_centred_on_what_was_wanted() -> None:
    assert np.allclose(spread([5.0, 5.0, 5.0], 1.0, 0.0, 10.0), [4.0, 5.0, 6.0])


@given(st.lists(st.tuples(st.floats(0.6, 10), st.integers(1, 24)), max_size=40))
def test_flags_never_overlap_and_no_stem_crosses_a_text(given_stems: list[tuple[float, int]]) -> None:
    page = Page()
    stems = [(x, "x" * n) for x, n in sorted(given_stems)]
    rows = (1.0, 1.185, 1.37)
    placed = flags(page, stems, rows, 8, "#000000", 11.8)
    assert len(placed) == len(page.labels)
    for one, other in itertools.combinations(page.taken, 2):
        assert not one.overlaps(other)
    for x, row in placed:
        for box, label in zip(page.taken, page.labels, strict=True):
            assert not (box.left < x < box.right and label.y < row), "a stem runs through a text"
    if stems:
        assert placed, "the last one always has room"


def test_a_text_keeps_off_the_curves() -> None:
    frame = Box(0.0, 0.0, 10.0, 5.0)
    terrain = Terrain(frame)
    terrain.add(np.array([0.0, 10.0]), np.array([2.5, 2.5]))
    terrain.add(np.array([0.0, 10.0]), np.array([2.65, 2.65]))
    label = Page().put_near(Label(5.0, 2.5, "2.1 s", anchor="center"), frame, terrain)
    assert label is not None
    assert label.y < 2.5, "above it would cover the other curve"


def test_a_text_without_room_is_left_out() -> None:
    frame = Box(0.0, 0.0, 0.3, 0.2)
    assert Page().put_near(Label(0.15, 0.1, "not settled", anchor="center"), frame, Terrain(frame)) is None

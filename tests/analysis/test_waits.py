"""Queue delay by packets: the sums over batches against counting every row."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nenc_lab.analysis.percentile import percentiles
from nenc_lab.analysis.waits import Adding

ROW = st.tuples(st.integers(0, 11), st.integers(1, 3), st.integers(0, 6), st.integers(1, 20))
"""(begin, length, delay, packets)"""


def batch(rows):
    return {
        "from_s": np.array([begin for begin, *_ in rows], float),
        "until_s": np.array([begin + length for begin, length, *_ in rows], float),
        "delay_ms": np.array([delay for _, _, delay, _ in rows], float),
        "packets": np.array([count for *_, count in rows], np.int64),
    }


def add_up(batches, bounds_ns):
    """In pieces: what waits to be summed must not show."""
    adding = Adding(bounds_ns)
    for rows in batches:
        adding.add(rows)
        assert adding.result().packets.sum() >= rows["packets"].sum()
    return adding.result()


@given(
    batches=st.lists(st.lists(ROW, max_size=12), min_size=1, max_size=4),
    bounds=st.lists(st.integers(0, 14), max_size=6, unique=True).map(sorted),
    percent=st.integers(1, 100),
)
def test_against_every_row(batches, bounds, percent):
    waits = add_up([batch(rows) for rows in batches], [bound * 10**9 for bound in bounds])
    rows = [row for each in batches for row in each]

    def expected(chosen):
        values = np.array([delay for _, _, delay, _ in chosen], float)
        return percentiles(values, (percent,), np.array([count for *_, count in chosen], np.int64))

    assert waits.percentiles(percent) == expected(rows)
    for i, start in enumerate(bounds):
        for end in bounds[i + 1 :]:
            # Wholly inside [start, end) and across no bound between.
            inside = [
                row
                for row in rows
                if start <= row[0] and row[0] + row[1] <= end and not any(row[0] < b < row[0] + row[1] for b in bounds)
            ]
            assert waits.percentiles_between(start * 10**9, end * 10**9, percent) == expected(inside)


def test_no_packet():
    waits = add_up([batch([])], [0, 10**9])
    assert waits.percentiles(50, 100) == [None, None]
    assert waits.percentiles_between(0, 10**9, 95) == [None]
    assert waits.percentiles_between(10**9, 10**9, 95) == [None]

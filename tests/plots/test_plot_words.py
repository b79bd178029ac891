"""How numbers read in a figure."""

from __future__ import annotations

import pytest

from nenc_lab.plots import words as text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (-2.5, f"{text.MINUS}2.5"),
        (0.001, "0.001"),
        (0.125, "0.12"),
        (9.876, "9.88"),
        (56.78, "56.8"),
        (1234.5, "1234"),
    ],
)
def test_number(value: float, said: str) -> None:
    assert text.number(value) == said


def test_units_of_speech() -> None:
    assert [text.rate(bps) for bps in (1e9, 50e6, 1.5e6, 8e5, 0)] == [
        "1 Gbit/s", "50 Mbit/s", "1.5 Mbit/s", "800 kbit/s", "0 bit/s",
    ]  # fmt: skip
    assert [text.duration(s) for s in (0.02, 0.25, 2.1, 59.96, 900, 7200)] == [
        "20 ms", "250 ms", "2.1 s", "60 s", "15 min", "2 h",
    ]  # fmt: skip
    assert [text.percent(r) for r in (0, 0.00001, 0.0023, 0.034, 0.851, 1.5)] == [
        "0 %", "< 0.01 %", "0.23 %", "3.4 %", "85 %", "150 %",
    ]  # fmt: skip

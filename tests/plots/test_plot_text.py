"""Text widths against what matplotlib draws, and how numbers read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nenc_lab.plots import text

SENTENCES = [
    "Controller terms, share of the operating point",
    "loss 85 % both ways",
    "flows.video.changes[*].settling_s <= 5",
    "AVAVAV",
    "1 Gbit/s",
]


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("sentence", [*SENTENCES, "".join(map(chr, range(33, 127))), f"{text.MINUS}5 ·"])
def test_width_is_what_is_drawn(sentence: str, bold: bool) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from nenc_lab.plots import style

    with style.settings():
        figure = Figure(dpi=150)
        renderer = FigureCanvasAgg(figure).get_renderer()
        weight = "bold" if bold else "normal"
        artist = figure.text(0, 0, sentence, fontsize=12, fontweight=weight, parse_math=False)
        drawn = artist.get_window_extent(renderer)
    # Kerning and ligatures only draw letters together: the estimate may be a little long, not short.
    assert drawn.width / 150 <= text.width(sentence, 12, bold) + 0.02
    assert drawn.width / 150 >= 0.93 * text.width(sentence, 12, bold) - 0.02
    assert drawn.height / 150 <= text.height(12) + 0.02


@given(st.text(max_size=60), st.floats(0.2, 4.0))
def test_shortened_text_fits_on_one_line(whole: str, room: float) -> None:
    short = text.shorten(whole, 9, room)
    assert text.width(short, 9) <= room
    assert "\n" not in short
    if text.width(" ".join(whole.split()), 9) <= room:
        assert short == " ".join(whole.split())


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

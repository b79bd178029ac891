"""The parity figure: nothing overlaps, every verdict is on it, and the bands hold their runs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial

import numpy as np
import plot_runs
import pytest
from drawn_texts import drawn_texts

from nenc_lab.analysis.pair import Verdict
from nenc_lab.analysis.parity import Parity, Side, compare
from nenc_lab.plots import pairs_table
from nenc_lab.plots.parity import COLUMNS, ParityFigure, draw, info, render
from nenc_lab.plots.words import CHECK, CROSS, number
from nenc_lab.recording.open import Run

Get = Callable[[str], Run]
WHOLE = [name for name in plot_runs.COURSES if name != "partial"]


def texts(figure_info: ParityFigure) -> list[str]:
    return [text for text, _ in drawn_texts(partial(draw, figure_info))]


def changed(run: Run, mbps: float, seed: int, **figures: object) -> Run:
    """The same run with figures of its own, and its rate ``mbps`` higher."""

    class Changed(Run):
        def columns(self, name: str, flow: object = None, only: object = None) -> dict[str, np.ndarray]:
            columns = run.columns(name, flow, only)  # type: ignore[arg-type]
            if "rate_bps" in columns:
                columns["rate_bps"] = columns["rate_bps"] + 1e6 * mbps
            return columns

    flows = {name: {**flow, **figures} for name, flow in run.summary["flows"].items()}
    made = {**run.info, "seed": seed, "summary": {**run.summary, "flows": flows}}
    return Changed(run.folder, made, run.status)


@pytest.fixture(scope="module")
def apart(plot_run: Get) -> Parity:
    """Three runs against three: goodput misses, utilisation is undecided, the rest agrees."""
    run = plot_run("step")
    first = [changed(run, k, k, goodput_mbps=40 + 0.1 * k, utilisation=0.8 + 0.05 * k) for k in range(3)]
    second = [changed(run, k + 5, k, goodput_mbps=50 + 0.1 * k, utilisation=0.9 - 0.05 * k) for k in range(3)]
    return compare(Side("virtual", tuple(first)), Side("netem", tuple(second)))


@pytest.mark.parametrize("name", [*WHOLE, "apart"])
def test_no_text_overlaps_another_or_leaves_the_page(plot_run: Get, apart: Parity, name: str) -> None:
    parity = apart
    if name != "apart":
        run = plot_run(name)
        if not run.summary:
            pytest.skip("this run has no summary to compare")
        parity = compare(Side("virtual", (run,)), Side("a-network-of-a-rather-long-name", (run,)))
    figure_info = info(parity)
    boxes = drawn_texts(partial(draw, figure_info))
    assert len(boxes) > 20
    for text, (left, bottom, right, top) in boxes:
        inside = left >= 0 and bottom >= 0 and right <= 1 and top <= 1
        assert inside, f"{text!r} leaves the page"
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        clear = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert clear, f"{one!r} overlaps {other!r}"


def test_every_verdict_is_on_it(apart: Parity) -> None:
    said = texts(info(apart))
    assert f"{CROSS} 1 of {len(apart.pairs)} pairs miss" in said
    assert "1 undecided" in said
    marks = [text for text in said if text in pairs_table.MARKS.values()]
    assert (marks.count(CROSS), marks.count("?")) == (1, 1)
    assert marks.count(CHECK) == len(apart.pairs) - 2
    for words in (
        "+10 \N{PLUS-MINUS SIGN} 0",
        "40.10 \N{PLUS-MINUS SIGN} 0.25",
        number(0.05 * 50.1),
        "goodput, Mbit/s",
    ):
        assert words in said, said
    assert any(text.startswith("curves apart by 5 Mbit/s") for text in said)


def test_bands_go_from_the_lowest_to_the_highest(apart: Parity) -> None:
    panel = info(apart).panel("rate.video")
    bands = {area.name: area for area in panel.areas}
    for k in (0, 1):
        band, curve = bands[f"band.{k}"], panel.curve(f"mean.{k}")
        known = np.isfinite(curve.y)
        assert np.allclose(band.y[known] - band.low[known], 2.0)
        assert np.allclose(curve.y[known] - band.low[known], 1.0)
    assert np.allclose((panel.curve("mean.1").y - panel.curve("mean.0").y)[known], 5.0)
    assert panel.scale.high > np.nanmax(bands["band.1"].y)


def test_many_flows_show_those_that_miss(plot_run: Get) -> None:
    run = plot_run("many_flows")
    flows = {name: dict(flow) for name, flow in run.summary["flows"].items()}
    wrong = list(flows)[7]
    flows[wrong]["goodput_mbps"] *= 2
    made = Run(run.folder, {**run.info, "summary": {**run.summary, "flows": flows}}, run.status)
    figure_info = info(compare(Side("virtual", (run,)), Side("netem", (made,))))
    assert f"rate.{wrong}" in [panel.name for flow in figure_info.flows for panel in flow.panels]
    assert sum(len(flow.panels) for flow in figure_info.flows) == 3 * COLUMNS
    assert f"{len(flows) - COLUMNS} more flows not shown" in texts(figure_info)


def test_a_long_table_begins_with_the_worst(plot_run: Get) -> None:
    run = plot_run("fluctuation")
    changes = [dict(change) for change in run.summary["flows"]["video"]["changes"]]
    changes[-1]["settling_s"], changes[-1]["to_mbps"] = 100.0, 50.0
    worse = changed(run, 0.0, 1, changes=changes)
    parity = compare(Side("virtual", (run,)), Side("netem", (worse,)))
    (bad,) = [pair for _, pair in parity.pairs if pair.verdict is Verdict.MISSES]
    found = pairs_table.blocks(parity.flows[0].pairs, 2, 4)
    assert [len(block.rows) for block in found] == [4, 4]
    assert found[0].rows[0] is bad
    assert found[1].more == f"and {len(parity.pairs) - 8} more that agree"
    assert pairs_table.blocks(parity.flows[0].pairs[:3], 2, 4)[0].rows == parity.flows[0].pairs[:2]


def test_the_same_bytes_every_time(apart: Parity) -> None:
    first = render(apart)
    assert sorted(first) == ["png", "svg"]
    assert first == render(apart)
    assert len(first["svg"]) < 1_000_000

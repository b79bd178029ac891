"""The convergence figure: what it says, and that nothing on it overlaps."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from functools import partial

import numpy as np
import plot_runs
import pytest
from drawn_texts import drawn_texts
from matplotlib.text import Text

from nenc_lab.plots import convergence, style
from nenc_lab.plots.panels.rate import OVERSHOOT, SETTLED, UNSETTLED
from nenc_lab.recording.open import Run

Get = Callable[[str], Run]


def texts(info: convergence.Convergence) -> list[str]:
    return [text for text, _ in drawn_texts(partial(convergence.draw, info))]


def symbols(info: convergence.Convergence) -> list[str]:
    return [mark.symbol for mark in info.panel("rate").marks]


@pytest.mark.parametrize("name", plot_runs.COURSES)
def test_no_text_overlaps_another_or_leaves_the_page(plot_run: Get, name: str) -> None:
    info = convergence.info(plot_run(name))
    boxes = drawn_texts(partial(convergence.draw, info))
    assert len(boxes) > 20
    for text, (left, bottom, right, top) in boxes:
        inside = left >= 0 and bottom >= 0 and right <= 1 and top <= 1
        assert inside, f"{text!r} leaves the page"
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, f"{one!r} overlaps {other!r}"


@pytest.mark.parametrize("name", ["step", "fluctuation", "many_flows"])
def test_no_text_of_the_rate_panel_covers_a_mark(plot_run: Get, name: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    info = convergence.info(plot_run(name))
    with style.settings():
        figure = Figure(dpi=150)
        canvas = FigureCanvasAgg(figure)
        convergence.draw(info, figure)
        canvas.draw()
        rates = figure.axes[0]
        boxes = [(text.get_text(), Text.get_window_extent(text)) for text in rates.texts if text.get_text()]
        for mark in info.panel("rate").marks:
            x, y = rates.transData.transform((mark.x, mark.y))
            for said, box in boxes:
                assert not (box.x0 < x < box.x1 and box.y0 < y < box.y1), (said, mark)


def test_step_says_what_happened(plot_run: Get) -> None:
    run = plot_run("step")
    info = convergence.info(run)
    said = texts(info)
    changes = run.info["summary"]["flows"]["video"]["changes"]
    assert "step" in said
    assert "\N{CHECK MARK} 2 of 2 expectations met" in said
    assert "3 of 3" in said
    for change in changes:
        assert f"{change['settling_s']:.1f} s" in said
    assert f"+{change_percent(changes[0])}" in said
    assert symbols(info).count(SETTLED) == 3
    assert symbols(info).count(OVERSHOOT) == sum(change["overshoot"] > 0.05 for change in changes)
    assert [event.text for event in info.events] == ["1 Gbit/s", "50 Mbit/s"]


def change_percent(change: dict[str, float]) -> str:
    return f"{round(change['overshoot'] * 100)} %"


def test_a_gigabit_does_not_crush_the_curves(plot_run: Get) -> None:
    info = convergence.info(plot_run("step"))
    panel = info.panel("rate")
    assert 1.0 * 120 < panel.scale.high < 1.4 * 120
    assert np.nanmax(panel.curve("target.0").y) / panel.scale.high > 0.7
    assert "\N{UPWARDS ARROW} capacity 1 Gbit/s" in texts(info)
    assert panel.curve("capacity").y.max() > panel.scale.high, "its outline leaves the panel"


def test_marks_lie_on_the_target_where_it_settled(plot_run: Get) -> None:
    run = plot_run("step")
    ticks = run.columns("ticks", "video")
    marks = [mark for mark in convergence.info(run).panel("rate").marks if mark.symbol == SETTLED]
    for mark, change in zip(marks, run.info["summary"]["flows"]["video"]["changes"], strict=True):
        assert mark.x == pytest.approx(change["at_s"] + change["settling_s"])
        assert mark.y == pytest.approx(np.interp(mark.x, ticks["t_s"], ticks["rate_bps"]) / 1e6)


def test_what_did_not_settle_is_said_first(plot_run: Get) -> None:
    info = convergence.info(plot_run("fluctuation"))
    assert symbols(info).count(UNSETTLED) == 30
    assert 3 <= texts(info).count("not settled") <= 10, "labels thin out, marks do not"
    assert "0 of 30" in texts(info)
    assert "\N{BALLOT X} 1 of 1 expectation failed" in texts(info)
    assert "flows.video.queue_delay_ms.p95 <= 150" in texts(info)
    for flag in ("1 Gbit/s", "50 Mbit/s"):
        assert texts(info).count(flag) >= 7, "both values of the capacity are named"


def test_a_trace_has_no_share_to_settle_at(plot_run: Get) -> None:
    info = convergence.info(plot_run("lte"))
    assert symbols(info) == []
    assert "changes settled" not in texts(info)
    assert "share" not in [curve.name for curve in info.panel("rate").curves]


def test_three_flows_have_three_colours_and_one_table(plot_run: Get) -> None:
    info = convergence.info(plot_run("three_flows"))
    panel = info.panel("rate")
    assert len({panel.curve(f"target.{k}").look.colour for k in range(3)}) == 3
    assert len({panel.curve(f"{q}.0").look.dash for q in ("target", "output", "goodput")}) == 3
    assert {"camera", "screen", "phone", "+ screen", "+ phone"} <= set(texts(info))
    assert "Jain's index over the last 20 s: 0.987" in texts(info)


def test_an_outage_is_a_gap_not_a_line(plot_run: Get) -> None:
    info = convergence.info(plot_run("outage"))
    rtt = info.panel("delay").curve("rtt.0")
    during = (rtt.x > 20.5) & (rtt.x < 22.5)
    assert during.any()
    assert np.isnan(rtt.y[during]).all()


def test_a_partial_run_says_so(plot_run: Get) -> None:
    info = convergence.info(plot_run("partial"))
    assert "PARTIAL: 27.4 s of 60 s" in texts(info)
    assert info.end_s == pytest.approx(27.4, abs=0.05)
    assert [event.t_s for event in info.events] == [20.0]
    assert symbols(info) == []


def test_without_frames_there_is_no_encoder_output(plot_run: Get) -> None:
    info = convergence.info(plot_run("no_frames"))
    assert info.panel("rate").curve("output.0").x.size == 0
    assert "encoder output" not in texts(info)
    assert "goodput" in texts(info)


def test_without_a_bottleneck_the_capacity_is_said_to_be_missing(plot_run: Get) -> None:
    assert "\N{UPWARDS ARROW} no bottleneck" in texts(convergence.info(plot_run("no_bottleneck")))


def test_loss_zero_is_zero(plot_run: Get) -> None:
    info = convergence.info(plot_run("lte"))
    assert "no packet was lost" in texts(info)
    panel = info.panel("loss")
    assert (panel.scale.low, panel.scale.linear_to) == (0.0, 0.1)
    assert np.nanmax(panel.curve("loss.0").y) == 0.0
    assert 80 < np.nanmax(convergence.info(plot_run("blackout")).panel("loss").curve("loss.0").y) < 90


def test_a_run_killed_at_once_still_draws(plot_run: Get) -> None:
    run = plot_run("step")
    course = plot_runs.partial()
    course.stopped_at, course.name = plot_runs.STEP_S, "killed"
    killed = plot_runs.make(run.folder.parent, course)
    info = convergence.info(killed)
    assert "no samples were recorded" in texts(info)
    assert drawn_texts(partial(convergence.draw, info))


def test_info_needs_no_matplotlib() -> None:
    code = (
        "import sys, nenc_lab.plots.convergence, nenc_lab.plots.gain_map, nenc_lab.plots.save\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'matplotlib'])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_logarithmic_delay_axis_says_so(plot_run: Get) -> None:
    info = convergence.info(plot_run("outage"))
    panel = info.panel("delay")
    if panel.scale.linear_to is None:
        assert panel.note == ""
    else:
        assert "logarithmic above 100 ms" in texts(info)

"""The step figure of an identified encoder: how its output followed the target, and the fitted response.

Left: output and target of each drive. Right: all steps on one scale, 0 before and 1 after, with the median fit.
``info`` computes the figure, ``draw`` draws it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from nenc_lab.plots import style
from nenc_lab.plots.files import Kind, render_kinds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nenc_lab.analysis.identification import Phase, StepResponse

Floats = npt.NDArray[np.float64]

WIDTH, HEIGHT = 12.0, 4.8
SMOOTH_S = 0.5
"""Length of the moving average of the output, because single frames vary too much."""
SHOWN_S = 2.5
"""Length of each step that is shown."""
LARGEST = 2.0
"""Upper limit of the step axis; single frames may be far above it."""


class _Drive(Protocol):
    @property
    def resolution(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def phases(self) -> tuple[Phase, ...]: ...
    @property
    def responses(self) -> tuple[StepResponse, ...]: ...


class _Found(Protocol):
    @property
    def encoder(self) -> str: ...
    @property
    def about(self) -> dict[str, str]: ...
    @property
    def drives(self) -> tuple[_Drive, ...]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One drive: time in s, and output and target in units of the highest target."""

    name: str
    t: Floats
    output: Floats
    target: Floats


@dataclass(frozen=True, slots=True, eq=False)
class StepFigure:
    """The whole figure as data."""

    title: str
    curves: tuple[Curve, ...]
    step_t: Floats
    steps: tuple[Floats, ...]
    median: Floats
    """Median of the steps, frame by frame."""
    fit: Floats
    """Median of the fits, frame by frame."""
    caption: str


def info(found: _Found) -> StepFigure:
    """Computes the figure."""
    responses = [response for drive in found.drives for response in drive.responses]
    fps = found.drives[0].phases[0].fps
    count = min([round(SHOWN_S * fps), *(len(response.y) for response in responses)])
    steps = tuple(response.y[:count] for response in responses)
    fits = [response.fit[:count] for response in responses]
    if responses:
        dead, tau = (1e3 * float(np.median([getattr(r, name) for r in responses])) for name in ("dead_s", "tau_s"))
        over = 100 * float(np.median([r.overshoot for r in responses]))
        error = 100 * float(np.median([abs(r.error) for r in responses]))
        caption = (
            f"Medians over {len(responses)} steps: dead time {dead:.0f} ms, time constant {tau:.0f} ms, "
            f"overshoot {over:.0f} %, rate error {error:.1f} %"
        )
    else:
        caption = "The output did not follow any step."
    return StepFigure(
        title=f"{found.encoder}: {'; '.join(found.about.values())}"[:130],
        curves=tuple(_curve(drive) for drive in found.drives),
        step_t=np.arange(count) / fps,
        steps=steps,
        median=np.median(np.array(steps), axis=0) if steps else np.empty(0),
        fit=np.median(np.array(fits), axis=0) if fits else np.empty(0),
        caption=caption,
    )


def _curve(drive: _Drive) -> Curve:
    fps = drive.phases[0].fps
    bits = np.concatenate([phase.bits for phase in drive.phases])
    target = np.concatenate([np.full(len(phase.bits), phase.target_bps) for phase in drive.phases])
    width = max(1, round(SMOOTH_S * fps))
    total = np.concatenate([[0.0], np.cumsum(bits)])
    at = np.arange(1, len(bits) + 1)
    first = np.maximum(at - width, 0)
    output = (total[at] - total[first]) / (at - first) * fps
    top = float(np.max(target))
    return Curve(f"{drive.resolution} {drive.mode}", at / fps, output / top, target / top)


def draw(figure_info: StepFigure, figure: Figure) -> None:
    """Draws ``figure_info`` on an empty ``figure`` and sets its size."""
    figure.set_size_inches(WIDTH, HEIGHT)
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    figure.subplots_adjust(left=0.055, right=0.985, bottom=0.115, top=0.82, wspace=0.13)
    figure.text(0.055, 0.945, figure_info.title, fontsize=10, color=style.INK, weight="bold")
    figure.text(0.055, 0.895, figure_info.caption, fontsize=8, color=style.INK)
    for number, curve in enumerate(figure_info.curves):
        colour = style.FLOW_COLOURS[number % len(style.FLOW_COLOURS)]
        left.plot(curve.t, curve.output, color=colour, linewidth=1.1, label=curve.name)
    first = figure_info.curves[0]
    left.plot(first.t, first.target, color=style.BLACK, linewidth=1.0, dashes=style.DASHED, label="target")
    left.set_ylim(0, 1.5)
    left.set_xlim(0, float(first.t[-1]))
    left.set_title("Output over 0.5 s, in units of the highest target", loc="left", fontsize=8, color=style.INK)
    left.set_xlabel("s")
    left.legend(frameon=False, ncols=len(figure_info.curves) + 1, loc="upper left", fontsize=7)
    for step in figure_info.steps:
        right.plot(figure_info.step_t, step, color=style.CAPACITY_EDGE, linewidth=0.5)
    if figure_info.steps:
        right.plot(figure_info.step_t, figure_info.median, color=style.BLUE, linewidth=1.3, label="median of the steps")
        right.plot(
            figure_info.step_t, figure_info.fit, color=style.VERMILLION, linewidth=1.3, dashes=style.DASHED, label="fit"
        )
        right.legend(frameon=False, loc="lower right", fontsize=7)
    right.set_ylim(-0.5, LARGEST)
    right.set_xlim(0, float(figure_info.step_t[-1]) if len(figure_info.step_t) else 1.0)
    right.set_title("Frame sizes after each step: 0 before, 1 settled", loc="left", fontsize=8, color=style.INK)
    right.set_xlabel("s after the step")
    for axes in (left, right):
        axes.grid(color=style.GRID, linewidth=0.5)
        axes.set_axisbelow(True)


def render(found: _Found) -> dict[Kind, bytes]:
    """Renders the figure as PNG and SVG, with the same bytes every time."""
    shown = info(found)
    return render_kinds(lambda figure: draw(shown, figure), shown.title)


__all__: Sequence[str] = ("Curve", "StepFigure", "draw", "info", "render")

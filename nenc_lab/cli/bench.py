"""``nenc-lab bench``: measures how fast the lab is on this machine, beside references measured in the same run."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from nenc_lab.cli import options


def bench(
    groups: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[GROUP]...", help="Key groups: core, quality, sim, net, encode, start; none means all."
        ),
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, metavar="N", help="Alternating measurements; the median counts.")] = 5,
    as_json: options.Json = False,
) -> None:
    """Measure the lab on this machine.

    --json prints one flat object, such as {"sim.speed": ..., "sim.packets_per_s": ..., "sim.vs_lean_simpy": ...}.
    A figure whose reference program is not installed is left out and named on stderr.
    """
    from nenc_lab.bench import measure
    from nenc_lab.cli.show import json_line

    figures = measure(groups or [], repeats, lambda text: print(text, file=sys.stderr))
    if as_json:
        json_line({figure.key: figure.value for figure in figures})
        return
    width = max((len(figure.key) for figure in figures), default=0)
    for figure in figures:
        value = f"{figure.value:,.0f}" if abs(figure.value) >= 1000 else f"{figure.value:.3g}"
        print(f"{figure.key:<{width}}  {value:>14}  {figure.meaning}")

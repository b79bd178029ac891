"""``nenc-lab bench``: how fast the lab is here, each figure beside a reference measured in the same run."""

from __future__ import annotations

from typing import Annotated

import typer

from nenc_lab.cli import options


def bench(
    groups: Annotated[
        list[str] | None, typer.Argument(metavar="[GROUP]...", help="Key groups (sim); none means all.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, metavar="N", help="Alternating measurements; the median counts.")] = 5,
    as_json: options.Json = False,
) -> None:
    """Measure the lab on this machine.

    --json prints one flat object, such as {"sim.speed": ..., "sim.packets_per_s": ..., "sim.vs_lean_simpy": ...}.
    """
    from nenc_lab.bench import measure
    from nenc_lab.cli.show import json_line

    figures = measure(groups or [], repeats)
    if as_json:
        json_line({figure.key: figure.value for figure in figures})
        return
    width = max(len(figure.key) for figure in figures)
    for figure in figures:
        print(f"{figure.key:<{width}}  {figure.value:>14,.1f}  {figure.meaning}")

"""``nenc-lab import-trace``: converts capacity traces from one format to the other."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nenc_lab.cli import options


class TraceFormat(StrEnum):
    """The format of a trace file."""

    mahimahi = "mahimahi"
    csv = "csv"


def import_trace(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="The trace to read.")],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="The file to write.")],
    format: Annotated[
        TraceFormat | None,
        typer.Option("--format", help="Format of SOURCE; default: csv when its name ends in .csv, else mahimahi."),
    ] = None,
    bin: Annotated[
        str, typer.Option("--bin", metavar="TIME", help="Step of a CSV, and of the minimum and maximum shown.")
    ] = "100ms",
    as_json: options.Json = False,
) -> None:
    """Convert a capacity trace from mahimahi to CSV or from CSV to mahimahi, and show its length and rates.

    A mahimahi trace has one line per delivery opportunity of 1504 bytes: its time in ms. A CSV has the columns
    t_s,rate_bps or t_s,rate_mbps. A scenario takes either: trace: {file: x.csv, format: csv}.
    """
    from nenc_lab.cli.show import json_line
    from nenc_lab.errors import InputError
    from nenc_lab.scenario.traces import import_trace as convert
    from nenc_lab.units import parse_time

    try:
        bin_ns = parse_time(bin)
    except InputError as error:
        raise InputError(f"--bin: {error}") from None
    kind = format or (TraceFormat.csv if source.suffix == ".csv" else TraceFormat.mahimahi)
    made = convert(source, target, kind.value, bin_ns)
    if as_json:
        json_line(
            {
                "file": str(made.file),
                "length_s": made.length_s,
                "mean_bps": made.mean_bps,
                "min_bps": made.min_bps,
                "max_bps": made.max_bps,
            }
        )
    else:
        mean, low, high = (f"{rate / 1e6:.2f}" for rate in (made.mean_bps, made.min_bps, made.max_bps))
        print(f"{made.file}: {made.length_s:.1f} s, mean {mean}, min {low}, max {high} Mbit/s on the wire")

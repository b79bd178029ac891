"""``nenc-lab identify``: measures an encoder and fits the model encoder to it."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nenc_lab.cli import options


class What(StrEnum):
    """What can be identified."""

    encoder = "encoder"


def identify(
    what: Annotated[What, typer.Argument(help="What to identify.")],
    kind: Annotated[str, typer.Argument(metavar="KIND", help="x264, vaapi or nvenc.")],
    resolution: Annotated[
        list[str] | None, typer.Option(metavar="LINES", help="A size, such as 720p; again for more. [360p, 720p]")
    ] = None,
    mode: Annotated[list[str] | None, typer.Option(metavar="MODE", help="cbr or vbr; again for both. [cbr]")] = None,
    codec: Annotated[str, typer.Option(help="Codec; every encoder has h264.")] = "h264",
    preset: Annotated[str, typer.Option(help="Preset, by x264's names; default: the encoder's own.")] = "",
    device: Annotated[str, typer.Option(help="Device, as encoder.device in a scenario.")] = "",
    complexity: Annotated[float, typer.Option(min=0.0, max=1.0, help="Complexity of the picture, 0 to 1.")] = 0.5,
    seconds: Annotated[float, typer.Option(min=3.0, max=600.0, help="Length of each of the six rate steps.")] = 6.0,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder to write. [identify/KIND]")] = None,
    as_json: options.Json = False,
) -> None:
    """Drive rate steps through an encoder and fit a model to its responses.

    Measures dead time, time constant, overshoot, rate error and the size of key frames at each resolution and mode.
    Writes identify.json, frames.parquet, step.png, and profile.yaml, which a scenario uses as
    encoder: {kind: model, profile: profile.yaml}.
    """
    from nenc_lab import identify as identification
    from nenc_lab.cli.progress import progress_line
    from nenc_lab.cli.show import console, json_line, show_table
    from nenc_lab.recording import provenance
    from nenc_lab.report import identified

    folder = out or Path("identify") / kind
    asked = {"codec": codec, "preset": preset, "device": device, "complexity": complexity, "phase_s": seconds}
    sizes, modes = resolution or ["360p", "720p"], mode or ["cbr"]
    with progress_line([round(len(identification.BITS_PER_PIXEL) * seconds * 1e9)] * len(sizes) * len(modes)) as line:
        found = identification.identify(
            kind,
            resolutions=sizes,
            modes=modes,
            codec=codec,
            preset=preset,
            device=device,
            complexity=complexity,
            phase_s=seconds,
            progress=line,
        )
    info = {
        "asked": asked,
        "argv": sys.argv[1:],
        "versions": provenance.versions(),
        "host": provenance.host(),
    }
    identification.write(found, folder, info)
    for text in found.warnings():
        print(f"nenc-lab: warning: {text}", file=sys.stderr)
    if as_json:
        json_line({"encoder": kind, "folder": str(folder), "profile": found.profile(), "warnings": found.warnings()})
        return
    show_table(console(), identified(found))
    print(f"\nprofile: {folder / 'profile.yaml'}\nfigure: {folder / 'step.png'}")

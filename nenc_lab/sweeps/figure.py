"""Chooses the axes and rows of a sweep's gain map, and writes the map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import polars

NAME = "gain_map"


class Swept(Protocol):
    """The part of a sweep's result that the map needs; see `nenc_lab.sweeps.result.SweepResult`."""

    folder: Path
    dataset: Path

    @property
    def keys(self) -> tuple[str, ...]: ...

    @property
    def units(self) -> dict[str, str]: ...

    def frame(self) -> polars.DataFrame: ...


def axes(frame: polars.DataFrame, keys: tuple[str, ...]) -> tuple[str, str] | None:
    """The axes of the map: the two numeric keys with several values if there are two, else kp and ki, else None."""
    numeric = [key for key in keys if frame[key].dtype.is_numeric() and frame[key].n_unique() > 1]
    gains = [next((key for key in numeric if key.endswith(f".{gain}")), None) for gain in ("kp", "ki")]
    if len(numeric) == 2 and None in gains:
        return numeric[0], numeric[1]
    kp, ki = gains
    return (kp, ki) if kp is not None and ki is not None else None


def rows(frame: polars.DataFrame, keys: tuple[str, str]) -> polars.DataFrame:
    """The rows that a map of these keys shows: all, or those of the flow to which both keys belong."""
    flows = {key.split(".")[1] for key in keys if key.startswith("flows.")}
    if len(flows) == 1 and all(key.startswith("flows.") for key in keys):
        (flow,) = flows
        return frame.filter((frame["flow"] == flow) | frame["flow"].is_null())  # null marks a run that failed
    return frame


def draw(result: Swept) -> Path | None:
    """Writes gain_map.png and .svg unless they are newer than the dataset. Returns None when nothing can be drawn."""
    png = result.folder / f"{NAME}.png"
    svg = png.with_suffix(".svg")
    dataset = result.dataset.stat().st_mtime_ns
    if all(path.exists() and path.stat().st_mtime_ns >= dataset for path in (png, svg)):
        return png
    frame = result.frame()
    keys = axes(frame, result.keys)
    if keys is None:
        return None
    from nenc_lab.plots import gain_map

    # The map labels its axes with the names of their columns.
    named = {key: f"{key} [{result.units[key]}]" for key in keys if key in result.units}
    info = gain_map.info(rows(frame, keys).rename(named), *(named.get(key, key) for key in keys))
    gain_map.save(info, png)
    gain_map.save(info, svg)
    return png

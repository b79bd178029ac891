"""Run folders drawn by hand: ticks every 20 ms, frames, capacity and queue delays, recorded for real."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nenc_lab.recording.folder import RunFolder
from nenc_lab.recording.recorder import Recorder
from nenc_lab.records import TABLES
from nenc_lab.scenario.load import dump, parse

TICK_S = 0.02
Curve = Sequence[tuple[float, float]]
"""(from second, value) ..., each until the next."""


def level(curve: Curve, t: np.ndarray) -> np.ndarray:
    """The curve's value at each time."""
    begins = np.array([begin for begin, _ in curve])
    return np.array([value for _, value in curve], float)[np.searchsorted(begins, t + 1e-9, side="right") - 1]


def total(curve: Curve, t: np.ndarray) -> np.ndarray:
    """What a rate per second has added up to at each time."""
    begins, values = np.array([b for b, _ in curve]), np.array([v for _, v in curve], float)
    corners = np.concatenate([[0.0], np.cumsum(values[:-1] * np.diff(begins))])
    place = np.searchsorted(begins, t, side="right") - 1
    return np.rint(corners[place] + values[place] * (t - begins[place])).astype(np.int64)


def ticks(start: float, stop: float, rate_mbps: Curve, per_s: Mapping[str, Curve], **columns: Any) -> dict[str, Any]:
    """A flow's ticks; ``per_s`` are counters by what they grow per second."""
    count = round((stop - start) / TICK_S)
    t = np.rint((start + np.arange(count) * TICK_S) * 1e9) / 1e9
    rate = level(rate_mbps, t) * 1e6
    rows: dict[str, Any] = {
        "t_s": t,
        "rate_bps": rate,
        "encode_bps": rate,
        "rtt_ms": 40.0,
        "throughput": rate,
        "loss": 0.0,
    }
    for column in TABLES["ticks"]:
        if column.name in per_s:
            rows[column.name] = total(per_s[column.name], t)
        elif column.name not in rows and column.kind != "category":
            rows[column.name] = 0 if column.kind in ("i8", "i4") else 0.0
    return rows | columns


def frames(captured: Sequence[float], delay_ms: Sequence[float], size: int, **columns: Any) -> dict[str, Any]:
    """Frames of one size; a delay of NaN: never shown."""
    captured_s = np.asarray(captured, float)
    received = captured_s + np.asarray(delay_ms, float) / 1e3
    count = len(captured_s)
    rows: dict[str, Any] = {
        "frame": np.arange(count),
        "t_s": captured_s,
        "size": np.full(count, size),
        "key": False,
        "encode_ms": 4.0,
        "qp": 30.0,
        "psnr": None,
        "ssim": None,
        "encoder": "model",
        "rung": 2160,
        "sent": captured_s,
        "received": received,
        "packets": 1,
        "lost": np.zeros(count, np.int64),
        "pending": 0,
        "late": np.asarray(delay_ms, float) > 400.0,
    }
    return rows | columns


def path(hop: str, until: float, capacity_mbps: Curve) -> dict[str, Any]:
    """Path rows of 10 ms."""
    t = np.rint(np.arange(1, round(until * 100) + 1) * 1e7) / 1e9
    rows: dict[str, Any] = {"hop": hop, "t_s": t, "capacity_bps": level(capacity_mbps, t - 0.01) * 1e6}
    return rows | {column.name: 0 for column in TABLES["path"][3:]}


def delays(slices: Sequence[tuple[float, float, float, int]]) -> dict[str, Any]:
    """(from, until, delay in ms, packets) ..."""
    columns = list(zip(*slices, strict=True))
    names = ("from_s", "until_s", "delay_ms", "packets")
    rows: dict[str, Any] = {name: np.array(column) for name, column in zip(names, columns, strict=True)}
    return rows | {"delay_ms": rows["delay_ms"].astype(float)}


def draw(
    out: Path,
    scenario: Mapping[str, Any],
    *,
    flows: Mapping[str, Mapping[str, dict[str, Any]]],
    hops: Sequence[dict[str, Any]],
    timing: dict[str, Any] | None = None,
    before_close: Callable[[Recorder], None] | None = None,
) -> RunFolder:
    """Writes the folder: ``flows[name]`` has ticks, frames, delays. ``before_close`` may break things off."""
    resolved = dump(parse({"version": 1, **scenario}, "drawn"))
    info = {"scenario": resolved, "seed": 1, "backend": "virtual", "controller": "nenc", "versions": {}}
    folder = RunFolder.create(out, info)
    recorder = Recorder(folder, order=list(flows))
    for name, tables in flows.items():
        for table, rows in tables.items():
            recorder.append(table, {"flow": name, **rows})
    for rows in hops:
        recorder.append("path", rows)
    if before_close is not None:
        before_close(recorder)
        return folder
    recorder.close()
    if timing is not None:
        folder.update(timing=timing)
    return folder

"""The folder of one parity report. It is created before the first run, and its files are written atomically.

OUT/<scenario>-<hash8>/
  parity.json     what is compared and, at the end, every pair; written before the first run, replaced atomically
  parity.md       the report as Markdown
  parity.png .svg
  <network>/      the run folders that were made for it
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nenc_lab.parity.notes import texts
from nenc_lab.parity.text import markdown
from nenc_lab.recording.atomic import said_plainly, write_whole

if TYPE_CHECKING:
    from nenc_lab.analysis.parity import Parity
    from nenc_lab.analysis.tolerance import Tolerance
    from nenc_lab.parity.notes import Note

FORMAT_VERSION = 1
INFO, REPORT, FIGURE = "parity.json", "parity.md", "parity"
Status = Literal["complete", "partial"]


class ParityFolder:
    """An open report folder. ``info`` holds the contents of parity.json."""

    def __init__(self, path: Path, info: dict[str, Any]) -> None:
        self.path = path
        self.info = info

    @classmethod
    def create(cls, out: Path, scenario: str, identity: object, info: Mapping[str, Any]) -> ParityFolder:
        """Creates OUT/<scenario>-<hash8 of identity>, with -2, -3, ... appended when that folder exists.

        Raises MachineError when the folder cannot be written.
        """
        text = json.dumps(identity, sort_keys=True, ensure_ascii=False, allow_nan=False)
        plain = re.sub(r"[^A-Za-z0-9._]+", "-", scenario).strip("-.")[:80] or "unnamed"
        stem = f"{plain}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        with said_plainly("make a parity folder in", out):
            out.mkdir(parents=True, exist_ok=True)
            for number in itertools.count(1):
                path = out / (stem if number == 1 else f"{stem}-{number}")
                try:
                    path.mkdir()  # mkdir is the lock, because only one of two processes can succeed
                except FileExistsError:
                    continue
                break
        folder = cls(path, {"format_version": FORMAT_VERSION, "scenario": scenario, "status": "running", **info})
        folder._write()
        return folder

    def complete(self, parity: Parity, notes: Sequence[Note], status: Status, *, plot: bool) -> None:
        """Writes the report, the figures and, last, parity.json with all pairs."""
        if plot:
            from nenc_lab.plots.parity import render

            for kind, data in render(parity).items():
                self._put(f"{FIGURE}.{kind}", data)
        text = markdown(parity, notes, folder=self.path, figure=plot, partial=status == "partial")
        self._put(REPORT, text.encode())
        self.info.update(status=status, **as_json(parity, notes))
        self._write()

    def leave(self) -> None:
        """Ends without a report: marks the folder partial, or removes it when no run was made."""
        if any(place.is_dir() for place in self.path.iterdir()):
            self.info["status"] = "partial"
            self._write()
            return
        with contextlib.suppress(OSError):
            shutil.rmtree(self.path)

    def _write(self) -> None:
        self._put(INFO, (json.dumps(self.info, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())

    def _put(self, name: str, data: bytes) -> None:
        with said_plainly("write", self.path / name):
            write_whole(self.path / name, data)


def as_json(parity: Parity, notes: Sequence[Note]) -> dict[str, Any]:
    """All figures of a report in plain JSON values, in the units that the pairs and keys name."""
    names = [side.name for side in parity.sides]
    return {
        "verdict": str(parity.verdict),
        "paired": parity.paired,
        "sides": {
            side.name: [
                {"folder": os.fspath(run.folder), "seed": run.info["seed"], "status": run.status} for run in side.runs
            ]
            for side in parity.sides
        },
        "tolerances": {key: _tolerance(one) for key, one in parity.tolerances.items()},
        "flows": {
            flow.name: {
                "pairs": [
                    {
                        "figure": pair.figure,
                        "change": pair.change or None,
                        "at_s": pair.at_s,
                        "unit": pair.unit,
                        "values": dict(zip(names, map(list, pair.values), strict=True)),
                        "means": {
                            name: None if mean is None else asdict(mean)
                            for name, mean in zip(names, pair.means, strict=True)
                        },
                        "difference": None if pair.difference is None else asdict(pair.difference),
                        "allowed": pair.limit,
                        "verdict": str(pair.verdict),
                        "reason": pair.reason,
                        "notes": list(texts(notes, parity.scenario, flow.name, pair)),
                        "known": list(parity.known(flow, pair)) if pair.verdict != "agrees" else [],
                    }
                    for pair in flow.pairs
                ],
                "rate_distance": {**asdict(flow.distance), "within_mbps": list(flow.distance.within_mbps)},
            }
            for flow in parity.flows
        },
    }


def _tolerance(one: Tolerance) -> dict[str, Any]:
    return {
        "unit": one.unit,
        "absolute": one.absolute,
        "relative": one.relative,
        "reason": one.reason,
        "metric": one.metric.name,
    }

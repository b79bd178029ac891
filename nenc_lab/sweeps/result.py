"""Opens the folder of a finished sweep; Jupyter displays its gain map and its best points."""

from __future__ import annotations

import base64
import html as markup
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nenc_lab.errors import InputError
from nenc_lab.sweeps import best, figure
from nenc_lab.sweeps.store import SUMMARIES, read_info
from nenc_lab.texttable import TextTable, html_table, number

if TYPE_CHECKING:
    import polars

SHOWN = 5


class SweepResult:
    """A complete sweep. ``dataset`` is the path of its parquet file, which has a row per run and flow."""

    def __init__(self, folder: Path | str) -> None:
        """Opens a sweep folder. Raises InputError when there is none or its sweep is not complete."""
        self.folder = Path(folder)
        self.info = read_info(self.folder)
        self.dataset = self.folder / SUMMARIES
        if not self.dataset.exists():
            raise InputError(f"the sweep in {folder} is not complete: start it again, and it resumes")
        self._frame: polars.DataFrame | None = None

    def __repr__(self) -> str:
        return f"SweepResult({str(self.folder)!r}, {self.info['points']} points, {self.info['runs']} runs)"

    @property
    def keys(self) -> tuple[str, ...]:
        """The swept keys, which are columns of the frame."""
        return tuple(self.info["keys"])

    @cached_property
    def units(self) -> dict[str, str]:
        """The unit of each column that has one."""
        from pyarrow.parquet import read_schema

        fields = read_schema(self.dataset)
        found = {field.name: (field.metadata or {}).get(b"unit", b"").decode() for field in fields}
        return {name: unit for name, unit in found.items() if unit}

    def frame(self) -> polars.DataFrame:
        """The dataset: a row per run and flow. The file's schema holds the meaning and unit of each column."""
        if self._frame is None:
            import polars

            self._frame = polars.read_parquet(self.dataset)
        return self._frame

    def ranked(self) -> polars.DataFrame:
        """Points of the space, best first, with medians over scenarios, seeds and flows (see `sweeps.best.ranked`)."""
        return best.ranked(self._judged(), self.keys)

    def best(self) -> dict[str, Any] | None:
        """The keys and medians of the best point; None when there is no point at which every run settled."""
        return best.best(self._judged(), self.keys)

    @property
    def figure(self) -> Path | None:
        """Path of gain_map.png, when there is one."""
        path = self.folder / f"{figure.NAME}.png"
        return path if path.exists() else None

    def table(self, most: int = SHOWN) -> TextTable:
        """The best points as a text table."""
        columns = (
            f"{name}\n{self.units[key]}" if key in self.units else name
            for name, key in zip(_last_parts(self.keys), self.keys, strict=True)
        )
        names = ("settle\ns", "over-\nshoot%", "used\n%", "queue\np95 ms", "loss\n%", "un-\nsettled", "expect.\nfailed")
        rows = tuple(
            (
                *(_written(row[key]) for key in self.keys),
                number(row["settling_s"], 2),
                number(row["overshoot"], 0, 100),
                number(row["utilisation"], 0, 100),
                number(row["queue_delay_ms.p95"], 0),
                number(row["loss"], 2, 100),
                f"{row['unsettled']}/{row['rows']}",
                number(row["failed"], 0),
            )
            for row in self.ranked().head(most).iter_rows(named=True)
        )
        return TextTable("best points (medians)", (*columns, *names), rows, left=0)

    def _judged(self) -> polars.DataFrame:
        """The rows that the gain map shows, where there is one, because both must name the same best point."""
        keys = figure.axes(self.frame(), self.keys)
        return self.frame() if keys is None else figure.rows(self.frame(), keys)

    def _repr_png_(self) -> bytes | None:
        return self.figure.read_bytes() if self.figure is not None else None

    def _repr_html_(self) -> str:
        size = f"{self.info['sweep']}: {self.info['points']} points, {self.info['runs']} runs"
        parts = [f"<p><b>{markup.escape(size)}</b><br><code>{markup.escape(str(self.folder))}</code></p>"]
        picture = self._repr_png_()
        if picture is not None:
            code = base64.b64encode(picture).decode("ascii")
            parts.append(f'<img alt="gain map" style="max-width:100%" src="data:image/png;base64,{code}">')
        return "\n".join([*parts, html_table(self.table())])


def _last_parts(keys: tuple[str, ...]) -> list[str]:
    """The last part of each key, or the whole key where two last parts are equal."""
    last = [key.rpartition(".")[2] for key in keys]
    return [short if last.count(short) == 1 else key for short, key in zip(last, keys, strict=True)]


def _written(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)

"""Opens a run folder, whatever state it is in: finished, interrupted, still running, or killed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nenc_lab.errors import InputError
from nenc_lab.recording.atomic import swapped
from nenc_lab.recording.folder import read_info, status_of
from nenc_lab.records import TABLES

if TYPE_CHECKING:
    import polars


class Run:
    """A run folder that can be read: ``folder``, ``info`` (run.json), ``status`` and its tables.

    ``status`` is "complete", "partial" (interrupted, then finished properly), "running" or "killed". Nothing is kept in
    memory: each call reads the file.
    """

    def __init__(self, folder: Path, info: dict[str, Any], status: str) -> None:
        self.folder = folder
        self.info = info
        self.status = status

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r}, {self.status})"

    @property
    def summary(self) -> dict[str, Any]:
        """The summary in run.json, empty when the run has none."""
        summary: dict[str, Any] = self.info.get("summary") or {}
        return summary

    def has(self, name: str) -> bool:
        """Whether the run recorded this table; only ``packets`` is optional."""
        return name in TABLES and (name != "packets" or self._place(name) is not None)

    def table(self, name: str, columns: Sequence[str] | None = None) -> Any:
        """The table as a pyarrow.Table, all columns or these, rows in order.

        Of a run that was killed: what had been flushed. Raises InputError when there is no such table or column, or its
        file is damaged.
        """
        import pyarrow as pa

        from nenc_lab.recording import arrow

        if name not in TABLES:
            raise InputError(f"no table {name!r}: a run has {', '.join(TABLES)}")
        known = [column.name for column in TABLES[name]]
        for column in columns or ():
            if column not in known:
                raise InputError(f"table {name} has no column {column!r}: it has {', '.join(known)}")
        place = self._place(name)
        if place is None:
            if name == "packets":
                raise InputError(f"{self.folder} has no packets table: record one with `nenc-lab run --packets`")
            return _picked(arrow.schema(TABLES[name]).empty_table(), columns)
        try:
            if place.is_dir():
                parts = [arrow.read_file(part) for part in sorted(place.glob("part-*.parquet"))]
                if not parts:
                    return _picked(arrow.schema(TABLES[name]).empty_table(), columns)
                joined = pa.concat_tables(parts).unify_dictionaries()
                return _picked(arrow.in_order(joined, arrow.SORT_KEYS[name]), columns)
            return arrow.read_file(place, columns)
        except (OSError, pa.ArrowInvalid) as error:
            raise InputError(f"{place} cannot be read: {str(error).splitlines()[0]}: run the scenario again") from error

    def columns(
        self, name: str, flow: str | None = None, only: Sequence[str] | None = None
    ) -> dict[str, np.ndarray[Any, Any]]:
        """The table as numpy arrays, of all rows or of one flow's (of one hop's in ``path``).

        Nulls become NaN in numbers (integers with nulls become float64), None in text and categories (object arrays)
        and in truth values. ``only`` picks columns.
        """
        key = "hop" if name == "path" else "flow"
        wanted = None if only is None else list(only)
        read = wanted if wanted is None or flow is None or key in wanted else [*wanted, key]
        table = self.table(name, read)
        names = table.column_names if wanted is None else wanted
        if flow is None:
            return {column: _numpy(table.column(column)) for column in names}
        from nenc_lab.recording import arrow

        # In numpy, because importing pyarrow.compute for one comparison would cost more than all the rest.
        numbers, known = arrow.codes(table.column(key))
        chosen = numbers == (known.index(flow) if flow in known else -2)
        return {column: _numpy(table.column(column))[chosen] for column in names}

    def frame(self, name: str) -> polars.DataFrame:
        """The table as a polars.DataFrame, for notebooks."""
        import polars

        converted = polars.from_arrow(self.table(name))
        assert isinstance(converted, polars.DataFrame)
        return converted

    def _place(self, name: str) -> Path | None:
        path = self.folder / f"{name}.parquet"
        return next((place for place in (path, swapped(path)) if place.exists()), None)


def open_run(folder: os.PathLike[str] | str) -> Run:
    """Opens a run folder. Raises InputError when it has no readable run.json."""
    path = Path(folder)
    info = read_info(path)
    return Run(path, info, status_of(info))


def _picked(table: Any, columns: Sequence[str] | None) -> Any:
    return table if columns is None else table.select(list(columns))


def _numpy(column: Any) -> np.ndarray[Any, Any]:
    import pyarrow as pa

    from nenc_lab.recording import arrow

    if pa.types.is_dictionary(column.type):
        numbers, known = arrow.codes(column)
        named: np.ndarray[Any, Any] = np.array([*known, None], dtype=object)[numbers]
        return named
    values: np.ndarray[Any, Any] = column.to_numpy()
    return values if values.flags.writeable else values.copy()

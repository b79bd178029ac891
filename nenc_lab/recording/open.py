"""Reads a run from its folder in any state: finished, interrupted, still running, or killed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nenc_lab.errors import InputError
from nenc_lab.recording.atomic import swapped
from nenc_lab.recording.folder import read_info, status_of
from nenc_lab.recording.page import page
from nenc_lab.records import TABLES
from nenc_lab.texttable import number

if TYPE_CHECKING:
    import polars


class Run:
    """One run: its ``folder``, ``info`` (run.json), ``status``, figures, verdicts and tables.

    ``status`` is "complete", "partial" (interrupted, or its controller failed), "running" or "killed". Tables are not
    cached: each call reads the file. Jupyter displays a run as its figure and its summary.
    """

    def __init__(self, folder: Path, info: dict[str, Any], status: str) -> None:
        self.folder = folder
        self.info = info
        self.status = status

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r}, status={self.status!r})"

    @property
    def summary(self) -> dict[str, Any]:
        """All figures in run.json: ``flows`` by name, and ``run``; empty when the run has no summary."""
        summary: dict[str, Any] = self.info.get("summary") or {}
        return summary

    @property
    def expectations(self) -> list[dict[str, Any]]:
        """One ``{"text", "passed", "observed"}`` per condition in the scenario's ``expect``."""
        return list(self.info.get("expectations") or [])

    @property
    def ok(self) -> bool:
        """Whether the run is complete and met all expectations."""
        return self.status == "complete" and all(verdict["passed"] for verdict in self.expectations)

    @property
    def failure(self) -> str | None:
        """How a user's controller ended the run early, or None."""
        failure = self.info.get("failure")
        return None if failure is None else str(failure["text"])

    @property
    def notes(self) -> list[str]:
        """Events that the scenario did not announce, such as a loss of the hardware encoder, each with its time."""
        return [f"{t_s:.2f} s: {text}" for t_s, text in self.warnings()]

    def warnings(self) -> tuple[tuple[float, str], ...]:
        """Returns time in s and text of the fallbacks, recoveries and warnings in the events table."""
        events = self.columns("events", only=("t_s", "kind", "text"))
        rows = zip(events["t_s"], events["kind"], events["text"], strict=True)
        return tuple((float(t), str(text)) for t, kind, text in rows if kind in {"fallback", "recovery", "warning"})

    @property
    def figure(self) -> Path | None:
        """The path of convergence.png, or None when it was not drawn."""
        path = self.folder / "convergence.png"
        return path if path.exists() else None

    @property
    def headline(self) -> str:
        """One line with the scenario, its controller, simulated time, wall time and, if not complete, the status."""
        info, totals = self.info, self.summary.get("run")
        text = f"{info['scenario']['name']} ({info['controller']}, {info['backend']}, seed {info['seed']})"
        more = []
        if totals:
            more.append(f"{number(totals['simulated_s'])} s simulated in {number(totals['wall_s'], 2)} s")
        if self.status != "complete":
            more.append(self.status)
        return f"{text}: {', '.join(more)}" if more else text

    def has(self, name: str) -> bool:
        """Tells whether the run recorded this table; only ``packets`` is optional."""
        return name in TABLES and (name != "packets" or self._place(name) is not None)

    def table(self, name: str, columns: Sequence[str] | None = None) -> Any:
        """Returns the table as a pyarrow.Table, with all columns or these, and rows in order.

        For a killed run, the table has the rows that were flushed. Raises InputError for an unknown table or column, or
        a damaged file.
        """
        import pyarrow as pa

        wanted = _known(name, columns)
        return pa.concat_tables(self._groups(name, wanted)).select(wanted)

    def columns(
        self, name: str, flow: str | None = None, only: Sequence[str] | None = None
    ) -> dict[str, np.ndarray[Any, Any]]:
        """Returns the table as numpy arrays of shape (rows,), for all rows or one flow's (one hop's in ``path``).

        Nulls become NaN in numbers (integers with nulls become float64), and None in text, categories and booleans
        (object arrays). ``only`` selects columns. Raises InputError as ``table`` does.
        """
        parts = list(self.batches(name, flow, only))
        return {
            column: parts[0][column] if len(parts) == 1 else np.concatenate([part[column] for part in parts])
            for column in parts[0]
        }

    def batches(
        self, name: str, flow: str | None = None, only: Sequence[str] | None = None
    ) -> Iterator[dict[str, np.ndarray[Any, Any]]]:
        """Yields what ``columns`` returns, some ten thousand rows at a time, for tables that are larger than memory.

        There is at least one batch, which may be empty.
        """
        from nenc_lab.recording import buffers

        wanted = _known(name, only)
        key = _key(name)
        read = wanted if flow is None or key in wanted else [*wanted, key]
        for group in self._groups(name, read):
            columns = {column: _numpy(group.column(column)) for column in wanted}
            if flow is not None:
                # In numpy, because to import pyarrow.compute for one comparison would take longer than all the rest.
                numbers, known = buffers.codes(group.column(key))
                if known != [flow] or bool(np.any(numbers < 0)):
                    chosen = numbers == (known.index(flow) if flow in known else -2)
                    columns = {column: values[chosen] for column, values in columns.items()}
            yield columns

    def by_flow(
        self, name: str, flows: Sequence[str], only: Sequence[str]
    ) -> dict[str, dict[str, np.ndarray[Any, Any]]]:
        """Returns what ``columns`` returns for each of these flows (hops in ``path``), and reads the file only once."""
        import pyarrow as pa

        whole = pa.concat_tables(self._groups(name, [*_known(name, only), _key(name)]))
        return _split(whole, name, flows, only)

    def batches_by_flow(
        self, name: str, flows: Sequence[str], only: Sequence[str]
    ) -> Iterator[dict[str, dict[str, np.ndarray[Any, Any]]]]:
        """Yields what ``batches`` yields for each of these flows (hops in ``path``), and reads the file only once."""
        for group in self._groups(name, [*_known(name, only), _key(name)]):
            yield _split(group, name, flows, only)

    def _groups(self, name: str, columns: Sequence[str]) -> Iterator[Any]:
        import pyarrow as pa

        from nenc_lab.recording import arrow

        place = self._place(name)
        if place is None:
            if name == "packets":
                raise InputError(f"{self.folder} has no packets table: record one with `nenc-lab run --packets`")
            yield arrow.empty_table(TABLES[name]).select(list(columns))
            return
        try:
            parts = sorted(place.glob("part-*.parquet")) if place.is_dir() else []
            if parts:  # flows are appended one after another, so that only all parts together can be put in order
                keys = [key for key in arrow.SORT_KEYS[name] if key not in columns]
                whole = pa.concat_tables([arrow.read_file(part, [*columns, *keys]) for part in parts])
                yield arrow.in_order(whole.unify_dictionaries(), arrow.SORT_KEYS[name])
            elif place.is_dir():
                yield arrow.empty_table(TABLES[name]).select(list(columns))
            else:
                yield from arrow.read_groups(place, columns)
        except (OSError, pa.ArrowInvalid) as error:
            raise InputError(f"cannot read {place}: {str(error).splitlines()[0]}: run the scenario again") from error

    def frame(self, name: str) -> polars.DataFrame:
        """Returns the table as a polars.DataFrame, for notebooks."""
        import polars

        converted = polars.from_arrow(self.table(name))
        assert isinstance(converted, polars.DataFrame)
        return converted

    def _repr_html_(self) -> str:
        notes = self.notes if self.summary else []
        return page(self.headline, self.folder, self.failure, self.figure, notes, self.summary, self.expectations)

    def _place(self, name: str) -> Path | None:
        path = self.folder / f"{name}.parquet"
        return next((place for place in (path, swapped(path)) if place.exists()), None)


def open_run(folder: os.PathLike[str] | str) -> Run:
    """Opens a run folder. Raises InputError when it has no readable run.json."""
    path = Path(folder)
    info = read_info(path)
    return Run(path, info, status_of(info))


def _known(name: str, columns: Sequence[str] | None) -> list[str]:
    """Returns the names of the requested columns, all for None. Raises InputError for an unknown table or column."""
    if name not in TABLES:
        raise InputError(f"no table {name!r}: a run has {', '.join(TABLES)}")
    known = [column.name for column in TABLES[name]]
    for column in columns or ():
        if column not in known:
            raise InputError(f"table {name} has no column {column!r}: it has {', '.join(known)}")
    return known if columns is None else list(columns)


def _key(name: str) -> str:
    """Returns the column of a table that has a row's flow or hop."""
    return "hop" if name == "path" else "flow"


def _split(
    table: Any, name: str, flows: Sequence[str], only: Sequence[str]
) -> dict[str, dict[str, np.ndarray[Any, Any]]]:
    """Returns the columns of each flow's rows, in the order of the table."""
    from nenc_lab.recording import buffers

    numbers, known = buffers.codes(table.column(_key(name)))
    columns = {column: _numpy(table.column(column)) for column in only}
    order = np.argsort(numbers, kind="stable")
    bounds = np.searchsorted(numbers[order], np.arange(len(known) + 1))
    places = {flow: order[bounds[code] : bounds[code + 1]] for code, flow in enumerate(known)}
    nothing = order[:0]
    return {flow: {column: values[places.get(flow, nothing)] for column, values in columns.items()} for flow in flows}


def _numpy(column: Any) -> np.ndarray[Any, Any]:
    import pyarrow as pa

    from nenc_lab.recording import buffers

    if pa.types.is_dictionary(column.type):
        numbers, known = buffers.codes(column)
        named: np.ndarray[Any, Any] = np.array([*known, None], dtype=object)[numbers]
        return named
    values = buffers.plain(column)
    return values if values.flags.writeable else values.copy()

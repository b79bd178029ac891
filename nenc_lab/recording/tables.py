"""Writes one table of a run, buffered in bounded memory and readable at any time; its bytes depend only on the rows.

    while running   NAME.parquet       an empty file while there are no rows; later a directory of complete parts
    after close()   NAME.parquet       one file

Either way ``pyarrow.parquet.read_table(folder / "NAME.parquet")`` reads what was flushed, even if the run was killed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from nenc_lab.errors import InternalError
from nenc_lab.recording import arrow, buffers
from nenc_lab.recording.atomic import exchange, said_plainly, write_whole
from nenc_lab.records import TABLES, Column

MEMORY_ROWS = arrow.ROW_GROUP
"""Number of rows held in memory before a part is written."""

_DTYPES: dict[str, np.dtype[Any]] = {
    "f8": np.dtype(np.float64),
    "f4": np.dtype(np.float32),
    "i8": np.dtype(np.int64),
    "i4": np.dtype(np.int32),
    "u4": np.dtype(np.uint32),
    "bool": np.dtype(np.bool_),
}
_ACCEPTED = {"f8": "fiub", "f4": "fiub", "i8": "iu", "i4": "iu", "u4": "iu", "bool": "b"}

_Values = tuple[Any, Any]
"""One column of one block: its values (codes for a category), and a mask of missing ones or None."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A category column as codes: the row's value is ``names[code]``, or null for -1."""

    codes: np.ndarray[Any, Any]
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Part:
    path: Path
    from_when: float


class TableWriter:
    """Writes ``folder/NAME.parquet``: the constructor writes an empty table, ``close`` the final one.

    ``order`` ranks flows or hops at equal times; without it they are sorted by name. Raises MachineError when the disk
    is full or not writable; rows that were flushed before stay readable.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        columns: Sequence[Column] | None = None,
        *,
        order: Sequence[str] = (),
        memory_rows: int = MEMORY_ROWS,
    ) -> None:
        self.name = name
        self.path = folder / f"{name}.parquet"
        self.columns = tuple(TABLES[name] if columns is None else columns)
        self.memory_rows = memory_rows
        self._wanted = frozenset(column.name for column in self.columns)
        self.rows = 0
        self._keys = arrow.SORT_KEYS.get(name, (self.columns[0].name,))
        self._schema = arrow.schema(self.columns, order)
        self._names: dict[str, dict[str, int]] = {
            column.name: {} for column in self.columns if column.kind == "category"
        }
        self._blocks: list[tuple[int, tuple[_Values, ...]]] = []
        self._held = 0
        self._parts: list[_Part] = []
        self._closed = False
        with said_plainly("write", self.path):
            write_whole(self.path, arrow.empty_file(self.columns, tuple(order)))

    def append(self, columns: Mapping[str, Any]) -> None:
        """Adds rows: each column is a numpy array or list (copied), or one value for all rows.

        NaN, None and masked entries are null. A category takes str, a list of str, or ``Coded``. A call costs about
        40 us regardless of its rows, so append hundreds at once. Raises InternalError for missing or unknown columns.
        """
        if self._closed:
            raise InternalError(f"{self.name}: append after close")
        if columns.keys() != self._wanted:
            odd = sorted(columns.keys() ^ self._wanted)
            raise InternalError(f"{self.name}: missing or unknown columns: {', '.join(odd)}")
        sizes = {_length(value) for value in columns.values()} - {-1}
        if len(sizes) > 1:
            raise InternalError(f"{self.name}: columns of different lengths: {sorted(sizes)}")
        count = sizes.pop() if sizes else 1
        if not count:
            return
        block = tuple(self._values(column, columns[column.name], count) for column in self.columns)
        self._blocks.append((count, block))  # one step, so that an interrupt never leaves columns of unequal length
        self._held += count
        self.rows += count
        if self._held >= self.memory_rows:
            self.flush()

    def flush(self) -> None:
        """Writes the rows in memory as a part, so that they survive a SIGKILL."""
        if self._closed or not self._blocks:
            return
        with said_plainly("write", self.path):
            table = self._in_memory()
            parts = [self._write_part(len(self._parts), table)]
            # One step as well: after an interrupt the same part is either overwritten or not written again.
            self._parts, self._blocks, self._held = self._parts + parts, [], 0

    def close(self) -> None:
        """Replaces the parts by one file with all rows in order. After an error it may be called again."""
        if self._closed:
            return
        hidden = self._hidden("tmp")
        with said_plainly("write", self.path):
            # The state on disk decides, because an interrupt may have come between a change on disk and the update of
            # this object: the final file may already exist, or parts whose rows are still in memory.
            if self.path.is_dir() or (self._blocks and not self._parts):
                arrow.write_file(hidden, self._schema, arrow.row_groups(self._sorted()))
                try:
                    exchange(hidden, self.path)  # even for two files: ext4 would sync a rename over a file
                except OSError:
                    hidden.unlink()
                    raise
            self._blocks, self._held = [], 0
            for rest in (hidden, self._hidden("parts")):  # readers do not see them, so one may remain
                if rest.is_dir():
                    shutil.rmtree(rest, ignore_errors=True)
                else:
                    rest.unlink(missing_ok=True)
        self._closed = True

    # -- parts --

    def _hidden(self, purpose: str) -> Path:
        return self.path.with_name(f".{self.path.name}.{purpose}")

    def _write_part(self, number: int, table: pa.Table) -> _Part:
        directory = self.path if self.path.is_dir() else self._hidden("parts")
        directory.mkdir(exist_ok=True)
        name = f"part-{number:06d}.parquet"
        hidden = directory / f".{name}.tmp"  # readers of the directory ignore names with a dot
        arrow.write_file(hidden, self._schema, arrow.row_groups([table]))
        hidden.replace(directory / name)
        if directory != self.path:
            exchange(directory, self.path)
            directory.unlink()  # after the exchange this is the empty file
        return _Part(self.path / name, arrow.earliest(table, self._keys))

    def _sorted(self) -> Iterator[pa.Table]:
        tables = [self._in_memory()] if self._blocks else []
        times = [part.from_when for part in self._parts]
        times += [arrow.earliest(table, self._keys) for table in tables]

        def parts() -> Iterator[pa.Table]:
            for part in self._parts:
                yield arrow.read_file(part.path)
            yield from tables

        return arrow.merged(parts(), times, self._keys)

    # -- rows in memory --

    def _in_memory(self) -> pa.Table:
        arrays = []
        for place, column in enumerate(self.columns):
            values = [block[place][0] for _, block in self._blocks]
            if column.kind == "text":
                arrays.append(buffers.texts([text for chunk in values for text in chunk]))
                continue
            joined = values[0] if len(values) == 1 else np.concatenate(values)
            if column.kind == "category":
                arrays.append(buffers.categories(joined, list(self._names[column.name])))
                continue
            missing = [block[place][1] for _, block in self._blocks]
            gaps = None
            if any(mask is not None for mask in missing):
                filled = [
                    np.zeros(len(chunk), np.bool_) if mask is None else mask
                    for chunk, mask in zip(values, missing, strict=True)
                ]
                gaps = np.concatenate(filled)
            arrays.append(buffers.array(column.kind, joined, gaps))
        return pa.Table.from_arrays(arrays, schema=self._schema)

    def _values(self, column: Column, value: Any, count: int) -> _Values:
        if type(value) is np.ndarray and value.ndim and value.dtype == _DTYPES.get(column.kind):
            return value.copy(), None  # the common case: arrays from the engine
        if column.kind == "text":
            return ([value] * count if value is None or isinstance(value, str) else list(value)), None
        if column.kind == "category":
            return self._codes(column, value, count), None
        if value is None:
            return np.zeros(count, _DTYPES[column.kind]), np.ones(count, np.bool_)
        mask = None
        if isinstance(value, (list, tuple)) and None in value:
            mask = np.array([item is None for item in value])
            value = np.array([0 if item is None else item for item in value])
            if column.kind == "bool":
                value = value.astype(np.bool_)
        elif hasattr(value, "mask"):  # numpy's masked array; does not import numpy.ma unless the caller has
            mask = np.broadcast_to(value.mask, value.shape).copy()
        array = np.asarray(value)
        if array.dtype.kind not in _ACCEPTED[column.kind]:
            raise InternalError(f"{self.name}.{column.name} takes {column.kind}, not {array.dtype}")
        if array.ndim == 0:
            return np.full(count, array, _DTYPES[column.kind]), None
        converted: np.ndarray[Any, Any] = np.array(array, _DTYPES[column.kind])
        if converted.dtype.kind in "iu" and converted.dtype != array.dtype and not np.array_equal(converted, array):
            raise InternalError(f"{self.name}.{column.name} takes {column.kind}: a value is too large for it")
        return converted, mask

    def _codes(self, column: Column, value: Any, count: int) -> np.ndarray[Any, np.dtype[np.int32]]:
        known = self._names[column.name]
        if value is None or isinstance(value, str):
            return np.full(count, -1 if value is None else known.setdefault(value, len(known)), np.int32)
        if isinstance(value, Coded):
            here = np.array([*(known.setdefault(name, len(known)) for name in value.names), -1], np.int32)
            codes: np.ndarray[Any, np.dtype[np.int32]] = here[value.codes]
            return codes
        return np.array(
            [-1 if name is None else known.setdefault(str(name), len(known)) for name in value], dtype=np.int32
        )


def _length(value: object) -> int:
    """Returns the number of rows of a column, or -1 for one value for all rows."""
    if isinstance(value, np.ndarray):
        return len(value) if value.ndim else -1
    if isinstance(value, Coded):
        return len(value.codes)
    return len(value) if isinstance(value, (list, tuple)) else -1

"""Converts a table's columns to and from Arrow and parquet: types, order of rows, encodings. Imports pyarrow.

The bytes of a file depend only on its rows: row groups have a fixed size, each is written from contiguous arrays, and
its categories are numbered in order of appearance.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from nenc_lab.errors import InternalError
from nenc_lab.recording.buffers import TYPES, Values, array, categories, codes, joined, plain, texts
from nenc_lab.records import Column, Kind

ROW_GROUP = 32768
"""Number of rows in a row group, which is the unit of streaming: 7 MB of ticks."""

ORDER_KEY = b"nenc_lab.order"

SORT_KEYS: dict[str, tuple[str, ...]] = {
    "ticks": ("t_s", "flow"),
    "frames": ("t_s", "flow", "frame"),
    "path": ("t_s", "hop"),
    "delays": ("from_s", "flow", "delay_ms"),
    "packets": ("sent_s", "flow", "sequence"),
    "events": ("t_s",),
}
"""Rows are sorted by time, then by flow (or hop) order; rows that are equal in all keys keep their order."""


def schema(columns: Sequence[Column], order: Sequence[str] = ()) -> pa.Schema:
    """Returns the Arrow schema, whose fields have units and meanings; ``order`` ranks categories for sorting."""
    fields = [
        pa.field(column.name, TYPES[column.kind], metadata={"unit": column.unit, "meaning": column.meaning})
        for column in columns
    ]
    return pa.schema(fields, metadata={ORDER_KEY: json.dumps(list(order)).encode()})


def write_file(path: Path, target_schema: pa.Schema, groups: Iterable[pa.Table]) -> None:
    """Writes the row groups to a new file. Raises OSError and then removes the file."""
    # zstd compresses differences of counters and byte planes of floats well; dictionaries would only cost time.
    encodings = {
        field.name: "BYTE_STREAM_SPLIT" if pa.types.is_floating(field.type) else "DELTA_BINARY_PACKED"
        for field in target_schema
        if pa.types.is_floating(field.type) or pa.types.is_integer(field.type)
    }
    dictionaries = [field.name for field in target_schema if pa.types.is_dictionary(field.type)]
    try:
        with (
            pa.OSFile(str(path), "wb") as sink,
            pq.ParquetWriter(
                sink,
                target_schema,
                compression="zstd",
                use_dictionary=dictionaries,
                column_encoding=encodings,
                write_statistics=False,
            ) as writer,
        ):
            for group in groups:
                writer.write_table(group, row_group_size=ROW_GROUP)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def empty_table(columns: Sequence[Column], order: Sequence[str] = ()) -> pa.Table:
    """Returns a table with this schema and no rows."""
    return pa.Table.from_arrays([_nothing(column.kind) for column in columns], schema=schema(columns, order))


def _nothing(kind: Kind) -> pa.Array:
    if kind == "category":
        return categories(np.empty(0, np.int32), ())
    return texts(()) if kind == "text" else array(kind, np.empty(0, np.dtype(kind)), None)


@cache
def empty_file(columns: tuple[Column, ...], order: tuple[str, ...]) -> bytes:
    """Returns the bytes of a parquet file with this schema and no rows."""
    sink = pa.BufferOutputStream()
    pq.write_table(empty_table(columns, order), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def row_groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yields the rows of the tables in groups of ROW_GROUP rows; the last one may be shorter."""
    rest: list[pa.Table] = []
    held = 0
    for table in tables:
        rest.append(table)
        held += table.num_rows
        while held >= ROW_GROUP:
            whole = pa.concat_tables(rest)
            yield _canonical(whole.slice(0, ROW_GROUP))
            rest = [whole.slice(ROW_GROUP)]
            held -= ROW_GROUP
    if held:
        yield _canonical(pa.concat_tables(rest))


def _canonical(table: pa.Table) -> pa.Table:
    """Returns the same rows in contiguous arrays, with categories numbered by first appearance."""
    arrays = [
        _by_appearance(column) if pa.types.is_dictionary(column.type) else joined(column) for column in table.columns
    ]
    return pa.Table.from_arrays(arrays, schema=table.schema)


def _by_appearance(column: pa.ChunkedArray) -> pa.Array:
    numbers, names = codes(column)  # numpy, because Arrow's dictionary_encode imports pyarrow.compute (60 ms)
    used, first = np.unique(numbers, return_index=True)
    used = used[np.argsort(first)]
    used = used[used >= 0]
    again = np.full(len(names) + 1, -1, np.int32)
    again[used] = np.arange(len(used), dtype=np.int32)
    return categories(again[numbers], [names[number] for number in used])


def in_order(table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Returns the rows sorted by the keys (stable); the same object when they are already sorted."""
    if table.num_rows < 2:
        return table
    time = first_key(table, keys)
    if bool(np.all(time[1:] > time[:-1])):
        return table
    order = np.lexsort([_rank(table, key) for key in reversed(keys)])
    if bool(np.all(order[1:] > order[:-1])):
        return table
    return table.take(array("i8", order, None))


def earliest(table: pa.Table, keys: Sequence[str]) -> float:
    """Returns the time of the earliest row. Raises InternalError when a row has no time, which leaves no order."""
    when = float(np.min(first_key(table, keys)))
    if np.isnan(when):
        raise InternalError(f"every row needs a time: {keys[0]} is null in one")
    return when


def first_key(table: pa.Table, keys: Sequence[str]) -> npt.NDArray[np.float64]:
    """Returns the times by which the rows are sorted."""
    values: npt.NDArray[np.float64] = plain(table.column(keys[0]))
    return values


def _rank(table: pa.Table, key: str) -> Values:
    column = table.column(key)
    if not pa.types.is_dictionary(column.type):
        return plain(column)
    listed = json.loads((table.schema.metadata or {}).get(ORDER_KEY, b"[]"))
    numbers, names = codes(column)
    rank = {name: place for place, name in enumerate([*listed, *sorted(set(names) - set(listed))])}
    ranks = np.array([*(rank[name] for name in names), -1])  # the last one is for null
    by_row: Values = ranks[numbers]
    return by_row


def merged(parts: Iterable[pa.Table], from_when: Sequence[float], keys: Sequence[str]) -> Iterator[pa.Table]:
    """Yields the rows of nearly sorted parts in order, and holds only those parts that overlap in time.

    ``from_when[i]`` is the earliest time in part i. Rows are final once they are earlier than all parts still to come.
    """
    to_come = np.minimum.accumulate(np.array([*from_when, np.inf])[::-1])[::-1]
    held = None
    for number, part in enumerate(parts):
        held = in_order(part if held is None else pa.concat_tables([held, part]), keys)
        final = int(np.searchsorted(first_key(held, keys), to_come[number + 1], side="left"))
        if final:
            yield held.slice(0, final)
            held = held.slice(final)
    if held is not None and held.num_rows:
        yield held


def read_file(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Reads one parquet file as an Arrow table. Raises OSError or pyarrow.ArrowInvalid."""
    with pa.OSFile(str(path), "rb") as source:
        return pq.ParquetFile(source).read(columns=None if columns is None else list(columns), use_threads=False)


def read_groups(path: Path, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Reads one parquet file group by group, at least one table. Raises OSError or pyarrow.ArrowInvalid."""
    with pa.OSFile(str(path), "rb") as source:
        file = pq.ParquetFile(source)
        if file.num_row_groups == 0:
            yield file.read(columns=list(columns), use_threads=False)
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, columns=list(columns), use_threads=False)

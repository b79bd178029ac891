"""How a table's columns look in Arrow and parquet: types, order of rows, encodings. Imports pyarrow.

The bytes of a file are a function of its rows alone: row groups have a fixed size, each is written from contiguous
arrays, and its categories are numbered in the order they appear in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nenc_lab.errors import InternalError
from nenc_lab.records import Column, Kind

ROW_GROUP = 32768
"""Rows of a row group: the unit of streaming, 7 MB of ticks."""

ORDER_KEY = b"nenc_lab.order"

SORT_KEYS: dict[str, tuple[str, ...]] = {
    "ticks": ("t_s", "flow"),
    "frames": ("t_s", "flow", "frame"),
    "path": ("t_s", "hop"),
    "delays": ("from_s", "flow", "delay_ms"),
    "packets": ("sent_s", "flow", "sequence"),
    "events": ("t_s",),
}
"""Rows are in time order, then in flow (or hop) order; rows alike in all of these keep the order they were given in."""

_TYPES: dict[Kind, Any] = {
    "f8": pa.float64(),
    "f4": pa.float32(),
    "i8": pa.int64(),
    "i4": pa.int32(),
    "u4": pa.uint32(),
    "bool": pa.bool_(),
    "category": pa.dictionary(pa.int32(), pa.string()),
    "text": pa.string(),
}


def schema(columns: Sequence[Column], order: Sequence[str] = ()) -> Any:
    """Arrow schema; each field says its unit and meaning. ``order`` ranks the categories when rows are sorted."""
    fields = [
        pa.field(column.name, _TYPES[column.kind], metadata={"unit": column.unit, "meaning": column.meaning})
        for column in columns
    ]
    return pa.schema(fields, metadata={ORDER_KEY: json.dumps(list(order)).encode()})


def write_file(path: Path, target_schema: Any, groups: Iterable[Any]) -> None:
    """Writes the row groups to a new file. Raises OSError, and then removes what it wrote."""
    # Differences of counters and byte planes of floats are what zstd can work on; dictionaries would only cost time.
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


@cache
def empty_file(columns: tuple[Column, ...], order: tuple[str, ...]) -> bytes:
    """A parquet file of this schema with no rows."""
    sink = pa.BufferOutputStream()
    pq.write_table(schema(columns, order).empty_table(), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def row_groups(tables: Iterable[Any]) -> Iterator[Any]:
    """The rows of the tables, cut anew into groups of ROW_GROUP, the last one shorter."""
    rest: list[Any] = []
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


def _canonical(table: Any) -> Any:
    """The same rows, contiguous, categories numbered by first appearance."""
    arrays = [
        _by_appearance(column) if pa.types.is_dictionary(column.type) else joined(column) for column in table.columns
    ]
    return pa.Table.from_arrays(arrays, schema=table.schema)


def _by_appearance(column: Any) -> Any:
    numbers, names = codes(column)  # in numpy: Arrow's dictionary_encode would import pyarrow.compute, 60 ms
    used, first = np.unique(numbers, return_index=True)
    used = used[np.argsort(first)]
    used = used[used >= 0]
    again = np.full(len(names) + 1, -1, np.int32)
    again[used] = np.arange(len(used), dtype=np.int32)
    return categories(again[numbers], [names[number] for number in used])


def joined(column: Any) -> Any:
    """The column as one Array, of a category with one dictionary."""
    if column.num_chunks == 1:
        return column.chunk(0)
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    return column.combine_chunks() if column.num_chunks else pa.array([], column.type)


def codes(column: Any) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[str]]:
    """A category column as codes, -1 for null, and the names they stand for."""
    whole = joined(column)
    numbers = whole.indices.to_numpy(zero_copy_only=False)  # with nulls it becomes floating point
    if numbers.dtype.kind == "f":
        numbers = np.where(np.isnan(numbers), -1.0, numbers)
    return numbers.astype(np.int64), whole.dictionary.to_pylist()


def in_order(table: Any, keys: Sequence[str]) -> Any:
    """The rows sorted by the keys (stable); the same object when they already are."""
    if table.num_rows < 2:
        return table
    time = first_key(table, keys)
    if bool(np.all(time[1:] > time[:-1])):
        return table
    order = np.lexsort([_rank(table, key) for key in reversed(keys)])
    if bool(np.all(order[1:] > order[:-1])):
        return table
    return table.take(pa.array(order))


def earliest(table: Any, keys: Sequence[str]) -> float:
    """The time of the earliest row. Raises InternalError when a row has none, for then there is no order."""
    when = float(np.min(first_key(table, keys)))
    if np.isnan(when):
        raise InternalError(f"every row needs a time: {keys[0]} is null in one")
    return when


def first_key(table: Any, keys: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The times the rows are ordered by."""
    values: np.ndarray[Any, np.dtype[np.float64]] = table.column(keys[0]).to_numpy()
    return values


def _rank(table: Any, key: str) -> np.ndarray[Any, Any]:
    column = table.column(key)
    if not pa.types.is_dictionary(column.type):
        values: np.ndarray[Any, Any] = column.to_numpy()
        return values
    listed = json.loads((table.schema.metadata or {}).get(ORDER_KEY, b"[]"))
    numbers, names = codes(column)
    rank = {name: place for place, name in enumerate([*listed, *sorted(set(names) - set(listed))])}
    ranks = np.array([*(rank[name] for name in names), -1])  # the last one is for null
    by_row: np.ndarray[Any, Any] = ranks[numbers]
    return by_row


def merged(parts: Iterable[Any], from_when: Sequence[float], keys: Sequence[str]) -> Iterator[Any]:
    """The rows of nearly sorted parts in order, holding no more than the parts that overlap in time.

    ``from_when[i]`` is the earliest time in part i. Rows of the parts so far that are earlier than everything still to
    come are final.
    """
    come = np.minimum.accumulate(np.array([*from_when, np.inf])[::-1])[::-1]
    held = None
    for number, part in enumerate(parts):
        held = in_order(part if held is None else pa.concat_tables([held, part]), keys)
        final = int(np.searchsorted(first_key(held, keys), come[number + 1], side="left"))
        if final:
            yield held.slice(0, final)
            held = held.slice(final)
    if held is not None and held.num_rows:
        yield held


def read_file(path: Path, columns: Sequence[str] | None = None) -> Any:
    """One parquet file as an Arrow table. Raises OSError or pyarrow.ArrowInvalid."""
    with pa.OSFile(str(path), "rb") as source:
        return pq.ParquetFile(source).read(columns=None if columns is None else list(columns), use_threads=False)


def read_groups(path: Path, columns: Sequence[str]) -> Iterator[Any]:
    """One parquet file, row group by row group; at least one table. Raises OSError or pyarrow.ArrowInvalid."""
    with pa.OSFile(str(path), "rb") as source:
        file = pq.ParquetFile(source)
        if file.num_row_groups == 0:
            yield file.read(columns=list(columns), use_threads=False)
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, columns=list(columns), use_threads=False)


def array(kind: Kind, values: np.ndarray[Any, Any], missing: np.ndarray[Any, np.dtype[np.bool_]] | None) -> Any:
    """One Arrow array of a column that is neither category nor text; NaN is null."""
    if values.dtype.kind == "f":
        missing = np.isnan(values) if missing is None else missing | np.isnan(values)
    if missing is not None and not missing.any():
        missing = None
    return pa.array(values, type=_TYPES[kind], mask=missing)


def categories(numbers: np.ndarray[Any, np.dtype[np.int32]], names: Sequence[str]) -> Any:
    """A dictionary array; code -1 is null."""
    missing = numbers < 0
    indices = pa.array(numbers, mask=missing if missing.any() else None)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(names), pa.string()))


def texts(values: Sequence[str | None]) -> Any:
    """A string array."""
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
        raise InternalError(f"a text column takes str and None: {error}") from error

"""Converts a table's columns to and from Arrow and parquet: types, order of rows, encodings. Imports pyarrow.

The bytes of a file depend only on its rows: row groups have a fixed size, each is written from contiguous arrays, and
its categories are numbered in order of appearance.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from nenc_lab.errors import InternalError
from nenc_lab.records import Column, Kind

Values = npt.NDArray[Any]
"""The values of one column."""
Bools = npt.NDArray[np.bool_]

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

_TYPES: dict[Kind, pa.DataType] = {
    "f8": pa.float64(),
    "f4": pa.float32(),
    "i8": pa.int64(),
    "i4": pa.int32(),
    "u4": pa.uint32(),
    "bool": pa.bool_(),
    "category": pa.dictionary(pa.int32(), pa.string()),
    "text": pa.string(),
}


_NUMPY = {kind: np.dtype(name) for name, kind in _TYPES.items() if name not in ("category", "text")}
"""Numpy's type for each of Arrow's numeric types; the lab's names of kinds are numpy's."""


def schema(columns: Sequence[Column], order: Sequence[str] = ()) -> pa.Schema:
    """Returns the Arrow schema, whose fields have units and meanings; ``order`` ranks categories for sorting."""
    fields = [
        pa.field(column.name, _TYPES[column.kind], metadata={"unit": column.unit, "meaning": column.meaning})
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


def joined(column: pa.ChunkedArray) -> pa.Array:
    """Returns the column as one Array; a category gets a single dictionary."""
    if column.num_chunks == 1:
        return column.chunk(0)
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    return column.combine_chunks() if column.num_chunks else pa.nulls(0, column.type)


def codes(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Returns a category column as codes, int64 of shape (rows,) with -1 for null, and the codes' names."""
    whole = joined(column)
    numbers, known = _read(whole.indices)
    if known is not None:
        numbers = np.where(known, numbers, -1)
    return numbers.astype(np.int64), whole.dictionary.to_pylist()


def plain(column: pa.ChunkedArray) -> Values:
    """Returns a column that is not a category as a numpy array. Nulls become NaN in numbers (and integers float64), and
    None in text and booleans (in an object array)."""
    whole = joined(column)
    if whole.type not in _NUMPY:
        text: Values = np.array(whole.to_pylist(), dtype=object)
        return text
    values, known = _read(whole)
    if known is None:
        return values
    if values.dtype.kind == "b":
        objects: Values = values.astype(object)
        objects[~known] = None
        return objects
    return np.where(known, values, np.full((), np.nan, values.dtype if values.dtype.kind == "f" else np.float64))


def _read(whole: pa.Array) -> tuple[Values, Bools | None]:
    """Returns the values of an Arrow array of numbers, and a mask of those that are not null (None: all).

    Reads the buffers, because Arrow's own ``to_numpy`` imports pandas if that is installed.
    """
    bits, data = whole.buffers()
    begin, end = whole.offset, whole.offset + len(whole)
    if whole.type == pa.bool_():
        values = _bits(data, begin, end)
    else:
        values = np.frombuffer(data if len(whole) else b"", _NUMPY[whole.type])[begin:end]
    return values, None if whole.null_count == 0 else _bits(bits, begin, end)


def _bits(buffer: pa.Buffer, begin: int, end: int) -> Bools:
    packed = np.frombuffer(buffer if end > begin else b"", np.uint8)
    return np.unpackbits(packed, bitorder="little")[begin:end].astype(np.bool_)


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


# ---- arrays made from buffers, because `pa.array` imports pandas if that is installed, which takes longer than a run


def array(kind: Kind, values: Values, missing: Bools | None) -> pa.Array:
    """Makes the Arrow array of a column that is neither category nor text; NaN becomes null."""
    if values.dtype.kind == "f":
        missing = np.isnan(values) if missing is None else missing | np.isnan(values)
    if kind == "bool":
        return _made(_TYPES[kind], len(values), missing, np.packbits(values.astype(np.bool_), bitorder="little"))
    exact = np.dtype(kind)
    if values.dtype != exact:
        filled = values if missing is None else np.where(missing, np.zeros((), values.dtype), values)
        values = filled.astype(exact)
        if exact.kind != "f" and not np.array_equal(values, filled):
            raise InternalError(f"a column of {exact} cannot represent some of these {filled.dtype} values")
    return _made(_TYPES[kind], len(values), missing, np.ascontiguousarray(values))


def categories(numbers: npt.NDArray[np.int32], names: Sequence[str]) -> pa.Array:
    """Makes a dictionary array; code -1 becomes null."""
    indices = _made(pa.int32(), len(numbers), numbers < 0, np.ascontiguousarray(numbers))
    return pa.DictionaryArray.from_arrays(indices, texts(names))


def texts(values: Sequence[str | None]) -> pa.Array:
    """Makes a string array. Raises InternalError for values that are neither str nor None."""
    wrong = [value for value in values if not (value is None or isinstance(value, str))]
    if wrong:
        raise InternalError(f"a text column takes str and None, not {wrong[0]!r}")
    try:
        data = [b"" if value is None else value.encode() for value in values]
    except UnicodeEncodeError as error:
        raise InternalError(f"a text column takes only text that UTF-8 can encode: {error}") from error
    ends = np.zeros(len(data) + 1, np.int32)
    np.cumsum([len(text) for text in data], out=ends[1:])
    missing = np.array([value is None for value in values], np.bool_)
    return _made(pa.string(), len(data), missing, ends, np.frombuffer(b"".join(data), np.uint8))


def _made(kind: pa.DataType, length: int, missing: Bools | None, *buffers: Values) -> pa.Array:
    """Makes an Arrow array from these buffers, which have Arrow's layout; null where ``missing``."""
    known = None
    if missing is not None and missing.any():
        known = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(kind, length, [known, *map(pa.py_buffer, buffers)])

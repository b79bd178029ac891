"""Columns of Arrow to and from numpy, by their buffers.

Arrow's own conversions (``pa.array``, ``to_numpy``) import pandas wherever that is installed, which takes longer than a
run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nenc_lab.errors import InternalError
from nenc_lab.records import Kind

Values = npt.NDArray[Any]
"""The values of one column."""
Bools = npt.NDArray[np.bool_]

TYPES: dict[Kind, pa.DataType] = {
    "f8": pa.float64(),
    "f4": pa.float32(),
    "i8": pa.int64(),
    "i4": pa.int32(),
    "u4": pa.uint32(),
    "bool": pa.bool_(),
    "category": pa.dictionary(pa.int32(), pa.string()),
    "text": pa.string(),
}


_NUMPY = {kind: np.dtype(name) for name, kind in TYPES.items() if name not in ("category", "text")}
"""Numpy's type for each of Arrow's numeric types; the lab's names of kinds are numpy's."""


def array(kind: Kind, values: Values, missing: Bools | None) -> pa.Array:
    """Makes the Arrow array of a column that is neither category nor text; NaN becomes null."""
    if values.dtype.kind == "f":
        missing = np.isnan(values) if missing is None else missing | np.isnan(values)
    if kind == "bool":
        return _made(TYPES[kind], len(values), missing, np.packbits(values.astype(np.bool_), bitorder="little"))
    exact = np.dtype(kind)
    if values.dtype != exact:
        filled = values if missing is None else np.where(missing, np.zeros((), values.dtype), values)
        values = filled.astype(exact)
        if exact.kind != "f" and not np.array_equal(values, filled):
            raise InternalError(f"a column of {exact} cannot represent some of these {filled.dtype} values")
    return _made(TYPES[kind], len(values), missing, np.ascontiguousarray(values))


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

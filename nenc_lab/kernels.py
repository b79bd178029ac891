"""Loads the C core for the rest of the package: ``lib`` (functions), ``ffi`` (types), and numpy views of C structs."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from nenc_lab.errors import InternalError
from nenc_lab.programs import modules_folder

CData = Any
"""A value of cffi: a pointer, a struct, an array, the library. Cffi has no static types; C checks them at run time."""

try:
    _kernels: CData = import_module("nenc_lab._kernels")
except ImportError as error:  # a broken build is a fault of the machine, not of the lab
    raise InternalError(
        f"the C core nenc_lab._kernels cannot be loaded ({error}); rebuild it: run ./lab in the checkout, "
        "or pip install again"
    ) from error

lib: CData = _kernels.lib
ffi: CData = _kernels.ffi

if (_modules := modules_folder()) is not None:
    lib.nenc_encoder_modules(str(_modules).encode())

_NUMPY = {
    "int8_t": "i1",
    "uint8_t": "u1",
    "uint16_t": "u2",
    "int32_t": "i4",
    "int": "i4",
    "uint32_t": "u4",
    "unsigned int": "u4",
    "int64_t": "i8",
    "long": "i8",
    "uint64_t": "u8",
    "unsigned long": "u8",
    "float": "f4",
    "double": "f8",
}


@cache
def dtype(struct: str) -> np.dtype[Any]:
    """The numpy dtype of a C struct, with every field at the compiler's offset."""
    kind = ffi.typeof(struct)
    fields = dict(kind.fields)
    return np.dtype(
        {
            "names": list(fields),
            "formats": [_format(field.type) for field in fields.values()],
            "offsets": [field.offset for field in fields.values()],
            "itemsize": ffi.sizeof(kind),
        }
    )


def _format(kind: CData) -> Any:
    if kind.kind == "struct":
        return dtype(kind.cname)
    if kind.kind == "array" and kind.item.cname == "char":
        return f"S{kind.length}"
    if kind.kind == "array":
        return (_format(kind.item), (kind.length,))
    return _NUMPY[kind.cname]


class Rows:
    """An array of C structs that C fills and numpy reads: ``pointer`` and ``array`` share the same memory."""

    def __init__(self, struct: str, capacity: int) -> None:
        self.array: np.ndarray[Any, np.dtype[Any]] = np.zeros(capacity, dtype(struct))
        self.pointer: CData = ffi.cast(f"{struct} *", ffi.from_buffer(self.array))
        self.capacity = capacity


def check(status: int, what: str) -> int:
    """Returns ``status``; raises InternalError when it is a negative nenc_status, since arguments were validated."""
    if status < 0:
        raise InternalError(f"{what}: {ffi.string(lib.nenc_strerror(status)).decode()} ({status})")
    return status

"""Finds symbols that a shared object itself defines.

dlsym also searches the libraries that the object links. One of them may be libnenc, which has both interfaces.
"""

from __future__ import annotations

import ctypes

LINK_MAP = 2
"""RTLD_DI_LINKMAP of dlinfo and RTLD_DL_LINKMAP of dladdr1: ask for the loader's entry of an object."""


class _Names(ctypes.Structure):
    """Dl_info; none of its fields is read."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("file", "base", "symbol", "address")]


def own_symbol(library: ctypes.CDLL, name: str) -> int | None:
    """Returns the symbol's address, or None when only a linked library, or nothing at all, defines it."""
    try:
        address = ctypes.addressof(ctypes.c_char.in_dll(library, name))
    except ValueError:
        return None
    loader = ctypes.CDLL(None)
    asked, owner = ctypes.c_void_p(), ctypes.c_void_p()
    if loader.dlinfo(ctypes.c_void_p(library._handle), LINK_MAP, ctypes.byref(asked)) != 0:
        return None
    names = _Names()
    if not loader.dladdr1(ctypes.c_void_p(address), ctypes.byref(names), ctypes.byref(owner), LINK_MAP):
        return None
    return address if asked.value == owner.value else None

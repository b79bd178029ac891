"""Calls a user's controller in the lab's own process (``isolate: false``): fast, but a crash or hang is the lab's.

The object sees the real clocks and threads. While one exists, file descriptor 1 is redirected to stderr, so
that what the object prints does not mix with the lab's output.
"""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Sequence
from hashlib import sha256

from nenc_lab.control.base import Sample
from nenc_lab.control.external.link import (
    ORIGIN,
    REQUIRED,
    TABLE,
    Abi,
    Failure,
    Setup,
    check_table,
    no_gains,
    nothing_found,
    refused,
)
from nenc_lab.control.external.symbols import own_symbol
from nenc_lab.kernels import CData, ffi

WHY_BYTES = 512


class InProcess:
    """See `nenc_lab.control.external.link.Link`."""

    abi: Abi = "v1"

    def __init__(self, setup: Setup) -> None:
        self._controller: CData = ffi.NULL
        self._prints = _Prints()
        try:
            self._make(setup)
        except BaseException:
            self._prints.close()
            raise

    def _make(self, setup: Setup) -> None:
        self._table = _table(setup)
        if setup.gains is not None and not self._table.set_gains:
            raise no_gains()
        names = [ffi.new("char[]", name.encode()) for name in setup.knobs]
        knobs = ffi.new("nenc_controller_knob[]", list(zip(names, setup.knobs.values(), strict=True)))
        config = ffi.new("nenc_controller_config *", {"now_ns": setup.now_ns, **setup.config})
        config.size, config.knob_count = ffi.sizeof("nenc_controller_config"), len(names)
        config.knobs = knobs if names else ffi.NULL
        why = ffi.new("char[]", WHY_BYTES)
        self._controller = self._table.create(config, why, WHY_BYTES)
        if not self._controller:
            raise Failure("create", setup.now_ns, refused(ffi.string(why)))
        if setup.gains is not None and self._table.set_gains(self._controller, *setup.gains) != 0:
            self.close()
            raise Failure("set_gains", setup.now_ns, "refused these gains")
        self.about = _text(self._table.name), _text(self._table.version)
        self.decision = ffi.new("nenc_decision *")

    def record(self, sample: Sample) -> None:
        self._table.record(self._controller, sample)

    def step(self, now_ns: int) -> None:
        status = self._table.step(self._controller, now_ns, self.decision)
        if status != 0:
            raise Failure("step", now_ns, f"returned {status}", status=status)

    def close(self) -> None:
        if self._controller:
            controller, self._controller = self._controller, ffi.NULL
            try:
                self._table.destroy(controller)
            finally:
                self._prints.close()


class _Prints:
    """Redirects file descriptor 1 to stderr until it is closed. Several may be open at once."""

    _open = 0
    _stdout = -1

    def __init__(self) -> None:
        if _Prints._open == 0:
            if sys.stdout is not None:
                sys.stdout.flush()
            _flush()
            try:
                _Prints._stdout = os.dup(1)
            except OSError:  # the lab was started without stdout
                _Prints._stdout = -1
            _to_stderr()
        _Prints._open += 1
        self._closed = False

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        _Prints._open -= 1
        if _Prints._open == 0:
            _flush()
            if _Prints._stdout < 0:
                os.close(1)
                return
            os.dup2(_Prints._stdout, 1)
            os.close(_Prints._stdout)


def _to_stderr() -> None:
    try:
        os.dup2(2, 1)
    except OSError:  # there is no stderr either
        nowhere = os.open(os.devnull, os.O_WRONLY)
        if nowhere != 1:
            os.dup2(nowhere, 1)
            os.close(nowhere)


def _flush() -> None:
    """Flushes the buffers of C's stdio, which Python does not know."""
    ctypes.CDLL(None).fflush(None)


_loaded: dict[str, ctypes.CDLL] = {}
"""Loaded objects by digest. The loader would return an object it knows by name, even if the file has changed."""


def _load(setup: Setup) -> ctypes.CDLL:
    """Loads the object from a private copy, which a rebuild cannot change while its code runs."""
    try:
        content = setup.library.read_bytes()
    except OSError as error:
        raise Failure("load", 0, str(error)) from None
    digest = sha256(content).hexdigest()
    if digest != setup.sha256:
        raise Failure("load", 0, "was changed after it was checked: start again")
    if digest not in _loaded:
        # In memory, because a temporary folder may be mounted noexec; under a name that the loader has not seen yet.
        with (
            open(os.memfd_create(setup.library.name), "wb") as copy,
            tempfile.TemporaryDirectory(prefix="nenc-object-") as folder,
        ):
            copy.write(content)
            copy.flush()
            name = os.path.join(folder, setup.library.name)
            os.symlink(f"/proc/self/fd/{copy.fileno()}", name)
            try:
                _loaded[digest] = ctypes.CDLL(name, mode=os.RTLD_NOW | os.RTLD_LOCAL)
            except OSError as error:
                raise Failure("load", 0, str(error).replace(name, os.fspath(setup.library))) from None
    return _loaded[digest]


def _table(setup: Setup) -> CData:
    """The object's ``struct nenc_controller_v1 *``, checked."""
    if setup.abi == "origin":
        raise _needs_a_process()
    library = _load(setup)
    address = own_symbol(library, TABLE)
    if address is None:
        found = [own_symbol(library, name) is not None for name in ORIGIN]
        if setup.abi == "auto" and all(found):
            raise _needs_a_process()
        raise nothing_found(setup.abi, bits(found))
    table = ffi.cast("struct nenc_controller_v1 *", address)
    check_table(table.abi_version, table.size, 0)  # before its functions are read
    check_table(table.abi_version, table.size, bits([not getattr(table, name) for name in REQUIRED]))
    return table


def _text(pointer: CData) -> str:
    return ffi.string(pointer).decode(errors="replace") if pointer else ""


def _needs_a_process() -> Failure:
    reason = "the three functions of nenc.h come with a thread, which runs on the lab's time only in its own process"
    return Failure("load", 0, f"{reason}: set controller.isolate to true")


def bits(flags: Sequence[bool]) -> int:
    """Packs flags as the controller host does: flag 0 is the lowest bit."""
    return sum(1 << index for index, flag in enumerate(flags) if flag)

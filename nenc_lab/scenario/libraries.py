"""Checks shared objects that a scenario names: valid ELF, built for this machine, and their digest."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

from nenc_lab.errors import ScenarioError
from nenc_lab.scenario.document import Place

HEADER_BYTES = 20
"""The ELF header up to and including e_machine (gABI)."""
SHARED = 3
"""e_type of a shared object, ET_DYN."""
MACHINES = {3: "x86", 40: "arm", 62: "x86-64", 183: "aarch64", 243: "riscv"}
BUILD = "build it with: cc -shared -fPIC"


def digest(file: Path, place: Place, key: str) -> str:
    """Returns the object's SHA-256 in hex. Raises ScenarioError at ``place`` when this machine could not load it."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ScenarioError([place.problem(key, f"{file} cannot be read: {error.strerror}")]) from None
    fault = _fault(data[:HEADER_BYTES])
    if fault is not None:
        raise ScenarioError([place.problem(key, f"{file} {fault}")])
    return hashlib.sha256(data).hexdigest()


def _fault(header: bytes) -> str | None:
    if len(header) < HEADER_BYTES or header[:4] != b"\x7fELF":
        return f"is not a shared object (not an ELF file): {BUILD}"
    own = _own_header()
    if header[4:6] != own[4:6] or _words(header)[1] != _words(own)[1]:
        return f"is built for {_machine(header)}, but this machine runs {_machine(own)}: build it here"
    if _words(header)[0] != SHARED:
        return f"is an ELF file, but not a shared object: {BUILD}"
    return None


def _own_header() -> bytes:
    with open("/proc/self/exe", "rb") as program:
        return program.read(HEADER_BYTES)


def _words(header: bytes) -> tuple[int, int]:
    """Returns e_type and e_machine, read in the file's byte order."""
    kind, machine = struct.unpack_from("<HH" if header[5] == 1 else ">HH", header, 16)
    return kind, machine


def _machine(header: bytes) -> str:
    machine = _words(header)[1]
    return f"{MACHINES.get(machine, f'machine {machine}')} ({32 * header[4]} bit)"

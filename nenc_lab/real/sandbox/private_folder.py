"""The private folder of a sandbox: where it may be, what it is called, and how it is made."""

from __future__ import annotations

import mmap
import os
import re
import shutil
import tempfile

PREFIX = "nenc-place-"
"""Begins the names of private folders; the owner's label follows."""
SAFE = re.compile(r"/[\w./+-]{0,60}", re.ASCII)
"""A guest's kernel splits its command line at spaces, and the path of a socket is short."""


def bases() -> list[str]:
    """Folders for temporary files, best first: memory before disk."""
    wanted = ["/dev/shm", tempfile.gettempdir(), "/tmp", "/var/tmp"]
    found = [base for base in wanted if SAFE.fullmatch(base) and os.path.isdir(base) and os.access(base, os.W_OK)]
    return list(dict.fromkeys(found))


def make(prefix: str, wanted: list[str], free_bytes: int, executable: bool) -> str:
    """Makes a folder in the first of ``wanted`` that has ``free_bytes`` free. ``executable``: files there can also be
    mapped as programs. Raises OSError with the reason for each."""
    why = []
    for base in wanted:
        try:
            free = shutil.disk_usage(base).free
            if free < free_bytes:
                why.append(f"{base} has {free >> 20} MB free of the {free_bytes >> 20} MB that are needed")
                continue
            if executable:
                _try_program_memory(base)
            return tempfile.mkdtemp(prefix=prefix, dir=base)
        except OSError as error:
            why.append(f"{base}: {error.strerror}")
    raise OSError("no folder for temporary files: " + "; ".join(why) + ". TMPDIR names another")


def _try_program_memory(base: str) -> None:
    with tempfile.TemporaryFile(dir=base) as file:
        file.truncate(mmap.PAGESIZE)
        mmap.mmap(file.fileno(), mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()

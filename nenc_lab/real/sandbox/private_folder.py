"""The private folder of a sandbox: where it may be, its name, and how it is made."""

from __future__ import annotations

import mmap
import os
import re
import shutil
import tempfile

PREFIX = "nenc-place-"
"""Prefix of the names of private folders; the owner's label follows."""
SAFE = re.compile(r"/[\w./+-]{0,60}", re.ASCII)
"""Paths that a guest can use: its kernel splits its command line at spaces, and socket paths are limited in length."""


def bases() -> list[str]:
    """Returns folders for temporary files, best first: memory before disk."""
    wanted = ["/dev/shm", tempfile.gettempdir(), "/tmp", "/var/tmp"]
    found = [base for base in wanted if SAFE.fullmatch(base) and os.path.isdir(base) and os.access(base, os.W_OK)]
    return list(dict.fromkeys(found))


def make(prefix: str, wanted: list[str], free_bytes: int, executable: bool) -> str:
    """Makes a folder in the first of ``wanted`` that has ``free_bytes`` free, and returns its path.

    With ``executable``, files there can also be mapped as programs. Raises OSError with the reason for each folder.
    """
    why = []
    for base in wanted:
        try:
            free = shutil.disk_usage(base).free
            if free < free_bytes:
                why.append(f"{base} has {free >> 20} MB free, and {free_bytes >> 20} MB are needed")
                continue
            if executable:
                _try_program_memory(base)
            return tempfile.mkdtemp(prefix=prefix, dir=base)
        except OSError as error:
            why.append(f"{base}: {error.strerror}")
    raise OSError("no folder for temporary files can be used: " + "; ".join(why) + "; set TMPDIR to another folder")


def _try_program_memory(base: str) -> None:
    with tempfile.TemporaryFile(dir=base) as file:
        file.truncate(mmap.PAGESIZE)
        mmap.mmap(file.fileno(), mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()

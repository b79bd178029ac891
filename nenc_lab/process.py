"""How this process is set while it starts and while it runs: its garbage collector and its BLAS threads."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
SELDOM = 100_000
"""New objects until the collector looks. With the default of 700 it takes a fifth of the time that a start takes."""


def one_blas_thread() -> None:
    """Numpy, imported later, uses one thread: the lab's vectors are short, and its processes share the cores.

    A number that the user has set in the environment stays.
    """
    for name in BLAS_THREADS:
        os.environ.setdefault(name, "1")


def no_plugins() -> None:
    """Pydantic, imported later, looks for no plug-ins, for which it would read the entry points of every package."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def collect_seldom() -> None:
    """For a process of the lab's own, which makes hundreds of thousands of objects that stay, and few that go."""
    gc.set_threshold(SELDOM)


@contextmanager
def frozen() -> Iterator[None]:
    """The garbage collector does not look at what exists now, but only at what is made inside the block."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def freeze_for_good() -> None:
    """At the end of a process: what is left goes with it and need not be looked at once more."""
    gc.freeze()

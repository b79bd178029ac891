"""Settings of this process that make starts and runs quick: garbage collector, BLAS threads, plug-ins."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
SELDOM = 100_000
"""New objects between garbage collections. With the default of 700, collecting takes a fifth of the start-up time."""


def one_blas_thread() -> None:
    """Makes numpy, when it is imported later, use one BLAS thread.

    The lab's vectors are short, and its processes share the cores. A number that the user has set in the environment
    stays.
    """
    for name in BLAS_THREADS:
        os.environ.setdefault(name, "1")


def no_plugins() -> None:
    """Keeps pydantic, when it is imported later, from reading the entry points of every package to find plug-ins."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def collect_seldom() -> None:
    """Collects garbage rarely: a process of the lab makes hundreds of thousands of objects and drops few of them."""
    gc.set_threshold(SELDOM)


@contextmanager
def frozen() -> Iterator[None]:
    """Inside the block, the garbage collector ignores the objects that exist already."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def freeze_for_good() -> None:
    """Spares a process that is about to end the last garbage collection."""
    gc.freeze()

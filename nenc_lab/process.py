"""Settings of this process that make starts and runs quick: garbage collector, BLAS threads, plug-ins."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
SELDOM = 100_000
"""New objects between garbage collections. With the default of 700, collecting takes a fifth of the start-up time."""


_own = False
"""Whether this process runs nothing but the lab. A notebook's process is its user's: its libraries stay as they are."""


_own_environment: set[str] = set()
"""Names of the environment variables that the lab has set for itself."""


def environment_of_user() -> dict[str, str]:
    """The environment without what the lab has set in it: a process that is measured must not inherit that."""
    return {name: value for name, value in os.environ.items() if name not in _own_environment}


def _default(name: str, value: str) -> None:
    """Sets an environment variable; a value that the user has set stays."""
    if name not in os.environ:
        os.environ[name] = value
        _own_environment.add(name)


def prepare_own() -> None:
    """Makes a process that runs nothing but the lab start quickly; call this before it imports numpy and pydantic."""
    global _own
    _own = True
    collect_seldom()
    one_blas_thread()
    no_plugins()


def prepare_matplotlib() -> None:
    """Spares a process of the lab a quarter of matplotlib's import; call this before the first figure.

    Every artist lists its properties in the docstring of its method ``set``. No command reads those docstrings.
    """
    if not _own:
        return
    from matplotlib.artist import Artist

    if hasattr(Artist, "_update_set_signature_and_docstring"):
        Artist._update_set_signature_and_docstring = classmethod(lambda cls: None)


def one_blas_thread() -> None:
    """Makes numpy, when it is imported later, use one BLAS thread.

    The lab's vectors are short, and its processes share the cores.
    """
    for name in BLAS_THREADS:
        _default(name, "1")


def no_plugins() -> None:
    """Keeps pydantic, when it is imported later, from reading the entry points of every package to find plug-ins."""
    _default("PYDANTIC_DISABLE_PLUGINS", "__all__")


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

"""nenc-lab: a wind tunnel for adaptive-bitrate control of 4K/8K real-time video.

>>> import nenc_lab
>>> run = nenc_lab.run("step")        # doctest: +SKIP
>>> run.summary["flows"]["video"]["utilisation"]        # doctest: +SKIP

``run`` runs one scenario whole, ``open_run`` opens the folder of an earlier run; both return a `nenc_lab.api.LabRun`.
``sweep`` runs many, over a space of settings, and returns a `nenc_lab.sweep.result.SweepResult`.
Nothing is imported before it is used: ``import nenc_lab`` costs milliseconds and has no side effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nenc_lab.api import LabRun as LabRun
    from nenc_lab.api import open_run as open_run
    from nenc_lab.api import run as run
    from nenc_lab.sweep import sweep as sweep

    __version__: str

__all__ = ["LabRun", "__version__", "open_run", "run", "sweep"]


def __getattr__(name: str) -> object:
    """Attributes that cost an import, at their first use (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        return version("nenc-lab")
    if name == "sweep":  # the package of that name, which can be called
        from importlib import import_module

        return import_module("nenc_lab.sweep")
    if name in __all__:
        from nenc_lab import api

        return getattr(api, name)
    raise AttributeError(f"module 'nenc_lab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)

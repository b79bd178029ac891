"""Where the C programs are that ship inside the package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from nenc_lab.errors import InternalError


def program(name: str) -> Path:
    """The executable ``name`` of this build, installed or editable. Raises InternalError when the build has none."""
    place = resources.files("nenc_lab") / "_programs" / name
    if isinstance(place, Path) and place.is_file():
        return place
    raise InternalError(
        f"the program {name} is not in this build of nenc-lab: run ./lab in the checkout, or pip install again"
    )

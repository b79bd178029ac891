"""Where the package's programs are: beside the compiled module, in a wheel and in an editable build."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from nenc_lab.errors import InternalError


def program(name: str) -> Path:
    """The file of a program that meson installs with the package. Raises InternalError when the build is broken."""
    spec = find_spec("nenc_lab._kernels")
    path = Path(spec.origin).with_name(name) if spec is not None and spec.origin else Path(name)
    if not path.is_file():
        raise InternalError(f"the program {path} is missing; rebuild: run ./lab in the checkout, or pip install again")
    return path

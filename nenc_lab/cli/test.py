"""``nenc-lab test``: runs the project's own tests in its checkout."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import typer

import nenc_lab
from nenc_lab.errors import MachineError


def test(context: typer.Context) -> int:
    """Run the project's tests in its checkout. All arguments go to pytest; --slow adds the long tests.

    nenc-lab test -k timeline -x
    """
    root = checkout()
    if importlib.util.find_spec("pytest") is None:
        raise MachineError("pytest is not installed: ./lab test installs it, or: pip install 'nenc-lab[test]'")
    # The exit code is pytest's: 0 passed, 1 failed, 2 interrupted, ...
    read_only = [] if os.access(root, os.W_OK) else ["-p", "no:cacheprovider"]
    return subprocess.call(
        [sys.executable, "-m", "pytest", *read_only, *context.args], cwd=root, env={**os.environ, "PYTHONSAFEPATH": "1"}
    )


def checkout() -> Path:
    """The source tree that this package runs from. Raises MachineError when the package is an installed copy."""
    root = Path(nenc_lab.__file__).resolve().parents[1]
    if not (root / "tests").is_dir() or not (root / "pyproject.toml").is_file():
        raise MachineError("the tests are not in an installed package: clone the repository and call ./lab test there")
    return root

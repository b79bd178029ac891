"""Shared objects for the tests of external controllers: compiled once, asked for by name."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from nenc_lab.control.settings import ControllerSettings, ExternalSettings
from nenc_lab.control.table import make
from nenc_lab.programs import program

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "kernels_c" / "examples" / "controller.c"
CC = os.environ.get("CC", "cc")
FLAGS = ["-O1", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-I", str(ROOT / "kernels_c" / "include")]

needs_cc = pytest.mark.skipif(
    shutil.which(CC) is None, reason="NOT CHECKED: there is no C compiler (apt-get install gcc libc6-dev)"
)


@cache
def _folder() -> Path:
    import atexit

    folder = Path(mkdtemp(prefix="nenc-objects-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def build(source: Path, *flags: str, compiler: str = CC) -> Path:
    """The shared object of one C file."""
    name = hashlib.sha256(repr((source, flags)).encode()).hexdigest()[:8]
    out = _folder() / f"{source.stem}-{name}.so"
    command = [compiler, *FLAGS, *flags, str(source), "-o", str(out), "-lpthread", "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stderr}"
    return out


@cache
def from_text(text: str, *flags: str, suffix: str = ".c", compiler: str = CC) -> Path:
    """The shared object of this text, after the header of controllers."""
    source = _folder() / f"{hashlib.sha256(text.encode()).hexdigest()[:8]}{suffix}"
    source.write_text(f"#include <nenc/controller.h>\n{text}", encoding="utf-8")
    return build(source, *flags, compiler=compiler)


def template() -> Path:
    """The template that the documentation names."""
    return build(TEMPLATE, "-std=c99", "-Wpedantic")


def libnenc() -> Path:
    """libnenc as a shared object, beside the build of the package."""
    path = program("nenc_controller_host").parents[1] / "kernels_c" / "libnenc.so"
    if not path.exists():
        pytest.skip("the package is not an editable install: its build folder, with libnenc.so, is gone")
    return path


def external(library: Path, isolate: bool = True, **changes: object) -> ExternalSettings:
    """What a flow says of a controller in this object."""
    values: dict[str, object] = {
        "library": library,
        "sha256": hashlib.sha256(library.read_bytes()).hexdigest(),
        "abi": "auto",
        "isolate": isolate,
        "timeout_ns": 5_000_000_000,
        "gains": None,
    }
    return ExternalSettings(**(values | changes))  # type: ignore[arg-type]


def controller(library: Path, *, knobs: dict[str, float] | None = None, now_ns: int = 0, **changes: object):
    """A controller from this object, 5 to 120 Mbit/s, 60 ticks a second."""
    return make(
        ControllerSettings(
            kind="external",
            flow="video",
            rate_min_bps=5e6,
            rate_max_bps=120e6,
            rate_start_bps=8e6,
            fps=60.0,
            height=2160,
            packet_bytes=1200,
            tick_ns=16_666_667,
            values=knobs or {},
            external=external(library, **changes),  # type: ignore[arg-type]
        ),
        now_ns,
    )

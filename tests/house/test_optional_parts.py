"""An optional part whose library does not fit is left out of the build and named, and the rest is built."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from house import ROOT

from nenc_lab.programs import module

NOTE = module("optional.json")
X265 = Path("/usr/include/x265.h")
needs_x265 = pytest.mark.skipif(
    NOTE is None or bool(json.loads(NOTE.read_text())["x265"]) or not X265.exists(),
    reason="NOT CHECKED: x265 is not in this build (apt-get install libx265-dev libva-dev)",
)


@pytest.fixture
def odd_x265(tmp_path: Path) -> Path:
    """A folder with the description of an x265 that has lost a function the driver calls."""
    folder = tmp_path / "odd"
    folder.mkdir()
    for name in ("x265.h", "x265_config.h"):
        shutil.copy(X265.with_name(name), folder)
    header = folder / "x265.h"
    header.write_text(header.read_text().replace("int x265_param_parse(", "int x265_param_gone("))
    (folder / "x265.pc").write_text(
        f"Name: x265\nDescription: odd\nVersion: 99\nLibs: -lx265\nCflags: -I{folder}\n", encoding="utf-8"
    )
    return folder


def configure(build: Path, odd: Path, *options: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "mesonbuild.mesonmain", "setup", str(build), str(ROOT), "-Dpython=false", *options]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PKG_CONFIG_PATH": str(odd), "PATH": path}
    return subprocess.run(words, capture_output=True, text=True, check=False, env=environment)


@needs_x265
def test_a_library_that_has_changed_costs_its_own_part_alone(tmp_path, odd_x265):
    done = configure(tmp_path / "build", odd_x265)
    assert done.returncode == 0, done.stdout
    why = json.loads((tmp_path / "build" / "kernels_c" / "optional" / "optional.json").read_text())
    assert "does not compile with version 99" in why["x265"]
    assert why["x264"] == why["vaapi"] == ""


@needs_x265
def test_a_part_that_was_asked_for_and_does_not_fit_is_an_error_that_names_it(tmp_path, odd_x265):
    done = configure(tmp_path / "build", odd_x265, "-Dx265=enabled")
    assert done.returncode != 0
    assert "The optional part x265 was asked for" in done.stdout

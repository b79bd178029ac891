"""The package's programs are where `nenc_lab.programs` looks, built and installed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nenc_lab import _kernels
from nenc_lab.errors import InternalError
from nenc_lab.programs import program

PROGRAMS = ["check_kernels", "nenc", "nenc_controller_host", "nenc_encoder_host"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_is_there_and_runs(name: str) -> None:
    assert os.access(program(name), os.X_OK)


@pytest.mark.parametrize("name", PROGRAMS)
def test_meson_installs_it_into_the_package(name: str) -> None:
    listed = Path(_kernels.__file__).parents[1] / "meson-info" / "intro-installed.json"
    if not listed.exists():
        pytest.skip("NOT CHECKED: the package is not an editable install, so there is no build folder")
    where = {Path(built).name: Path(target) for built, target in json.loads(listed.read_text()).items()}
    module = next(target for built, target in where.items() if built.startswith("_kernels."))
    assert where[name].parent == module.parent / "_programs"
    assert where[name].name == name


def test_one_that_is_not_there() -> None:
    with pytest.raises(InternalError, match="nenc_nothing is not in this build"):
        program("nenc_nothing")

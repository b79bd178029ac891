"""One version, one range of Pythons, wherever they are written."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version

from house import ROOT

from nenc_lab.kernels import ffi, lib


def test_the_version_is_the_same_everywhere():
    build = re.search(r"version: '([^']+)'", (ROOT / "meson.build").read_text())
    assert build is not None
    released = re.search(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert released is not None
    core = ffi.string(lib.nenc_version()).decode()
    assert {build[1], released[1], core, version("nenc-lab")} == {build[1]}


def test_the_range_of_pythons_is_the_same_in_lab_and_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"]).groups()
    script = (ROOT / "lab").read_text()
    checked = re.search(r"\(3, (\d+)\) <= sys\.version_info\[:2\] <= \(3, (\d+)\)", script)
    assert (int(checked[1]), int(checked[2])) == (int(low), int(high) - 1)
    named = [f"Programming Language :: Python :: 3.{minor}" for minor in range(int(low), int(high))]
    assert [line for line in project["classifiers"] if ":: 3." in line] == named


def test_pre_commit_formats_with_a_ruff_pyproject_allows():
    from packaging.requirements import Requirement

    wanted = [
        Requirement(line)
        for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["dev"]
    ]
    ruff = next(requirement for requirement in wanted if requirement.name == "ruff")
    pinned = set(re.findall(r"ruff==([\d.]+)", (ROOT / ".pre-commit-config.yaml").read_text()))
    assert len(pinned) == 1
    assert pinned.pop() in ruff.specifier

"""The top level is what the design lists, and the files belong to no machine."""

from __future__ import annotations

import re

import pytest
from house import ROOT, modules, tracked

TOP = {
    *("README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "meson.build", "meson.options", "lab"),
    *("nenc_lab", "kernels_c", "scenarios", "notebooks", "tests"),
}

MACHINE = re.compile(
    r"(?<![\w.])/(home/\w|Users/\w|work/\w|root/|tmp/[\w.-]+/|mnt/\w|opt/[\w-]+/)|/\.library\b|[A-Z]:\\\\Users",
    re.ASCII,
)
"""Paths that exist on one machine only."""

needs_git = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="NOT CHECKED: this is no git checkout")


@needs_git
def test_the_top_level_is_tidy():
    top = {name.split("/")[0] for name in tracked()}
    assert {name for name in top if not name.startswith(".")} <= TOP
    assert {"README.md", "LICENSE", "CHANGELOG.md", "lab"} <= top


@needs_git
def test_no_file_names_a_path_of_one_machine():
    found = []
    for name in tracked():
        if name.endswith((".png", ".parquet", ".gz")) or name == "tests/house/test_layout.py":
            continue
        text = (ROOT / name).read_text(encoding="utf-8")
        found += [f"{name}: {match[0]}" for match in MACHINE.finditer(text)]
    assert found == []


def test_the_pattern_finds_what_it_is_for():
    # put together here, so that this file does not hold such a path
    for path in ("/".join(["", "home", "me", "x"]), "/".join(["", "work", "main"]), "/".join(["", "tmp", "w", "v"])):
        assert MACHINE.search(f"see {path}")
    for harmless in ("/tmp", "/dev/full", "/proc/self/fd", "a/home/b", "https://example.org/home/x", "/usr/lib"):
        assert not MACHINE.search(f"see {harmless}")


@needs_git
def test_nothing_that_is_made_is_tracked():
    made = [
        name for name in tracked() if re.search(r"(^|/)__pycache__/|^(runs|sweeps|build|\.venv)/|\.(pyc|so|o)$", name)
    ]
    assert made == []


def test_every_module_says_its_job_first():
    silent = [
        str(path.relative_to(ROOT)) for _, path in modules() if not path.read_text(encoding="utf-8").startswith('"""')
    ]
    assert silent == []


def test_scripts_can_be_called():
    for name in ("lab", ".ci/run"):
        assert (ROOT / name).stat().st_mode & 0o111 == 0o111, name

"""What the READMEs tell a stranger to type exists, their scenarios are valid, and the first one stays short."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from house import ROOT

from nenc_lab.cli.app import COMMANDS

FILES = [ROOT / "README.md", *sorted(ROOT.glob("*/README.md")), *sorted(ROOT.glob("nenc_lab/*/README.md"))]
README = FILES[0].read_text(encoding="utf-8")
LONGEST = 250
LINK = re.compile(r"\]\((?!https?:)([^)]+)\)")


def blocks(kind: str) -> list[str]:
    """The blocks of this kind in all READMEs, the first README's first."""
    texts = (path.read_text(encoding="utf-8") for path in FILES)
    return [block for text in texts for block in re.findall(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S)]


def commands() -> list[list[str]]:
    """Each line of a shell block that calls the lab, as words without the program."""
    found = []
    for block in blocks("sh"):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] in ("./lab", "nenc-lab"):
                found.append(words[1:])
    return found


def test_the_first_one_is_short_and_shows_a_figure():
    assert len(README.splitlines()) <= LONGEST
    first_screen = "\n".join(README.splitlines()[:20])
    assert re.search(r"^!\[.+\]\(.+\.png\)$", first_screen, re.MULTILINE)


def test_the_first_two_commands_are_run_and_test():
    assert commands()[:2] == [["run", "scenarios/step.yaml"], ["test"]]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_each_command_and_option_exists(words):
    assert words[0] in COMMANDS
    done = subprocess.run(
        [sys.executable, "-P", "-m", "nenc_lab", words[0], "--help"], capture_output=True, text=True, check=True
    )
    known = set(re.findall(r"--[a-z][a-z-]*", done.stdout))
    if words[0] != "test":
        assert {word.split("=")[0] for word in words if word.startswith("--")} <= known


def test_every_command_is_in_the_readme():
    described = set(re.findall(r"^\| `([a-z-]+)", README, re.MULTILINE))
    assert set(COMMANDS) <= described


@pytest.mark.parametrize("number", range(len(blocks("yaml"))))
def test_scenarios_and_sweeps_in_the_readme_are_valid(number, tmp_path):
    from nenc_lab.scenario.load import load
    from nenc_lab.sweeps.load import load as load_sweep
    from nenc_lab.sweeps.plan import make

    text = blocks("yaml")[number]
    path = tmp_path / "readme.yaml"
    path.write_text(text, encoding="utf-8")
    if re.search(r"^scenarios:", text, re.MULTILINE):
        assert make(load_sweep(path)).runs
    else:
        assert load(path).flows


@pytest.mark.slow
@pytest.mark.skipif(
    not all(map(shutil.which, ("cc", "pkg-config"))),
    reason="NOT CHECKED: there is no C compiler or no pkg-config (apt-get install gcc pkg-config)",
)
def test_the_library_is_built_and_used_as_the_readme_says(tmp_path):
    (block,) = (block for block in blocks("sh") if "examples/loop.c" in block)
    bin_ = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euc", block],
        cwd=ROOT,
        env={**os.environ, "HOME": str(tmp_path), "PATH": bin_},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Mbit/s, queue" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_a_readme_names_exist(path):
    named = {link.partition("#")[0] for link in LINK.findall(path.read_text(encoding="utf-8"))} - {""}
    assert [name for name in named if not (path.parent / name).exists()] == []


def test_the_walk_sees_links():
    assert len(LINK.findall(README)) > 10

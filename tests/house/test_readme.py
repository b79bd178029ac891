"""What the README tells a stranger to type exists, and its scenario is valid."""

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

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """Each line of a shell block that calls the lab, as words without the program."""
    found = []
    for block in blocks("sh"):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] in ("./lab", "nenc-lab"):
                found.append(words[1:])
    return found


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
    from nenc_lab.sweep.load import load as load_sweep
    from nenc_lab.sweep.plan import make

    text = blocks("yaml")[number]
    path = tmp_path / "readme.yaml"
    path.write_text(text, encoding="utf-8")
    if re.search(r"^scenarios:", text, re.MULTILINE):
        assert make(load_sweep(path)).runs
    else:
        assert load(path).flows


@pytest.mark.skipif(not all(map(shutil.which, ("cc", "pkg-config"))), reason="no compiler or pkg-config")
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


def test_files_the_readme_names_exist():
    named = set(re.findall(r"\]\((?!https?:|#)([^)]+)\)", README))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []

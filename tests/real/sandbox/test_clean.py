"""``nenc-lab clean`` takes what is this project's and nobody's, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sandboxes import make

from nenc_lab.real.sandbox import leftovers
from nenc_lab.real.sandbox.ownership import Owner
from nenc_lab.real.sandbox.private_folder import PREFIX
from nenc_lab.real.sandbox.processes import start_ticks


def dead_owner() -> Owner:
    child = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    owner = Owner(Owner.me().namespace, child.pid, start_ticks(child.pid) or 1)
    child.wait()
    return owner


@pytest.fixture
def folder():
    """Makes a folder with the name given, where sandboxes have theirs; it is removed in the end."""
    made = []

    def make_it(name: str) -> Path:
        path = Path(tempfile.gettempdir(), name)
        path.mkdir()
        (path / "file").write_text("x")
        made.append(path)
        return path

    yield make_it
    for path in made:
        if path.exists():
            (path / "file").unlink()
            path.rmdir()


def test_a_dead_owners_folder_goes(folder, nenc_lab_clean):
    path = folder(f"{PREFIX}{dead_owner()}-abc")
    assert f"would remove folder {path}" in nenc_lab_clean("--dry-run")
    assert path.exists()
    assert f"removed folder {path}" in nenc_lab_clean()
    assert not path.exists()
    assert str(path) not in nenc_lab_clean()


def test_what_is_somebodys_or_nothing_of_ours_stays(folder, nenc_lab_clean):
    dead = dead_owner()
    mine = folder(f"{PREFIX}{Owner.me()}-abc")
    elsewhere = folder(f"{PREFIX}{dead.namespace + 1}-{dead.pid}-{dead.start_ticks}-abc")
    others = [folder(f"{PREFIX}{dead}"), folder(f"x{PREFIX}{dead}-abc"), folder(f"{PREFIX}1-2-abc")]
    said = json.loads(nenc_lab_clean("--json"))
    assert [path for path in (mine, elsewhere, *others) if not path.exists()] == []
    assert {f"folder {mine} (of process {os.getpid()})", f"folder {elsewhere} (of process {dead.pid})"} <= set(
        said["in_use"]
    )
    assert not [line for line in said["removed"] if any(str(path) in line for path in others)]


def test_a_number_that_was_given_again_is_not_the_owner(folder, nenc_lab_clean):
    me = Owner.me()
    path = folder(f"{PREFIX}{Owner(me.namespace, me.pid, me.start_ticks - 1)}-abc")
    nenc_lab_clean()
    assert not path.exists()


def test_a_link_is_not_followed(folder, nenc_lab_clean, tmp_path):
    (tmp_path / "precious").write_text("x")
    link = Path(tempfile.gettempdir(), f"{PREFIX}{dead_owner()}-link")
    link.symlink_to(tmp_path)
    try:
        nenc_lab_clean()
        assert (tmp_path / "precious").exists()
        assert link.is_symlink()
    finally:
        link.unlink()


def test_processes_that_work_there_end_with_it(folder, nenc_lab_clean):
    path = folder(f"{PREFIX}{dead_owner()}-abc")
    worker = subprocess.Popen(["sleep", "600"], cwd=path)
    bystander = subprocess.Popen(["sleep", "600"], cwd=path.parent)
    try:
        assert f"removed process {worker.pid}\n" in nenc_lab_clean()
        assert worker.wait(5) != 0
        assert bystander.poll() is None
    finally:
        for process in (worker, bystander):
            process.kill()
            process.wait()


@pytest.mark.parametrize("kind", ["guest", "host"])
def test_a_sandbox_that_is_in_use_is_left_alone(kind, nenc_lab_clean):
    with make(kind) as sandbox:
        said = json.loads(nenc_lab_clean("--json"))
        assert f"folder {sandbox.folder} (of process {os.getpid()})" in said["in_use"]
        assert sandbox.call("sandbox_calls:echo", 1) == 1


def test_labels_are_read_as_they_are_written():
    me = Owner.me()
    assert Owner.of(str(me)) == me
    assert me.is_here()
    assert me.is_alive()
    assert not dead_owner().is_alive()
    assert Owner.of("1-2") is None
    assert leftovers.Leftover(me).is_in_use()

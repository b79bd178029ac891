"""Run folders: named by what was run, claimed once, run.json whole at every instant, refusals in plain words."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nenc_lab.errors import InputError, InternalError, MachineError
from nenc_lab.recording import atomic
from nenc_lab.recording.folder import RunFolder, digest, folder_name, process_started, status_of
from nenc_lab.recording.open import open_run

INFO = {
    "scenario": {"name": "step", "seed": 7},
    "seed": 7,
    "backend": "virtual",
    "controller": "nenc",
    "versions": {"nenc_lab": "0.1.0"},
    "argv": ["run", "step"],
}


def on_disk(folder: RunFolder) -> dict:
    return json.loads((folder.path / "run.json").read_text())


def test_name_and_first_contents(tmp_path):
    folder = RunFolder.create(tmp_path / "a" / "runs", INFO)
    assert re.fullmatch(r"step-nenc-7-[0-9a-f]{8}", folder.path.name)
    info = on_disk(folder)
    assert info["format_version"] == 1
    assert info["status"] == "running"
    assert info["pid"] == os.getpid()
    assert {key: info[key] for key in INFO} == INFO
    assert [path.name for path in folder.path.iterdir()] == ["run.json"]


def test_digest_is_of_what_decides_the_result():
    same = INFO | {"argv": ["other"], "scenario": {"seed": 7, "name": "step"}}
    assert digest(same) == digest(INFO)
    for key, value in (("backend", "netem"), ("controller", "classic"), ("versions", {}), ("scenario", {"name": "x"})):
        assert digest(INFO | {key: value}) != digest(INFO)
    # by hand: sha256 of {"backend":"virtual","controller":"nenc","scenario":{...},"versions":{...}}
    text = (
        '{"backend":"virtual","controller":"nenc","scenario":{"name":"step","seed":7},"versions":{"nenc_lab":"0.1.0"}}'
    )
    by_shell = subprocess.run(["sha256sum"], input=text.encode(), capture_output=True, check=True).stdout.decode()
    assert digest(INFO) == by_shell[:8]


@pytest.mark.parametrize(
    ("scenario", "controller", "start"),
    [
        ("rtt sweep/050ms", "nenc", "rtt-sweep-050ms-nenc-7-"),
        ("../../etc", "./build/mine.so", "etc-mine-7-"),
        ("", "classic", "unnamed-classic-7-"),
    ],
)
def test_names_stay_inside_the_directory(tmp_path, scenario, controller, start):
    info = INFO | {"scenario": {"name": scenario}, "controller": controller}
    assert folder_name(info).startswith(start)
    assert RunFolder.create(tmp_path, info).path.parent == tmp_path


def test_no_folder_is_ever_written_over(tmp_path):
    first = RunFolder.create(tmp_path, INFO)
    first.complete("complete", summary={"flows": {}})
    before = on_disk(first)
    others = [RunFolder.create(tmp_path, INFO) for _ in range(3)]
    assert [folder.path.name for folder in others] == [f"{first.path.name}-{number}" for number in (2, 3, 4)]
    assert on_disk(first) == before


def test_many_at_once_get_a_folder_each(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: RunFolder.create(tmp_path / "new", INFO), range(24)))
    assert len({folder.path for folder in folders}) == 24
    assert all(on_disk(folder)["status"] == "running" for folder in folders)


def test_update_and_complete(tmp_path):
    folder = RunFolder.create(tmp_path, INFO)
    folder.update(timing={"wall_s": 0.1})
    assert on_disk(folder)["timing"] == {"wall_s": 0.1}
    assert on_disk(folder)["status"] == "running"
    folder.complete("partial", summary={})
    assert on_disk(folder)["status"] == "partial"
    again = RunFolder.open(folder.path)
    assert again.info == on_disk(folder)


@pytest.mark.parametrize("bad", [{"x": float("nan")}, {"x": float("inf")}, {"x": object()}])
def test_what_json_cannot_hold_is_refused_and_the_old_file_stays(tmp_path, bad):
    folder = RunFolder.create(tmp_path, INFO)
    before = on_disk(folder)
    with pytest.raises(InternalError, match=r"run\.json"):
        folder.update(summary=bad)
    assert on_disk(folder) == before
    assert "summary" not in folder.info


def test_needed_parts(tmp_path):
    with pytest.raises(InternalError, match="versions"):
        RunFolder.create(tmp_path, {key: value for key, value in INFO.items() if key != "versions"})
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", tmp_path / "file" / "runs"):
        with pytest.raises(MachineError, match=r"cannot make a run folder in .*file.*--out DIR"):
            RunFolder.create(out, INFO)


def test_unwritable_directory(tmp_path):
    if os.geteuid() == 0:
        place = Path("/proc/sys")  # root may write anywhere but here
    else:
        place = tmp_path / "locked"
        place.mkdir(mode=0o555)
    with pytest.raises(MachineError, match=f"{place}.*--out DIR"):
        RunFolder.create(place / "runs", INFO)


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_full_disk_leaves_nothing(tmp_path, monkeypatch, step):
    """No folder, no parent made for it, no half-written file."""

    def fail(*_arguments, **_options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if step == "open":
        monkeypatch.setattr("builtins.open", fail)
    else:
        monkeypatch.setattr(atomic.os, step, fail)
    with pytest.raises(MachineError, match="disk is full"):
        RunFolder.create(tmp_path / "a" / "b", INFO)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_full_disk_on_update_keeps_the_old_file(tmp_path, monkeypatch):
    folder = RunFolder.create(tmp_path, INFO)
    before = on_disk(folder)

    def fail(*_arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic.os, "fsync", fail)
    with pytest.raises(MachineError, match=r"cannot write .*run\.json"):
        folder.complete("complete")
    monkeypatch.undo()
    assert on_disk(folder) == before == folder.info
    assert [path.name for path in folder.path.iterdir()] == ["run.json"]


def test_discard(tmp_path):
    folder = RunFolder.create(tmp_path, INFO)
    (folder.path / "ticks.parquet").mkdir()
    folder.discard()
    assert list(tmp_path.iterdir()) == []


def test_status_of_a_process_that_lives_or_died(tmp_path):
    folder = RunFolder.create(tmp_path, INFO)
    assert open_run(folder.path).status == "running"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert status_of(folder.info | {"pid": gone.pid}) == "killed"
    assert process_started(gone.pid) is None
    assert status_of(folder.info | {"pid_started": folder.info["pid_started"] + 1}) == "killed"  # its number used again
    folder.complete("partial")
    assert open_run(folder.path).status == "partial"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "not a run folder"),
        ("", "not valid JSON"),
        ('{"scenario": ', "not valid JSON"),
        ("[]", "does not describe a run"),
        ('{"format_version": 1}', "no scenario"),
        ('{"format_version": 99, "scenario": {}}', "format_version 99"),
        (b"\xff\xfe\x00", "not valid JSON"),
    ],
)
def test_a_folder_that_is_no_run(tmp_path, content, words):
    if content is not None:
        (tmp_path / "run.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=words):
        open_run(tmp_path)
    with pytest.raises(InputError):
        open_run(tmp_path / "nowhere")

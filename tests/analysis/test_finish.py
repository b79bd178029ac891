"""The end of a run: summary, verdicts and status in run.json, at once or not at all."""

from __future__ import annotations

import errno
import json
import os

import pytest
from drawn_run import draw, path, ticks

from nenc_lab.analysis.finish import finish
from nenc_lab.analysis.summary import summarise
from nenc_lab.errors import InputError, MachineError
from nenc_lab.recording import atomic
from nenc_lab.recording.open import open_run

SCENARIO = {
    "name": "judged",
    "duration": "10s",
    "path": {"forward": {"rate": "40Mbps"}},
    "flows": [{"name": "video"}],
    "expect": ["flows.video.utilisation >= 0.7", "flows.video.changes[*].settling_s <= 1", "flows.video.psnr_db >= 30"],
}


@pytest.fixture
def folder(tmp_path):
    rows = {"ticks": ticks(0, 10, [(0, 30)], {"received_wire_bytes": [(0, 4e6)]})}
    return draw(tmp_path, SCENARIO, flows={"video": rows}, hops=[path("forward.link", 10, [(0, 40)])])


def test_finish_writes_summary_and_verdicts(folder):
    summary = finish(folder, "complete")
    info = json.loads((folder.path / "run.json").read_text())
    assert info["status"] == open_run(folder.path).status == "complete"
    assert info["summary"] == summary == summarise(open_run(folder.path))
    share = 40e6 * 1188 / 1242
    assert 0.8 * share > 30e6  # so 30 Mbit/s is below the band
    assert info["expectations"] == [
        {"text": SCENARIO["expect"][0], "passed": True, "observed": [["flows.video.utilisation", pytest.approx(0.8)]]},
        {"text": SCENARIO["expect"][1], "passed": False, "observed": [["flows.video.changes[0].settling_s", None]]},
        {"text": SCENARIO["expect"][2], "passed": False, "observed": [["flows.video.psnr_db", None]]},
    ]


def test_finish_takes_a_path_and_marks_partial(folder):
    assert finish(folder.path, "partial") == open_run(folder.path).summary
    assert open_run(folder.path).status == "partial"


def test_full_disk_keeps_the_run_as_it_was(folder, monkeypatch):
    before = (folder.path / "run.json").read_bytes()

    def fail(*_arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic.os, "replace", fail)
    with pytest.raises(MachineError, match="disk is full"):
        finish(folder, "complete")
    monkeypatch.undo()
    assert (folder.path / "run.json").read_bytes() == before


def test_a_damaged_table_is_bad_input(folder):
    (folder.path / "ticks.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"ticks\.parquet"):
        finish(folder, "complete")

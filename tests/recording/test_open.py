"""Reading a run: whole tables, one flow's columns, missing values, missing and damaged files."""

from __future__ import annotations

import numpy as np
import polars
import pytest
from recording_rows import part, rows
from test_folder import INFO

from nenc_lab.errors import InputError
from nenc_lab.recording.folder import RunFolder
from nenc_lab.recording.open import open_run
from nenc_lab.recording.recorder import Recorder
from nenc_lab.records import TABLES


@pytest.fixture
def recorded(tmp_path):
    folder = RunFolder.create(tmp_path, INFO)
    with Recorder(folder, order=["video", "audio"]) as recorder:
        for who in ("video", "audio"):
            recorder.append("frames", rows("frames", 40, who=who, seed=len(who)))
        recorder.append("path", rows("path", 5, who="forward.link"))
        recorder.append("path", rows("path", 5, who="reverse.link"))
        recorder.event(0, None, "capacity", "50 Mbit/s")
    folder.complete()
    return folder.path


def test_all_rows_and_one_flow(recorded):
    run = open_run(recorded)
    assert run.status == "complete"
    assert run.table("frames").num_rows == 80
    whole = run.columns("frames")
    assert whole["flow"].tolist() == ["video", "audio"] * 40
    audio = run.columns("frames", "audio")
    expected = rows("frames", 40, who="audio", seed=5)
    assert set(audio) == {column.name for column in TABLES["frames"]}
    np.testing.assert_array_equal(audio["received"], expected["received"])
    assert audio["size"].dtype == np.int64
    assert audio["key"].dtype == np.bool_
    assert run.columns("frames", "nobody")["size"].tolist() == []
    assert run.columns("path", "reverse.link", only=["t_s"])["t_s"].tolist() == [0.0, 0.01, 0.02, 0.03, 0.04]
    assert list(run.columns("frames", "audio", only=["size", "t_s"])) == ["size", "t_s"]
    assert run.columns("events")["flow"].tolist() == [None]


def test_flows_read_together_are_what_each_is_alone(recorded):
    run = open_run(recorded)
    only = [column.name for column in TABLES["frames"] if column.name != "flow"]
    for together in (run.by_flow("frames", ["audio", "video"], only), *run.batches_by_flow("frames", ["audio"], only)):
        for flow, columns in together.items():
            alone = run.columns("frames", flow, only)
            assert list(columns) == only
            for name, values in columns.items():
                assert values.dtype == alone[name].dtype
                np.testing.assert_array_equal(values, alone[name])
    nobody = run.by_flow("frames", ["nobody"], ["size"])["nobody"]["size"]
    assert (nobody.tolist(), nobody.dtype) == ([], np.int64)
    link = run.by_flow("path", ["reverse.link"], ["t_s"])["reverse.link"]
    assert link["t_s"].tolist() == [0.0, 0.01, 0.02, 0.03, 0.04]
    with pytest.raises(InputError, match="has no column 'bits'"):
        run.by_flow("frames", ["audio"], ["bits"])


def test_columns_can_be_changed_without_harm(recorded):
    columns = open_run(recorded).columns("frames")
    for array in columns.values():
        array[0] = array[1]


def test_frame_for_notebooks(recorded):
    frame = open_run(recorded).frame("frames")
    assert isinstance(frame, polars.DataFrame)
    assert frame.filter(polars.col("flow") == "audio").height == 40


def test_what_is_not_there(recorded):
    run = open_run(recorded)
    assert not run.has("packets")
    with pytest.raises(InputError, match="--packets"):
        run.table("packets")
    with pytest.raises(InputError, match="no table 'tick': a run has ticks"):
        run.table("tick")
    with pytest.raises(InputError, match="no column 'sizes'"):
        run.table("frames", ["sizes"])
    with pytest.raises(InputError, match="no column 'sizes'"):
        run.columns("frames", "video", only=["t_s", "sizes"])


def test_a_run_that_never_recorded_has_empty_tables(tmp_path):
    folder = RunFolder.create(tmp_path, INFO)
    columns = open_run(folder.path).columns("ticks", "video")
    assert set(columns) == {column.name for column in TABLES["ticks"]}
    assert all(len(array) == 0 for array in columns.values())


def test_a_damaged_table_is_named(recorded):
    path = recorded / "frames.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"cannot read .*frames\.parquet"):
        open_run(recorded).table("frames")


def test_parts_of_a_killed_run_come_in_order(tmp_path):
    """Flows handed over block by block: parts overlap in time, the reader still sees time order, then flow order."""
    folder = RunFolder.create(tmp_path, INFO)
    recorder = Recorder(folder, order=["video", "audio"])
    flows = {who: rows("frames", 60, who=who) for who in ("audio", "video")}
    for start in range(0, 60, 20):
        for columns in flows.values():
            recorder.append("frames", part(columns, start, start + 20))
            recorder.flush()
    run = open_run(folder.path)
    killed = run.columns("frames")
    recorder.close()
    assert killed["frame"].tolist() == [number for number in range(60) for _ in range(2)]
    assert killed["flow"].tolist() == ["video", "audio"] * 60
    assert run.table("frames").equals(run.table("frames"))
    np.testing.assert_array_equal(killed["size"], run.columns("frames")["size"])


def test_repr_is_short(recorded):
    assert repr(open_run(recorded)) == f"Run({str(recorded)!r}, status='complete')"

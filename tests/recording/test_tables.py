"""Tables: what goes in comes out, in order, and the bytes on disk are a function of the rows alone."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import numpy as np
import polars
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recording_rows import part, rows

from nenc_lab.errors import InternalError
from nenc_lab.recording import arrow
from nenc_lab.recording.recorder import Recorder
from nenc_lab.recording.tables import Coded, TableWriter
from nenc_lab.records import TABLES


def written(folder: Path, name: str, blocks: list[dict], *, flush_after: set[int] = frozenset(), **how) -> bytes:
    writer = TableWriter(folder, name, **how)
    for number, block in enumerate(blocks):
        writer.append(block)
        if number in flush_after:
            writer.flush()
    writer.close()
    assert sorted(path.name for path in folder.iterdir()) == [f"{name}.parquet"]
    return (folder / f"{name}.parquet").read_bytes()


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_value_comes_back(tmp_path, name):
    columns = rows(name, 500)
    writer = TableWriter(tmp_path, name)
    writer.append(columns)
    writer.close()
    table = pq.read_table(tmp_path / f"{name}.parquet")
    assert table.column_names == [column.name for column in TABLES[name]]
    for column in TABLES[name]:
        got = table.column(column.name)
        given = columns[column.name]
        if isinstance(given, str):
            assert set(got.to_pylist()) == {given}
        elif column.kind == "text":
            assert got.to_pylist() == given
        else:
            exact = given.astype({"f8": "f8", "f4": "f4", "i8": "i8", "i4": "i4", "bool": "?"}[column.kind])
            back = [None if value != value else value for value in exact.tolist()]
            assert got.to_pylist() == back


def test_fields_say_unit_and_meaning(tmp_path):
    TableWriter(tmp_path, "ticks").close()
    schema = pq.read_schema(tmp_path / "ticks.parquet")
    for column in TABLES["ticks"]:
        metadata = schema.field(column.name).metadata
        assert metadata[b"unit"].decode() == column.unit
        assert metadata[b"meaning"].decode() == column.meaning
    assert b"pandas" not in schema.metadata


def test_infinite_capacity_is_a_value_and_not_a_gap(tmp_path):
    columns = rows("path", 3) | {"capacity_bps": np.array([np.inf, 5e7, np.nan])}
    written(tmp_path, "path", [columns])
    assert pq.read_table(tmp_path / "path.parquet").column("capacity_bps").to_pylist() == [np.inf, 5e7, None]


def test_lists_masks_scalars_and_codes_are_columns_too(tmp_path):
    columns = rows("events", 3)
    columns["flow"] = Coded(np.array([1, -1, 0]), ["a", "b"])
    columns["kind"] = ["start", None, "stop"]
    columns["text"] = "the same"
    columns["detail"] = None
    written(tmp_path, "events", [columns])
    table = pq.read_table(tmp_path / "events.parquet")
    assert table.column("flow").to_pylist() == ["b", None, "a"]
    assert table.column("kind").to_pylist() == ["start", None, "stop"]
    assert table.column("text").to_pylist() == ["the same"] * 3
    assert table.column("detail").to_pylist() == [None] * 3


def test_missing_integers_and_truth_values(tmp_path):
    columns = rows("frames", 3)
    columns["size"] = [1, None, 3]
    columns["late"] = [True, None, False]
    columns["lost"] = np.ma.MaskedArray([7, 8, 9], [False, False, True])
    columns["psnr"] = None
    written(tmp_path, "frames", [columns, rows("frames", 2, first=3)])
    table = pq.read_table(tmp_path / "frames.parquet")
    assert table.column("size").to_pylist()[:3] == [1, None, 3]
    assert table.column("late").to_pylist()[:3] == [True, None, False]
    assert table.column("lost").to_pylist()[:3] == [7, 8, None]
    assert table.column("psnr").to_pylist()[:3] == [None] * 3
    assert None not in table.column("size").to_pylist()[3:]


def test_the_callers_arrays_are_copied(tmp_path):
    columns = rows("path", 4)
    writer = TableWriter(tmp_path, "path")
    writer.append(columns)
    before = columns["queue_bytes"].copy()
    columns["queue_bytes"][:] = -1
    writer.close()
    assert pq.read_table(tmp_path / "path.parquet").column("queue_bytes").to_numpy().tolist() == before.tolist()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"surprise": 1}, "surprise"),
        ({"queue_bytes": np.arange(3)}, "different lengths"),
        ({"queue_bytes": np.array([0.5, 1.5])}, "takes i8"),
        ({"packets": np.array([1, 2**40])}, "too large"),
    ],
)
def test_rows_that_are_not_the_tables_are_refused(tmp_path, change, words):
    writer = TableWriter(tmp_path, "path")
    with pytest.raises(InternalError, match=words):
        writer.append(rows("path", 2) | change)
    assert writer.rows == 0


def test_a_missing_column_is_refused(tmp_path):
    columns = rows("path", 2)
    del columns["marked"]
    with pytest.raises(InternalError, match="marked"):
        TableWriter(tmp_path, "path").append(columns)


def test_a_row_without_a_time_is_refused(tmp_path):
    writer = TableWriter(tmp_path, "path")
    writer.append(rows("path", 2) | {"t_s": np.array([0.0, np.nan])})
    with pytest.raises(InternalError, match="t_s"):
        writer.close()


@pytest.fixture
def small_groups(monkeypatch):
    monkeypatch.setattr(arrow, "ROW_GROUP", 64)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_bytes_do_not_depend_on_how_the_rows_came(small_groups_module, data):
    """Any partition into appends, any flushes, any memory limit, flows block by block: the same file."""
    count = 300
    flows = [rows("frames", count, seed=seed, who=who) for seed, who in ((1, "zebra"), (2, "ant"))]
    cuts = data.draw(st.lists(st.integers(1, count - 1), max_size=8, unique=True).map(sorted))
    edges = [0, *cuts, count]
    blocks = [part(flow, start, stop) for start, stop in itertools.pairwise(edges) for flow in flows]
    flushes = data.draw(st.sets(st.integers(0, len(blocks) - 1)))
    limit = data.draw(st.sampled_from([1, 50, 128, 10_000]))
    order = ("zebra", "ant")
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        plain = written(Path(one), "frames", flows, order=order)
        assert written(Path(other), "frames", blocks, flush_after=flushes, memory_rows=limit, order=order) == plain
        file = pq.ParquetFile(Path(other) / "frames.parquet")
        sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
        assert sizes == [64] * 9 + [24]
        table = file.read()
    assert table.column("flow").to_pylist() == ["zebra", "ant"] * count
    assert table.column("frame").to_pylist() == [number for number in range(count) for _ in order]


@pytest.fixture(scope="module")
def small_groups_module():
    whole = arrow.ROW_GROUP
    arrow.ROW_GROUP = 64
    yield
    arrow.ROW_GROUP = whole


@settings(max_examples=60, deadline=None)
@given(
    times=st.lists(st.integers(0, 30), min_size=1, max_size=80),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=20),
)
def test_any_disorder_is_put_in_order(times, sizes):
    """However late rows come, the file holds them by time; rows of one time keep their order."""
    with tempfile.TemporaryDirectory() as place:
        writer = TableWriter(Path(place), "events", memory_rows=1)
        start = 0
        for size in sizes * len(times):
            now = times[start : start + size]
            if not now:
                break
            columns = rows("events", len(now)) | {"t_s": now, "text": [str(start + row) for row in range(len(now))]}
            writer.append(columns)
            start += size
        writer.close()
        table = pq.read_table(Path(place) / "events.parquet")
    expected = sorted(range(len(times)), key=lambda row: times[row])
    assert [int(text) for text in table.column("text").to_pylist()] == expected
    assert table.column("t_s").to_pylist() == sorted(times)


def test_readable_at_every_moment(tmp_path, small_groups):
    """A plain read_table works before the first row, between flushes and after close, and finds what was flushed."""
    path = tmp_path / "ticks.parquet"
    writer = TableWriter(tmp_path, "ticks", memory_rows=100)
    assert pq.read_table(path).num_rows == 0
    for number in range(7):
        writer.append(rows("ticks", 60, first=60 * number))
        held = pq.read_table(path)
        assert held.num_rows == 120 * ((number + 1) // 2)
        assert held.column("t_s").to_pylist() == [row / 100 for row in range(held.num_rows)]
    writer.flush()
    assert pq.read_table(path).num_rows == 420
    assert path.is_dir()
    writer.close()
    assert path.is_file()
    assert pq.read_table(path).num_rows == 420
    assert polars.read_parquet(path).height == 420
    assert list(tmp_path.iterdir()) == [path]


def test_close_twice_and_append_after_close(tmp_path):
    writer = TableWriter(tmp_path, "path")
    writer.append(rows("path", 5))
    writer.close()
    before = (tmp_path / "path.parquet").read_bytes()
    writer.close()
    writer.flush()
    assert (tmp_path / "path.parquet").read_bytes() == before
    with pytest.raises(InternalError, match="after close"):
        writer.append(rows("path", 5))


def test_recorder_writes_every_table_and_events(tmp_path):
    with Recorder(tmp_path) as recorder:
        recorder.append("ticks", rows("ticks", 10))
        recorder.event(2_500_000_000, None, "capacity", "forward.link: 1 Gbit/s", to_bps=1e9)
        recorder.event(1_000_000_000, "video", "start", "video starts")
        recorder.flush()
        assert pq.read_table(tmp_path / "events.parquet").num_rows == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{n}.parquet" for n in TABLES if n != "packets")
    events = pq.read_table(tmp_path / "events.parquet").to_pylist()
    assert [event["t_s"] for event in events] == [1.0, 2.5]
    assert events[1] == {
        "t_s": 2.5,
        "flow": None,
        "kind": "capacity",
        "text": "forward.link: 1 Gbit/s",
        "detail": '{"to_bps": 1000000000.0}',
    }


def test_recorder_has_packets_when_asked(tmp_path):
    with Recorder(tmp_path, packets=True) as recorder:
        recorder.append("packets", rows("packets", 10))
    assert pq.read_table(tmp_path / "packets.parquet").num_rows == 10

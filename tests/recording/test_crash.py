"""Failure is an input: SIGKILL, Ctrl-C at every line, a full disk, a limit on file size, memory."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from recording_rows import rows

from nenc_lab.errors import MachineError
from nenc_lab.recording import atomic, tables
from nenc_lab.recording.open import open_run
from nenc_lab.recording.recorder import Recorder
from nenc_lab.recording.tables import TableWriter

HERE = Path(__file__).parent
INFO = {
    "scenario": {"name": "crash"},
    "seed": 1,
    "backend": "virtual",
    "controller": "nenc",
    "versions": {"nenc_lab": "0"},
}

ENDLESS_RUN = """
import sys, itertools
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from recording_rows import rows
from nenc_lab.recording.folder import RunFolder
from nenc_lab.recording.recorder import Recorder
from test_crash import INFO
folder = RunFolder.create(Path(sys.argv[1]), INFO)
for lap in itertools.count():
    with Recorder(folder, memory_rows=200) as recorder:
        print(folder.path, flush=True)
        for block in range(8):
            recorder.append("ticks", rows("ticks", 60, first=60 * block))
            recorder.append("frames", rows("frames", 50, first=50 * block))
            if block % 3 == 2:
                recorder.flush()
"""


def child(code: str, *arguments: object, **how) -> subprocess.Popen[str]:
    root = str(HERE.parents[1])
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([root, str(HERE)])},
        **how,
    )


@pytest.mark.parametrize("attempt", range(8))
def test_sigkill_leaves_readable_tables(tmp_path, attempt):
    """Whatever instant it hits, each table opens by its plain path and holds the first rows without a gap."""
    run = child(ENDLESS_RUN, tmp_path, HERE)
    folder = Path(run.stdout.readline().strip())
    time.sleep(random.Random(attempt).uniform(0.0, 0.15))
    run.send_signal(signal.SIGKILL)
    run.communicate()
    opened = open_run(folder)
    assert opened.status == "killed"
    for name, every in (("ticks", 60), ("frames", 50), ("path", 1), ("events", 1), ("delays", 1)):
        table = pq.read_table(folder / f"{name}.parquet")
        assert table.num_rows % every == 0
        times = opened.columns(name)["from_s" if name == "delays" else "t_s"]
        assert times.tolist() == [row / 100 for row in range(table.num_rows)]


class Interrupter:
    """Raises KeyboardInterrupt at the n-th line executed in recording.tables or recording.atomic."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.files = {tables.__file__, atomic.__file__}

    def trace(self, frame, event, _):
        if frame.f_code.co_filename not in self.files:
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self.trace

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.trace)
        return self

    def __exit__(self, *_):
        sys.settrace(self.before)


def test_ctrl_c_at_every_line_loses_and_doubles_nothing(tmp_path):
    """Interrupted anywhere in append, flush or close, a second close still leaves each appended row exactly once."""
    blocks = [rows("path", 20, first=20 * number) for number in range(3)]
    for at in range(1, 10_000):
        folder = tmp_path / str(at)
        folder.mkdir()
        writer = TableWriter(folder, "path", memory_rows=35)
        interrupted = True
        with contextlib.suppress(KeyboardInterrupt), Interrupter(at):
            for block in blocks:
                writer.append(block)
            writer.flush()
            writer.close()
            interrupted = False
        pq.read_table(folder / "path.parquet")
        writer.close()
        times = pq.read_table(folder / "path.parquet").column("t_s").to_pylist()
        assert times == [row / 100 for row in range(len(times))]
        assert len(times) - writer.rows in (0, 20)  # 20: interrupted between taking the block and counting it
        if writer.rows:
            assert [path.name for path in folder.iterdir()] == ["path.parquet"]
        if not interrupted:
            break
    assert at > 150
    assert writer.rows == 60


def test_without_renameat2_the_same_files_come_out(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "_renameat2", lambda: None)
    writer = TableWriter(tmp_path, "path", memory_rows=10)
    for number in range(4):
        writer.append(rows("path", 10, first=10 * number))
        assert pq.read_table(tmp_path / "path.parquet").num_rows == 10 * (number + 1)
    writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["path.parquet"]
    assert pq.read_table(tmp_path / "path.parquet").num_rows == 40


def test_killed_between_the_three_renames(tmp_path, monkeypatch):
    """Where entries cannot be swapped at once, a kill in between still leaves the rows where ``Run`` finds them."""
    (tmp_path / "run.json").write_text('{"format_version": 1, "scenario": {}, "status": "running"}')
    writer = TableWriter(tmp_path, "path", memory_rows=10)
    for number in range(4):
        writer.append(rows("path", 10, first=10 * number))
    monkeypatch.setattr(atomic, "_renameat2", lambda: None)
    rename = os.rename

    def killed(source, target):
        if Path(target).name == "path.parquet":
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr(atomic.os, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        writer.close()
    monkeypatch.undo()
    assert open_run(tmp_path).table("path").num_rows == 40


def full(folder: Path, *, rows_each: int = 400) -> MachineError:
    """Records until there is no more room, and returns the error."""
    try:
        with Recorder(folder, memory_rows=rows_each) as recorder:
            for number in range(400):
                recorder.append("ticks", rows("ticks", rows_each, first=rows_each * number))
    except MachineError as error:
        return error
    raise AssertionError("there was room for everything")


@pytest.fixture
def tiny_disk(tmp_path):
    place = tmp_path / "tiny"
    place.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True)
    if mount.returncode:
        pytest.skip("mounting a tmpfs needs root; the RLIMIT_FSIZE test covers failing writes")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)  # lazy: whoever looks into it meanwhile


def test_full_disk(tiny_disk):
    """Clear words, no rows lost that were flushed, nothing half-written in sight."""
    message = str(full(tiny_disk))
    assert "No space left" in message
    assert "ticks.parquet" in message
    assert "--out DIR" in message
    table = pq.read_table(tiny_disk / "ticks.parquet")
    assert table.num_rows >= 400
    assert table.column("t_s").to_pylist() == [row / 100 for row in range(table.num_rows)]
    assert not [path for path in tiny_disk.rglob("*.tmp") if path.is_file()]


def test_file_size_limit(tmp_path):
    """The same through RLIMIT_FSIZE (EFBIG), which needs no root."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom test_crash import full\n"
        "message = str(full(Path(sys.argv[1]), rows_each=2000))\nprint(message)"
    )
    limit = 150_000
    run = child(code, tmp_path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    out, err = run.communicate(timeout=60)
    assert run.returncode == 0, err
    assert "File too large" in out
    assert "ulimit -f" in out
    pq.read_table(tmp_path / "ticks.parquet")


def test_every_write_failing_once(tmp_path, monkeypatch):
    """The n-th rename or mkdir fails: an MachineError, and closing once more completes the table."""
    calls = {"left": 0}

    def failing(function):
        def call(*arguments, **options):
            calls["left"] -= 1
            if calls["left"] == 0:
                raise OSError(28, "No space left on device")
            return function(*arguments, **options)

        return call

    for name in ("mkdir", "replace"):
        monkeypatch.setattr(Path, name, failing(getattr(Path, name)))
    monkeypatch.setattr(tables, "exchange", failing(atomic.exchange))
    monkeypatch.setattr(tables.arrow, "write_file", failing(tables.arrow.write_file))
    for number in range(1, 100):
        folder = tmp_path / f"n{number}"
        os.mkdir(folder)
        writer = TableWriter(folder, "path", memory_rows=10)
        calls["left"] = number
        failed = 0
        for block in range(3):
            try:
                writer.append(rows("path", 10, first=10 * block))
            except MachineError:
                failed += 1
        try:
            writer.close()
        except MachineError:
            failed += 1
        assert failed == (calls["left"] <= 0)
        assert not [left for left in folder.glob(".*.tmp") if left.is_file()]
        calls["left"] = 0
        writer.close()
        table = pq.read_table(folder / "path.parquet")
        assert table.column("t_s").to_pylist() == [row / 100 for row in range(30)]
        assert [path.name for path in folder.iterdir()] == ["path.parquet"]
        if not failed:
            break
    assert number > 8


def test_memory_does_not_grow_with_the_run(tmp_path):
    """Ten times the rows cost next to no more memory: 600 000 ticks are 130 MB of columns."""
    code = (
        "import re, sys\nfrom pathlib import Path\nfrom recording_rows import rows\n"
        "from nenc_lab.recording.recorder import Recorder\n"
        # not ru_maxrss, which starts from the parent's
        "def peak(): return int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) / 1024\n"
        "blocks = int(sys.argv[2])\nblock = rows('ticks', 6000)\n"
        "with Recorder(Path(sys.argv[1])) as recorder:\n"
        "    for number in range(blocks):\n"
        "        block['t_s'] = block['t_s'] + 60\n"
        "        recorder.append('ticks', block)\n"
        "print(peak())"
    )
    peaks = []
    for blocks in (10, 100):
        place = tmp_path / str(blocks)
        place.mkdir()
        out, err = child(code, place, blocks).communicate(timeout=120)
        assert not err
        peaks.append(float(out))
        assert pq.ParquetFile(place / "ticks.parquet").metadata.num_rows == blocks * 6000
    assert peaks[1] - peaks[0] < 40
    assert peaks[1] < 250

"""A whole sweep: its dataset, its folder, and starting it again."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import polars
import pytest
from sweeps import KI, KP, SCENARIO, data, write

import nenc_lab
from nenc_lab.api import open_run
from nenc_lab.errors import InputError, MachineError, ScenarioError
from nenc_lab.sweeps.batch import execute
from nenc_lab.sweeps.columns import of_changes
from nenc_lab.sweeps.load import load
from nenc_lab.sweeps.plan import make
from nenc_lab.sweeps.result import SweepResult


def run(path, out, **options):
    """Runs a sweep; returns its result and the hashes of the runs that were made."""
    ran = []
    plan = make(load(path))
    done = execute(
        plan, out=out, progress=lambda _, result: ran.append(result.hash) if result is not None else None, **options
    )
    return done, ran


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swept")
    path = write(folder)
    return path, nenc_lab.sweep(path, out=folder / "out")


def test_the_dataset_has_a_row_per_run_in_the_order_of_the_plan(swept):
    path, done = swept
    frame = done.frame()
    plan = make(load(path))
    assert frame["hash"].to_list() == [run.hash for run in plan.runs]
    assert list(zip(frame[KP], frame[KI], frame["seed"], strict=True))[:3] == [
        *((0.1, 0.02, 1), (0.1, 0.02, 2), (0.1, 0.06, 1)),
    ]
    assert frame["scenario"].unique().to_list() == ["tiny"]
    assert frame["controller"].unique().to_list() == ["nenc"]
    assert frame["status"].unique().to_list() == ["complete"]
    assert frame["passed"].unique().to_list() == [1]
    assert frame["failed"].unique().to_list() == [1]


def test_its_figures_are_those_of_a_run_by_itself(swept, tmp_path):
    path, done = swept
    row = done.frame().row(5, named=True)
    overrides = [f"{KP}={row[KP]}", f"{KI}={row[KI]}"]
    alone = nenc_lab.run(path.parent / "tiny.yaml", overrides=overrides, seed=row["seed"], out=tmp_path, plot=False)
    figures = alone.summary["flows"]["video"]
    assert row["goodput_mbps"] == figures["goodput_mbps"]
    assert row["queue_delay_ms.p95"] == figures["queue_delay_ms"]["p95"]
    assert row["packets"] == alone.summary["run"]["packets"]
    assert row["overshoot.start"] == figures["changes"][0]["overshoot"]
    assert alone.folder.name.endswith(row["hash"][:8])


def test_wall_times_are_kept_apart(swept):
    _, done = swept
    assert not {"wall_s", "task_s", "speed"} & set(done.frame().columns)
    times = polars.read_parquet(done.folder / "timings.parquet")
    assert times["hash"].to_list() == done.frame()["hash"].to_list()
    assert (times["wall_s"] > 0).all()
    assert (times["task_s"] > times["wall_s"]).all()


def test_columns_say_unit_and_meaning(swept):
    _, done = swept
    assert done.units["goodput_mbps"] == "Mbit/s"
    assert done.units["settling_s"] == "s"


def test_what_it_leaves_behind(swept):
    _, done = swept
    assert sorted(path.name for path in done.folder.iterdir()) == [
        *("gain_map.png", "gain_map.svg", "summaries.parquet", "sweep.json", "timings.parquet"),
    ]
    info = json.loads((done.folder / "sweep.json").read_text())
    assert (info["status"], info["runs"], info["done"], info["failed"]) == ("complete", 8, 8, 0)
    assert {"versions", "git", "host", "argv", "source", "hash"} <= set(info)
    assert done.folder.name.startswith("little-")


@pytest.mark.parametrize("jobs", [2, 3])
def test_the_dataset_is_the_same_bytes_whatever_jobs(swept, tmp_path, jobs):
    path, done = swept
    other, ran = run(path, tmp_path, jobs=jobs)
    assert len(ran) == 8
    assert other.dataset.read_bytes() == done.dataset.read_bytes()
    assert other.folder.name == done.folder.name


def test_again_runs_nothing_and_changes_nothing(swept):
    path, done = swept
    before = {file.name: file.stat().st_mtime_ns for file in done.folder.iterdir()}
    _, ran = run(path, done.folder.parent)
    assert ran == []
    assert {file.name: file.stat().st_mtime_ns for file in done.folder.iterdir()} == before


def test_a_change_runs_only_what_is_new_and_keeps_the_old_dataset(swept):
    path, done = swept
    old = done.dataset.read_bytes()
    other = write(path.parent, ki="[0.02, 0.03, 0.06]", seeds="[2, 3]", file="changed.yaml")
    changed, ran = run(other, done.folder.parent, plot=False)
    # of 2 x 3 points and 2 seeds, 4 points with seed 2 are there
    assert len(ran) == 8
    assert changed.frame().height == 12
    assert changed.folder != done.folder
    assert done.dataset.read_bytes() == old
    fresh, _ = run(other, path.parent / "fresh", plot=False)
    assert fresh.dataset.read_bytes() == changed.dataset.read_bytes()


def test_a_changed_scenario_runs_anew(swept):
    path, done = swept
    longer = write(path.parent / "longer", duration="4s")
    _, ran = run(longer, done.folder.parent, plot=False)
    assert len(ran) == 8


def test_results_of_other_code_are_not_taken(swept, tmp_path):
    path, _ = swept
    old, _ = run(path, tmp_path)
    info = json.loads((old.folder / "sweep.json").read_text())
    (old.folder / "sweep.json").write_text(json.dumps({**info, "code": "0" * 16}))
    old.folder.rename(old.folder.with_name("little-00000000"))
    _, ran = run(path, tmp_path)
    assert len(ran) == 8


def test_a_damaged_part_is_run_again(swept, tmp_path):
    path, done = swept
    old, _ = run(path, tmp_path)
    old.dataset.write_bytes(old.dataset.read_bytes()[:1000])
    again, ran = run(path, tmp_path)
    assert len(ran) == 8
    assert again.dataset.read_bytes() == done.dataset.read_bytes()


def test_run_folders_stay_when_they_are_asked_for(swept, tmp_path):
    path, done = swept
    kept, _ = run(path, tmp_path, keep_runs=True, jobs=2, plot=False)
    folders = sorted((kept.folder / "runs").iterdir())
    assert len(folders) == 8
    assert {folder.name[-8:] for folder in folders} == {hash[:8] for hash in done.frame()["hash"]}
    assert all(open_run(folder).status == "complete" for folder in folders)


def test_the_best_point_is_that_of_the_map(swept):
    from nenc_lab.plots import gain_map

    _, done = swept
    info = gain_map.info(done.frame())
    best = done.best()
    assert (info.best is None) == (best is None)
    if best is not None:
        assert (best[KP], best[KI]) == (info.points_x[info.best], info.points_y[info.best])


def test_jupyter_shows_map_and_table(swept):
    _, done = swept
    html = done._repr_html_()
    assert "data:image/png;base64," in html
    assert "best points" in html
    assert done._repr_png_() == (done.folder / "gain_map.png").read_bytes()


def test_one_key_has_no_map(tmp_path):
    write(tmp_path)
    (tmp_path / "one.yaml").write_text(f"version: 1\nscenarios: [tiny.yaml]\nspace: {{{KP}: [0.1, 0.2]}}\n")
    done, _ = run(tmp_path / "one.yaml", tmp_path / "out")
    assert done.figure is None
    assert "data:image" not in done._repr_html_()
    assert done.frame().height == 2


def test_units_become_numbers_of_one_unit(tmp_path):
    write(tmp_path)
    path = tmp_path / "rates.yaml"
    path.write_text(
        "version: 1\nscenarios: [tiny.yaml]\nspace:\n  path.forward.rate: [8Mbps, 12000kbps]\n"
        "  path.forward.delay: [5ms, 0.02s]\n  flows.video.controller.kind: [nenc, classic]\n"
    )
    done, _ = run(path, tmp_path / "out")
    frame = done.frame()
    assert frame["path.forward.rate"].to_list() == [8.0] * 4 + [12.0] * 4
    assert frame["path.forward.delay"].unique().sort().to_list() == [0.005, 0.02]
    assert frame["flows.video.controller.kind"].to_list() == frame["controller"].to_list()
    assert done.units["path.forward.rate"] == "Mbit/s"
    assert done.figure is not None, "two of the three keys are numbers"


def test_a_run_that_fails_is_a_row_and_is_tried_again(tmp_path):
    path = write(tmp_path)
    trace = tmp_path / "capacity.csv"
    trace.write_text("t_s,rate_mbps\n0,20\n1,10\n2,20\n")
    text = SCENARIO.format(duration="3s").replace("rate: 20Mbps,", "trace: {file: capacity.csv, format: csv},")
    (tmp_path / "traced.yaml").write_text(text.replace("name: tiny", "name: traced"))
    path.write_text(path.read_text().replace("[tiny.yaml]", "[traced.yaml, tiny.yaml]"))
    plan = make(load(path))
    kept = trace.read_text()
    trace.unlink()  # valid when the plan was made, gone when it is run

    done = execute(plan, out=tmp_path / "out", jobs=2)
    frame = done.frame()
    assert frame["status"].to_list() == ["failed"] * 8 + ["complete"] * 8
    assert frame["error"][0] == f"{trace}: no such trace"
    assert frame["settling_s"][:8].null_count() == 8
    assert frame["error"][8:].null_count() == 8

    trace.write_text(kept)
    again, ran = run(path, tmp_path / "out")
    assert again.folder == done.folder
    assert len(ran) == 8
    assert again.frame()["status"].unique().to_list() == ["complete"]


def test_nothing_is_written_before_every_point_is_valid(tmp_path):
    path = write(tmp_path, ki="[0.02, 0.03, 1000]")
    with pytest.raises(ScenarioError, match="out of range"):
        nenc_lab.sweep(path, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written(tmp_path):
    path = write(tmp_path)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MachineError, match=r"cannot make a sweep folder in .*file"):
        nenc_lab.sweep(path, out=tmp_path / "file")
    assert (tmp_path / "file").read_text() == "in the way"


def test_no_jobs_is_bad_input(tmp_path):
    with pytest.raises(InputError, match="jobs is 0"):
        nenc_lab.sweep(write(tmp_path), jobs=0, out=tmp_path / "out")


def test_a_dict_is_as_good_as_a_file(tmp_path):
    short = {"duration": "1s", "timeline": [], "expect": []}
    done = nenc_lab.sweep(data(name="mine", set=short), out=tmp_path)
    assert done.frame()[KP].to_list() == [0.1, 0.2]
    assert done.folder.name.startswith("mine-")


def test_a_folder_that_is_no_sweep(tmp_path):
    with pytest.raises(InputError, match="is not a sweep folder"):
        SweepResult(tmp_path)


def test_two_at_once_do_not_get_in_each_others_way(tmp_path):
    path = write(tmp_path)
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from nenc_lab.sweeps.load import load
        from nenc_lab.sweeps.plan import make
        from nenc_lab.sweeps.store import Store
        with Store.open(Path(sys.argv[2]), make(load(sys.argv[1])), []):
            print("open", flush=True)
            sys.stdin.read()
        """
    )
    words = [sys.executable, "-c", script, str(path), str(tmp_path / "out")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(MachineError, match="another process is running this sweep"):
            run(path, tmp_path / "out")
        other.kill()  # what a kill leaves behind is in nobody's way
    done, ran = run(path, tmp_path / "out")
    assert len(ran) == 8
    assert done.frame().height == 8


def change(kind, to, settling, overshoot=0.1):
    names = ("rise_s", "iae_mbit", "to_80pct_s", "to_floor_s", "utilisation_last5s", "queue_delay_p95_ms")
    rest = dict.fromkeys((*names, "queue_delay_max_ms", "oscillations_last5s"), 1.0)
    return {**rest, "kind": kind, "to_mbps": to, "settling_s": settling, "overshoot": overshoot}


def test_what_changes_come_to():
    # the way down has an overshoot by nature: the rate is over the new share when it begins
    changes = [change("start", 48, 3.0, 0.2), change("capacity", 120, 1.0, 0.05), change("capacity", 48, 0.5, 1.5)]
    found = of_changes(changes)
    assert (found["settling_s"], found["settling_s.mean"], found["settled"], found["changes"]) == (3.0, 1.5, 3, 3)
    assert (found["overshoot"], found["overshoot.start"]) == (0.2, 0.2)
    assert found["iae_mbit"] == 3.0


def test_one_change_that_never_settled_is_enough():
    found = of_changes([change("start", 48, 3.0), change("capacity", 120, None)])
    assert found["settling_s"] is None
    assert (found["settled"], found["changes"]) == (1, 2)


def test_no_changes_are_no_figures():
    found = of_changes([])
    assert (found["changes"], found["settled"], found["settling_s"], found["overshoot"]) == (0, 0, None, None)


def test_a_point_that_ran_is_before_one_that_crashed():
    """With two flows a run that failed is one row, and one that ran but never settled two."""
    import polars as pl

    from nenc_lab.sweeps.best import ranked

    figures = {"settling_s": None, "overshoot": 0.1, "utilisation": 0.9, "queue_delay_ms.p95": 5.0, "loss": 0.0}
    ran = {"kp": 1.0, "status": "complete", **figures, "failed": 0}
    crashed = {"kp": 2.0, "status": "failed", **dict.fromkeys(figures), "failed": None}
    table = ranked(pl.DataFrame([crashed, ran, ran], infer_schema_length=None), ["kp"])
    assert table["kp"].to_list() == [1.0, 2.0]
    assert table["crashed"].to_list() == [0, 1]

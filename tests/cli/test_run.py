"""``nenc-lab run``: what it prints, what it leaves, and its exit codes."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

KEYS = ["scenario", "controller", "backend", "seed", "folder", "summary", "expectations"]


def test_json_is_one_line_per_run_and_nothing_else(nenc_lab, scenario, tmp_path):
    said = nenc_lab("run", scenario(), "--json", "--no-plot", "--out", tmp_path / "runs")
    assert said.code == 0, said.err
    assert said.err == ""
    (line,) = said.out.splitlines()
    result = json.loads(line)
    assert list(result) == KEYS
    assert (result["scenario"], result["controller"], result["backend"], result["seed"]) == (
        "short",
        "nenc",
        "virtual",
        7,
    )
    assert result["summary"]["run"]["simulated_s"] == 6
    assert result["expectations"] == [
        {
            "text": "flows.video.loss <= 1",
            "passed": True,
            "observed": [["flows.video.loss", pytest.approx(0.005, abs=0.003)]],
        }
    ]
    folder = Path(result["folder"])
    assert json.loads((folder / "run.json").read_text())["summary"] == result["summary"]
    assert not list(folder.glob("convergence.*"))


def test_people_get_changes_verdicts_and_the_figure(nenc_lab, scenario, tmp_path):
    said = nenc_lab("run", scenario(), "--out", tmp_path / "runs")
    assert said.code == 0, said.err
    (figure,) = (tmp_path / "runs").glob("*/convergence.png")
    assert said.out.splitlines()[-1] == f"figure: {figure}"
    assert not figure.with_suffix(".svg").exists()
    for words in (
        "short (nenc, virtual, seed 7): 6.0 s simulated",
        "changes",
        "start",
        "ok",
        "1 of 1 expectations met",
    ):
        assert words in said.out
    assert said.err == ""  # no progress where nobody looks


def test_a_missed_expectation_is_exit_code_1(nenc_lab, scenario, tmp_path):
    said = nenc_lab("run", scenario(expect="flows.video.loss < 0"), "--no-plot", "--out", tmp_path)
    assert said.code == 1
    assert "FAILED" in said.out
    assert "0 of 1 expectations met" in said.out


def test_everything_is_checked_before_the_first_run(nenc_lab, scenario, tmp_path):
    good, bad = scenario("good.yaml"), scenario("bad.yaml", duration="-6s")
    worse = scenario("worse.yaml", expect="flows.vidio.loss <= 1")
    said = nenc_lab("run", good, bad, worse, "--out", tmp_path / "runs")
    assert said.code == 2
    assert str(bad) in said.err
    assert str(worse) in said.err
    assert "video" in said.err  # the nearest name
    assert "Traceback" not in said.err
    assert said.out == ""
    assert not (tmp_path / "runs").exists()


def test_a_knob_the_core_does_not_know_is_bad_input_before_anything_is_written(nenc_lab, scenario, tmp_path):
    said = nenc_lab(
        "run", scenario(), "--set", "flows.video.controller.knobs.queue_tarket_ns=1", "--out", tmp_path / "runs"
    )
    assert said.code == 2
    assert "queue_tarket_ns" in said.err
    assert not (tmp_path / "runs").exists()


def test_options_reach_the_run(nenc_lab, scenario, tmp_path):
    words = [
        "--controller",
        "classic",
        "--encoder",
        "null",
        "--seed",
        11,
        "--set",
        "flows.video.rate.max=40Mbps",
        "--packets",
    ]
    said = nenc_lab("run", scenario(), *words, "--json", "--no-plot", "--out", tmp_path)
    assert said.code == 0, said.err
    result = json.loads(said.out)
    assert (result["controller"], result["seed"]) == ("classic", 11)
    info = json.loads((Path(result["folder"]) / "run.json").read_text())
    flow = info["scenario"]["flows"][0]
    assert flow["rate"]["max"] == "40Mbps"
    assert flow["encoder"]["kind"] == "null"
    assert (Path(result["folder"]) / "packets.parquet").is_file()


def test_repeat_uses_consecutive_seeds(nenc_lab, scenario, tmp_path):
    said = nenc_lab("run", scenario(duration="2s"), "--repeat", 3, "--json", "--no-plot", "--out", tmp_path)
    assert said.code == 0, said.err
    assert [json.loads(line)["seed"] for line in said.out.splitlines()] == [7, 8, 9]


def test_processes_give_the_same_bytes_in_the_same_order(nenc_lab, scenario, tmp_path):
    # the first is the longest: in the order of completion it would come last
    files = [scenario("a.yaml", duration="20s"), scenario("b.yaml", duration="3s"), scenario("c.yaml", duration="2s")]
    folders = []
    for jobs in (1, 2):
        said = nenc_lab("run", *files, "--jobs", jobs, "--json", "--no-plot", "--out", tmp_path / str(jobs))
        assert said.code == 0, said.err
        results = [json.loads(line) for line in said.out.splitlines()]
        assert [result["summary"]["run"]["simulated_s"] for result in results] == [20, 3, 2]
        folders.append([Path(result["folder"]) for result in results])
    for one, two in zip(*folders, strict=True):
        tables = sorted(path.name for path in one.glob("*.parquet"))
        assert tables == ["delays.parquet", "events.parquet", "frames.parquet", "path.parquet", "ticks.parquet"]
        for table in tables:
            assert (one / table).read_bytes() == (two / table).read_bytes(), table


def test_a_directory_is_all_its_scenarios(nenc_lab, scenario, tmp_path):
    for name in ("family/b.yaml", "family/a.yaml", "family/_part.yaml"):
        scenario(name, duration="1s")
    said = nenc_lab("run", tmp_path / "family", "--no-plot", "--out", tmp_path / "runs")
    assert said.code == 0, said.err
    assert said.out.splitlines()[-1] == "2 runs: 2 met their expectations, 0 did not"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--backend", "real"], 2, "virtual or netem"),
        (["--backend", "carrier-pigeon"], 2, "virtual or netem"),
        (["--place", "mars"], 2, "auto, host, guest"),
        (
            ["--controller", "./absent.so"],
            2,
            "--controller ./absent.so: flows.video.controller.library: './absent.so': no such file",
        ),
        (["--controller", "bbr"], 2, "nenc, classic, fixed"),
        (["--set", "flows.video.rate.maximum=1Mbps"], 2, "did you mean 'max'"),
        (["--set", "nonsense"], 2, "nonsense"),
        (["--repeat", "0"], 2, "--repeat"),
        (["--seed", "-1"], 2, "--seed"),
        (["--jobs", "two"], 2, "--jobs"),
        (["--frobnicate"], 2, "--frobnicate"),
    ],
)
def test_bad_options_are_named(nenc_lab, scenario, tmp_path, words, code, message):
    said = nenc_lab("run", scenario(), *words, "--out", tmp_path / "runs")
    assert said.code == code
    assert message in said.err
    assert said.out == ""
    assert not (tmp_path / "runs").exists()


def test_a_place_that_cannot_be_written_is_exit_code_3(nenc_lab, scenario, tmp_path):
    (tmp_path / "file").write_text("in the way")
    said = nenc_lab("run", scenario(), "--out", tmp_path / "file" / "runs")
    assert said.code == 3
    assert "--out DIR" in said.err
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.parametrize("folder", ["/dev/shm/runs", "/run/runs"])
def test_netem_writes_nowhere_that_its_sandbox_hides(nenc_lab, scenario, monkeypatch, folder):
    monkeypatch.setattr("nenc_lab.real.sandbox.open_sandbox", lambda *_: nullcontext("a sandbox"))
    said = nenc_lab("run", scenario(), "--backend", "netem", "--out", folder)
    assert said.code == 2
    assert f"--out: {folder} is hidden from runs on netem" in said.err
    assert not Path(folder).exists()

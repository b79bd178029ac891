"""``nenc-lab parity``: run folders end to end, scenarios as far as the batch, and bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nenc_lab.parity import batch
from nenc_lab.parity.batch import Network, on_virtual


@pytest.fixture
def folders(nenc_lab, scenario, tmp_path) -> dict[str, Path]:
    """Run folders of one scenario: twice the same, and with half of the rate."""
    made = {}
    for name, words in {"one": [], "same": [], "half": ["--set", "path.forward.rate=10Mbps"]}.items():
        made[name] = tmp_path / name
        said = nenc_lab("run", scenario(), *words, "--repeat", 2, "--no-plot", "--out", made[name])
        assert said.code == 0, said.err
    return made


def test_folders_that_are_alike_agree(nenc_lab, folders, tmp_path):
    out = tmp_path / "parity"
    said = nenc_lab("parity", "--from", folders["one"], "--against", folders["same"], "--out", out)
    assert said.code == 0, said.err
    (folder,) = out.iterdir()
    lines = said.out.splitlines()
    assert lines[0] == "short: one against same: agrees: all 6 pairs are within tolerance"
    assert lines[-2:] == [f"report: {folder / 'parity.md'}", f"figure: {folder / 'parity.png'}"]
    assert (folder / "parity.svg").exists()
    assert said.err == ""


def test_a_miss_is_exit_code_1_and_explained(nenc_lab, folders, tmp_path):
    notes = tmp_path / "known.yaml"
    notes.write_text("version: 1\nnotes: [{scenario: short, figure: goodput, text: it has half of the rate}]\n")
    words = ["--from", folders["one"], "--against", f"{folders['half']}/*", "--notes", notes, "--no-plot"]
    said = nenc_lab("parity", *words, "--out", tmp_path / "parity")
    assert said.code == 1
    for text in ("MISSES", "video: goodput misses: one ", "  noted: it has half of the rate", "path.forward.rate"):
        assert text in said.out, said.out
    # a tolerance that lets everything pass turns the verdict
    wide = [f"--tolerance={key}" for key in ("goodput=50Mbps", "utilisation=100%", "queue_delay_p50=10s")]
    wide += [f"--tolerance={key}" for key in ("queue_delay_p95=10s", "loss=100%", "settling=100s")]
    said = nenc_lab("parity", *words, *wide, "--out", tmp_path / "parity", "--json")
    assert said.err == ""
    (line,) = said.out.splitlines()
    report = json.loads(line)
    assert (said.code, report["verdict"] == "misses") == (0, False)
    assert report["scenario"] == "short"
    assert report["figure"] is None
    assert list(report["sides"]) == ["one", "half"]
    goodput = report["flows"]["video"]["pairs"][0]
    assert goodput["allowed"] == 50.0
    assert goodput["notes"] == ["it has half of the rate"]
    assert report["flows"]["video"]["rate_distance"]["mean_mbps"] > 3


def test_scenarios_run_on_both_networks(nenc_lab, scenario, tmp_path, monkeypatch):
    """The real one is played by the virtual one: what is under test is the command."""
    monkeypatch.setattr(batch.execute, "__defaults__", ((batch.VIRTUAL, Network("netem", on_virtual)),))
    file = scenario(duration="3s")
    (tmp_path / "_parity.yaml").write_text("version: 1\nnotes: [{scenario: short, figure: loss, text: never mind}]\n")
    said = nenc_lab("parity", file, "--seed", 5, "--repeat", 2, "--no-plot", "--out", tmp_path / "parity", "--json")
    assert said.code == 0, said.err
    report = json.loads(said.out)
    assert report["verdict"] == "agrees"
    assert [[run["seed"] for run in side] for side in report["sides"].values()] == [[5, 6], [5, 6]]
    assert all(Path(run["folder"]).parent.name == name for name, side in report["sides"].items() for run in side)
    assert "never mind" in (Path(report["folder"]) / "parity.md").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "name a scenario"),
        (["--from", "a"], "go together"),
        (["step", "--from", "a", "--against", "b"], "quotes"),
        (["--from", "a", "--against", "b", "--seed", "0"], "for runs to be made"),
        (["--from", "absent", "--against", "b"], "--from absent: no run folder there"),
        (["step", "--tolerance", "godput=1%"], "'godput' is no figure"),
        (["step", "--notes", "absent.yaml"], "absent.yaml: no such file"),
        (["step", "--repeat", "0"], "--repeat"),
    ],
)
def test_bad_input_is_named_before_anything_is_written(nenc_lab, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    said = nenc_lab("parity", *words)
    assert said.code == 2
    assert message in said.err
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


def test_what_netem_cannot_do_is_said_before_the_first_run(nenc_lab, scenario, tmp_path):
    out = tmp_path / "parity"
    said = nenc_lab("parity", scenario(), "--set", "path.forward.rate=1kbps", "--out", out)
    assert said.code == 2
    assert "path.forward.link: a rate of 1000 bit/s" in said.err
    assert not out.exists()

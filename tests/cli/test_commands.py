"""The commands around a run: validate, schema, plot, import-trace, doctor, bench, test."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nenc_lab import doctor
from nenc_lab.bench.lean_simpy import CAPACITY_BPS, RATE_BPS, WIRE_BYTES, lean_simpy

ROOT = Path(__file__).resolve().parents[2]


def test_validate_says_what_is_wrong_with_each_file(nenc_lab, scenario):
    good, bad = scenario("good.yaml"), scenario("bad.yaml", duration="60 parsecs")
    said = nenc_lab("validate", good, bad)
    assert said.code == 2
    assert said.out == f"{good}: valid\n"
    assert said.err.startswith(f"{bad}:3:")
    assert "60 parsecs" in said.err


def test_validate_json(nenc_lab, scenario):
    good, bad = scenario("good.yaml"), scenario("bad.yaml", expect="flows.video.loss <= many")
    said = nenc_lab("validate", good, bad, "--json")
    first, second = map(json.loads, said.out.splitlines())
    assert first == {"file": str(good), "ok": True, "problems": []}
    assert second["file"] == str(bad)
    assert not second["ok"]
    assert "many" in second["problems"][0]


def test_shipped_scenarios_are_valid(nenc_lab):
    said = nenc_lab("validate", ROOT / "scenarios")
    assert said.code == 0, said.err
    assert said.out.count(": valid\n") >= 20


def test_schema_knows_a_scenario_from_a_misspelt_one(nenc_lab, scenario):
    import jsonschema
    from ruamel.yaml import YAML

    said = nenc_lab("schema")
    assert said.code == 0, said.err
    check = jsonschema.Draft202012Validator(json.loads(said.out))
    data = YAML(typ="safe", pure=True).load(scenario())
    assert list(check.iter_errors(data)) == []
    data["flows"][0]["contoller"] = data["flows"][0].pop("controller")
    assert list(check.iter_errors(data))


def test_plot_needs_only_the_folder(nenc_lab, scenario, tmp_path):
    folder = Path(json.loads(nenc_lab("run", scenario(), "--json", "--out", tmp_path / "runs").out)["folder"])
    drawn = (folder / "convergence.png").read_bytes()
    moved = shutil.move(folder, tmp_path / "elsewhere")
    (moved / "convergence.png").unlink()
    said = nenc_lab("plot", moved, "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out) == {"folder": str(moved), "png": str(moved / "convergence.png"), "svg": None}
    assert (moved / "convergence.png").read_bytes() == drawn
    assert not (moved / "convergence.svg").exists()


def test_plot_draws_an_svg_when_asked(nenc_lab, scenario, tmp_path):
    folder = Path(json.loads(nenc_lab("run", scenario(), "--json", "--out", tmp_path).out)["folder"])
    said = nenc_lab("plot", folder, "--svg")
    assert (said.code, said.out.splitlines()) == (0, [str(folder / f"convergence.{kind}") for kind in ("png", "svg")])
    assert "</svg>" in (folder / "convergence.svg").read_text()


def test_plot_of_what_is_no_run_is_bad_input(nenc_lab, tmp_path):
    said = nenc_lab("plot", tmp_path)
    assert said.code == 2
    assert str(tmp_path) in said.err


def test_traces_go_there_and_back(nenc_lab, tmp_path):
    source = tmp_path / "steady.up"
    source.write_text("".join(f"{ms}\n" for ms in range(1, 2001)))  # an opportunity of 1504 B each ms: 12.032 Mbit/s
    said = nenc_lab("import-trace", source, tmp_path / "steady.csv", "--bin", "500ms", "--json")
    assert said.code == 0, said.err
    made = json.loads(said.out)
    assert made["length_s"] == 2
    assert made["mean_bps"] == made["min_bps"] == made["max_bps"] == pytest.approx(12.032e6)
    assert (tmp_path / "steady.csv").read_text().splitlines()[:2] == ["t_s,rate_bps", "0.000000000,12032000"]
    said = nenc_lab("import-trace", tmp_path / "steady.csv", tmp_path / "back.up")
    assert said.code == 0, said.err
    assert "mean 12.03" in said.out
    assert (tmp_path / "back.up").read_text() == source.read_text()


def test_a_trace_with_text_in_it_names_the_line(nenc_lab, tmp_path):
    source = tmp_path / "bad.up"
    source.write_text("1\n2\nthree\n")
    said = nenc_lab("import-trace", source, tmp_path / "out.csv")
    assert said.code == 2
    assert f"{source}:3:" in said.err
    assert "three" in said.err
    assert not (tmp_path / "out.csv").exists()


def test_doctor_names_a_state_and_a_remedy_for_what_is_missing(nenc_lab):
    said = nenc_lab("doctor", "--json")
    assert said.code == 0, said.err
    report = json.loads(said.out)
    assert list(report) == list(doctor.CHECKS)
    for name, line in report.items():
        assert line["state"] in (doctor.OK, doctor.LIMITED, doctor.MISSING)
        assert line["detail"], name
        assert (line["state"] == doctor.OK) or line["remedy"], name
    assert report["c core"]["state"] == doctor.OK
    assert report["python"]["detail"].startswith(sys.version.split()[0])


def test_doctor_says_when_the_named_kernels_do_not_exist(nenc_lab, monkeypatch):
    monkeypatch.setenv("NENC_CPU", "avx512")
    report = json.loads(nenc_lab("doctor", "--json").out)
    assert report["simd"]["state"] == doctor.LIMITED
    assert "NENC_CPU=avx512" in report["simd"]["detail"]
    assert "avx2" in report["simd"]["remedy"]


def test_doctor_survives_what_it_cannot_examine(monkeypatch):
    def broken() -> doctor.Finding:
        raise OSError("no such luck")

    monkeypatch.setattr(doctor, "CHECKS", {"driver": broken})
    (finding,) = doctor.examine()
    assert finding.state == doctor.MISSING
    assert "no such luck" in finding.detail


def test_bench_sim_prints_the_contract_keys(nenc_lab):
    said = nenc_lab("bench", "sim", "--repeats", 1, "--json")
    assert said.code == 0, said.err
    figures = json.loads(said.out)
    assert list(figures) == ["sim.speed", "sim.packets_per_s", "sim.vs_lean_simpy"]
    # 50 Mbit/s of media in packets of 1188 bytes are 5261 packets a second; the model encoder's noise is a few percent
    assert figures["sim.packets_per_s"] / figures["sim.speed"] == pytest.approx(50e6 / 8 / 1188, rel=0.1)
    assert figures["sim.vs_lean_simpy"] > 1


def test_bench_of_an_unknown_group_is_bad_input(nenc_lab):
    said = nenc_lab("bench", "simm")
    assert said.code == 2
    assert "sim" in said.err


def test_the_reference_of_the_bench_is_an_honest_network():
    lean = lean_simpy(2.0)
    packets = RATE_BPS / 8 / 1188 * 2
    assert lean.sent == pytest.approx(packets, rel=0.02)
    assert lean.dropped == 0
    assert lean.sent - 0.1 * packets < lean.received <= lean.sent
    assert lean.reports == 39  # every 50 ms but the last, which the end of the run comes before
    # a frame's packets wait for those before them: on average half of what the frame takes
    frame_s = RATE_BPS / 60 / 8 / 1188 * WIRE_BYTES * 8 / CAPACITY_BPS
    assert lean.wait_s / lean.sent == pytest.approx(frame_s / 2, rel=0.05)


def test_test_hands_its_arguments_to_pytest(command, tmp_path):
    words = [*command, "test", "--collect-only", "-q", "tests/cli/test_report.py", "-k", "killed"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "test_a_killed_run_has_no_rows" in done.stdout
    assert "test_observed" not in done.stdout

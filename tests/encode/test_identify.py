"""Identification: exact on made-up answers, sensible on real encoders, and its profile is a scenario's."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from nenc_lab.analysis.identification import Phase, key_ratio, size_scale, step_response, transient_frames
from nenc_lab.api import load
from nenc_lab.cli import main
from nenc_lab.encode.camera import Camera
from nenc_lab.encode.settings import EncoderSettings
from nenc_lab.identify import identify
from nenc_lab.programs import module

FPS = 30.0


def phase(target_bps: float, bits: np.ndarray, keys: tuple[int, ...] = ()) -> Phase:
    key = np.zeros(len(bits), dtype=np.bool_)
    key[list(keys)] = True
    return Phase(target_bps, FPS, bits.astype(np.float64), key)


@pytest.mark.parametrize("dead", [0, 3, 12])
@pytest.mark.parametrize("tau", [0.5, 4.0, 20.0])
def test_a_first_order_answer_is_found_as_it_was_made(dead: int, tau: float) -> None:
    n = np.arange(240)
    answer = np.where(n >= dead, 1 - np.exp(-(n + 1 - dead) / tau), 0)
    before, after = phase(3e5, np.full(240, 1e4)), phase(9e5, 1e4 + 2e4 * answer)
    found = step_response(before, after)
    assert found is not None
    assert found.dead_s * FPS == pytest.approx(dead, abs=0.01)
    assert found.tau_s * FPS == pytest.approx(tau, rel=0.02, abs=0.05)
    assert found.overshoot == pytest.approx(0, abs=0.01)
    assert found.error == pytest.approx(0, abs=0.01)


def test_overshoot_and_error_are_those_of_the_answer() -> None:
    bits = np.full(240, 33_000.0)
    bits[30:60] *= 1.25
    found = step_response(phase(3e5, np.full(240, 1e4)), phase(9e5, bits))
    assert found is not None
    assert found.error == pytest.approx(0.1)
    assert found.overshoot == pytest.approx(0.25 * 33 / 23, rel=0.01)


def test_an_output_that_does_not_move_has_no_answer() -> None:
    assert step_response(phase(3e5, np.full(100, 1e4)), phase(9e5, np.full(100, 1e4))) is None


def test_a_key_frame_and_what_it_costs_those_behind_it() -> None:
    bits = np.full(240, 1e4)
    bits[100] = 5e4
    bits[101:109] = 5e3  # 8 frames of half a mean pay back 4 means
    phases = [phase(3e5, bits, keys=(100,))]
    assert key_ratio(phases) == pytest.approx(5.0)
    assert transient_frames(phases) == 9
    assert key_ratio([phase(3e5, np.full(100, 1e4), keys=(0,))]) is None  # the stream's first frame does not count


def test_the_spread_is_the_laplacians_scale() -> None:
    rng = np.random.default_rng(1)
    bits = 1e4 * (1 + rng.laplace(scale=0.15, size=20_000))
    assert size_scale([phase(3e5, bits)]) == pytest.approx(0.15, rel=0.03)


@pytest.mark.parametrize("kind", ["x264", "vaapi"])
def test_a_real_encoder_gives_a_profile_that_a_scenario_takes(tmp_path: Path, kind: str) -> None:
    if module("nenc-x264.so") is None or (kind == "vaapi" and module("nenc_drv_video.so") is None):
        pytest.skip(f"NOT CHECKED: this build has no {kind}")
    words = ["identify", "encoder", kind, "--resolution", "360p", "--seconds", "3", "--out", str(tmp_path), "--json"]
    words += ["--device", "driver:nenc"] if kind == "vaapi" else []
    assert main(words) == 0
    figures = json.loads((tmp_path / "identify.json").read_text())
    (drive,) = figures["drives"]
    assert len(drive["steps"]) == 5
    assert all(abs(step["error"]) < 0.2 for step in drive["steps"])
    assert all(0 <= step["dead_s"] + step["tau_s"] < 2 for step in drive["steps"])
    assert 1.5 < drive["key_ratio"] < 10
    assert figures["about"]["encoder"]
    assert {path.name for path in tmp_path.iterdir()} >= {"profile.yaml", "frames.parquet", "step.png", "step.svg"}
    fitted = load("step", overrides=[f"flows.video.encoder.profile={tmp_path / 'profile.yaml'}"])
    assert fitted.flows[0].encoder.key_ratio == pytest.approx(figures["profile"]["key_ratio"])


def test_the_model_answers_as_its_profile_says() -> None:
    """A lag of 300 ms is found again in the model's own frames, and no step sets off a burst."""
    still = {"size_scale": 0.0, "interval_scale": 0.0}
    made = Camera(EncoderSettings("model", {"fps": FPS, "reaction_ns": 0, "lag_ns": 300_000_000, **still}, seed=1))
    phases = []
    now = 0
    for rate in (1e6, 3e6, 1e6):
        bits = np.empty(180)
        for n in range(180):
            frame = made.encode(now, rate, FPS, 2160, 25.0)
            bits[n] = 8 * frame.bytes
            now += frame.interval_ns
        phases.append(phase(rate, bits))
    for before, after in pairwise(phases):
        found = step_response(before, after)
        assert found is not None
        assert found.dead_s + found.tau_s == pytest.approx(0.3, abs=0.05)
        assert max(after.bits) < 1.02 * max(before.bits[-1], after.bits[-1])


def test_overshoot_is_no_maximum_of_noise() -> None:
    rng = np.random.default_rng(2)
    noisy = [phase(bps, bps / FPS * (1 + rng.laplace(scale=0.3, size=180))) for bps in (1e6, 3e6) * 20]
    found = [step_response(before, after) for before, after in pairwise(noisy)]
    assert np.median([one.overshoot for one in found if one is not None]) < 0.06


def test_a_drive_at_the_limits_is_doubtful(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if module("nenc-x264.so") is None:
        pytest.skip("NOT CHECKED: this build has no x264")
    words = ["identify", "encoder", "x264", "--resolution", "360p", "--seconds", "3", "--complexity", "0"]
    assert main([*words, "--out", str(tmp_path)]) == 0
    assert "at a limit of the quantiser" in capsys.readouterr().err
    assert "# doubtful" in (tmp_path / "profile.yaml").read_text()


def test_an_unknown_size_and_a_missing_encoder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["identify", "encoder", "x264", "--resolution", "4k"]) == 2
    assert "'4k' is not a resolution" in capsys.readouterr().err
    assert main(["identify", "encoder", "model"]) == 2
    assert "model" in capsys.readouterr().err


def test_progress_is_told_by_drive() -> None:
    if module("nenc-x264.so") is None:
        pytest.skip("NOT CHECKED: this build has no x264")
    told: list[tuple[int, int]] = []
    identify("x264", resolutions=["360p"], modes=["cbr", "vbr"], phase_s=1.0, progress=lambda *at: told.append(at))
    assert [drive for drive, _ in told] == [0] * 6 + [1] * 6
    assert told[5][1] == pytest.approx(6e9, rel=0.01)

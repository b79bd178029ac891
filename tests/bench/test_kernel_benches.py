"""``bench core`` and ``bench quality``: the keys of the contract, and what happens where a peer is missing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from nenc_lab.bench import core, ffmpeg_ssim, measure, quality
from nenc_lab.errors import InternalError
from nenc_lab.programs import program


def measured(group: str) -> dict[str, float]:
    words = [sys.executable, "-P", "-m", "nenc_lab", "bench", group, "--repeats", "1", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    figures = json.loads(line)
    left_out = {word.rstrip(",") for word in done.stderr.split() if word.startswith(f"{group}.")}
    assert not left_out & set(figures)
    assert all(value > 0 for value in figures.values())
    return {**dict.fromkeys(left_out, float("nan")), **figures}


def test_core_prints_the_contract_keys() -> None:
    figures = measured("core")
    assert set(figures) == set(core.MEANINGS)
    assert figures["core.tick_us_per_frame"] == pytest.approx(figures["core.tick_ns"] / 1000, rel=1e-4)


@pytest.mark.slow
def test_quality_prints_the_contract_keys() -> None:
    figures = measured("quality")
    assert set(figures) == {*quality.KERNELS, *quality.X264, "quality.ssim_4k_vs_ffmpeg"}
    for size in ("4k", "8k"):
        # nothing reads faster than reading; a quarter more is the noise of a machine that does other things
        assert 0.1 < figures[f"quality.psnr_{size}_vs_bandwidth"] < 1.25


def test_a_peer_that_is_missing_is_said_and_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    lonely = tmp_path / "check_kernels"
    shutil.copy2(program("check_kernels"), lonely)
    monkeypatch.setattr(quality, "program", lambda name: lonely)
    monkeypatch.setattr(ffmpeg_ssim, "FFMPEG", None)
    monkeypatch.setattr(quality, "figures", lambda *words: [])
    said: list[str] = []
    assert measure(["quality"], 1, said.append) == []
    assert [text.split()[0].rstrip(",") for text in said] == ["quality.ssim_4k_vs_ffmpeg", "quality.ssim_4k_vs_x264"]
    assert "apt-get install ffmpeg" in said[0]


def test_programs_of_the_package_are_found_and_run() -> None:
    done = subprocess.run([program("check_kernels"), "--list"], capture_output=True, text=True, check=True)
    assert {"window", "pid", "tick", "sse", "ssim"} <= set(done.stdout.split())


def test_a_program_that_is_not_there_is_a_broken_build() -> None:
    with pytest.raises(InternalError, match="check_nothing"):
        program("check_nothing")

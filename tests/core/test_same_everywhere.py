"""One whole recorded scenario decides alike, bit for bit, on plain C, AVX2 and NEON, and inside the lab."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nenc_lab.api import run_scenario
from nenc_lab.control import core
from nenc_lab.kernels import ffi
from nenc_lab.scenario.load import load

pytestmark = pytest.mark.slow  # it builds the library once or twice

ROOT = Path(__file__).parents[2]
CROSS = ROOT / "kernels_c" / "cross" / "aarch64-linux-gnu.ini"
SCENARIOS = ("step", "starved")
"""One with every step of capacity, one that takes the law through loss, stale feedback and shedding."""


class Recorded:
    """What went into the core of one run, in replay's words, and the states that came out."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.states: list[str] = []

    def controller(self) -> type[core.CoreController]:
        record = self

        class Recording(core.CoreController):
            def __init__(self, config: Any, now_ns: int) -> None:
                super().__init__(config, now_ns)
                # Checking the scenario made a controller as well: the newest counts.
                record.states = []
                record.lines = [f"knob {k['name']} {getattr(config, k['name']).hex()}" for k in core.knobs()]
                record.lines.append(f"create {config.law} {config.tick_ns} {now_ns}")

            def feedback(self, sample: Any) -> None:
                floats = (sample.rtt_ms, sample.loss, sample.owd_ms, sample.ecn, sample.bytes_in_flight)
                words = " ".join(value.hex() for value in floats)
                record.lines.append(f"sample {sample.time_ns} {sample.throughput_kbps} {words}")
                super().feedback(sample)

            def tick(self, now_ns: int, state: Any) -> None:
                super().tick(now_ns, state)
                record.lines.append(f"tick {now_ns}")
                record.states.append(bytes(ffi.buffer(state, ffi.sizeof("nenc_state"))).hex())

        return Recording


@pytest.fixture(scope="module", params=SCENARIOS)
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    record = Recorded()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core, "CoreController", record.controller())
        run_scenario(load(request.param), out=tmp_path_factory.mktemp("recorded"), argv=["test"], plot=False)
    assert len(record.states) >= 60 * 60
    return record


def build(folder: Path, *options: str) -> Path:
    """The program `replay` of a build of its own."""
    meson = [sys.executable, "-m", "mesonbuild.mesonmain"]
    setup = [*meson, "setup", str(folder), str(ROOT), "-Dpython=false", "-Dbuildtype=release", *options]
    bin_folder = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    for command in (setup, [*meson, "compile", "-C", str(folder), "replay"]):
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "kernels_c" / "tests" / "replay"


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("native") / "build")


@pytest.fixture(scope="module")
def arm(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    missing = [tool for tool in ("aarch64-linux-gnu-gcc", "qemu-aarch64") if not shutil.which(tool)]
    if missing:
        packages = "gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"
        pytest.skip(f"NOT CHECKED: there is no {' and no '.join(missing)} (apt-get install {packages})")
    program = build(tmp_path_factory.mktemp("arm") / "build", "--cross-file", str(CROSS))
    return ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu", str(program)]


def replayed(command: list[str], record: Recorded, cpu: str) -> tuple[str, list[str]]:
    """The name of the kernels that ran and every state, for ``NENC_CPU=cpu``."""
    done = subprocess.run(
        command,
        input="\n".join(record.lines) + "\n",
        capture_output=True,
        text=True,
        env={**os.environ, "NENC_CPU": cpu},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    name, *states = done.stdout.split()
    return name, states


@pytest.mark.parametrize("cpu", ["c", "avx2"])
def test_x86_decides_as_the_lab_did(recorded: Recorded, native: Path, cpu: str) -> None:
    name, states = replayed([str(native)], recorded, cpu)
    if name != cpu:
        pytest.skip(f"this processor has no {cpu}: it runs {name}")
    assert states == recorded.states


@pytest.mark.parametrize("cpu", ["c", "neon"])
def test_arm_decides_as_the_lab_did(recorded: Recorded, arm: list[str], cpu: str) -> None:
    name, states = replayed(arm, recorded, cpu)
    assert name == cpu
    assert states == recorded.states


def test_a_difference_would_be_seen(recorded: Recorded, native: Path) -> None:
    other = Recorded()
    other.lines = [f"knob kp {(0.2501).hex()}" if line.startswith("knob kp ") else line for line in recorded.lines]
    _, states = replayed([str(native)], other, "c")
    assert states != recorded.states

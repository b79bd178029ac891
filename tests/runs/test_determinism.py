"""The same scenario and seed leaves the same bytes: twice here, in two processes, and not with another seed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from lab_runs import flow, run

EVERYTHING = {
    "duration": "12s",
    "path": {
        "forward": {
            "hops": [
                {
                    "name": "radio",
                    "rate": "40Mbps",
                    "delay": "5ms",
                    "loss": {"kind": "gilbert-elliott", "p": "1%", "r": "30%"},
                },
                {
                    "name": "core",
                    "rate": "60Mbps",
                    "delay": "10ms",
                    "jitter": {"kind": "ordered", "std": "2ms"},
                    "duplicate": "1%",
                    "ecn": "5ms",
                },
            ]
        },
        "reverse": {"rate": "5Mbps", "delay": "15ms", "loss": "1%", "jitter": {"kind": "reorder", "std": "3ms"}},
    },
    "timeline": [
        {"at": "3s", "forward": {"hop": "radio", "rate": "20Mbps"}},
        {"at": "6s", "forward": {"hop": "radio", "rate": "80Mbps"}, "ramp": {"over": "2s"}},
        {"at": "9s", "reverse": {"delay": "60ms"}},
    ],
    "cross_traffic": [
        {"name": "burst", "kind": "cbr", "rate": "5Mbps", "start": "2s", "stop": "8s"},
        {
            "name": "web",
            "kind": "onoff",
            "rate": "10Mbps",
            "start": "1s",
            "on": "200ms",
            "off": "700ms",
            "distribution": "exponential",
        },
    ],
    "flows": [flow("one", 5, "nenc", ecn=True), flow("two", 5, "classic", start="4s")],
    "faults": [{"at": "5s", "flow": "one", "kind": "gpu_failure", "lasts": "2s"}],
}
TABLES = ("ticks", "frames", "path", "delays", "packets", "events")


def digests(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / f"{name}.parquet").read_bytes()).hexdigest() for name in TABLES}


def test_twice_in_one_process(tmp_path: Path) -> None:
    one, other = (run(tmp_path, packets=True, **EVERYTHING) for _ in range(2))
    assert one.folder != other.folder
    assert digests(one.folder) == digests(other.folder)
    assert one.summary["flows"] == other.summary["flows"]


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    one, other = (run(tmp_path, packets=True, **EVERYTHING, seed=seed) for seed in (1, 2))
    first, second = digests(one.folder), digests(other.folder)
    assert all(first[name] != second[name] for name in TABLES if name != "events")
    assert first["events"] == second["events"]


def test_not_recording_packets_changes_nothing(tmp_path: Path) -> None:
    with_packets, without = (run(tmp_path, packets=packets, **EVERYTHING) for packets in (True, False))
    for name in TABLES:
        if name != "packets":
            file = f"{name}.parquet"
            assert (with_packets.folder / file).read_bytes() == (without.folder / file).read_bytes()
    assert not (without.folder / "packets.parquet").exists()


@pytest.mark.parametrize("target", ["step", pytest.param("burst-loss", marks=pytest.mark.slow)])
def test_command_with_two_jobs(tmp_path: Path, target: str) -> None:
    """`run --repeat 2` one after the other, and on two processes: the same bytes, seed by seed."""
    by_jobs = []
    for jobs in (1, 2):
        out = tmp_path / str(jobs)
        options = [
            "--repeat",
            "2",
            "--jobs",
            str(jobs),
            "--no-plot",
            "--packets",
            "--set",
            "duration=45s",
            "--out",
            str(out),
        ]
        done = subprocess.run(
            [sys.executable, "-m", "nenc_lab", "run", target, *options], capture_output=True, text=True
        )
        assert done.returncode in (0, 1), done.stderr  # whether it meets its expectations is not the question
        by_jobs.append({folder.name: digests(folder) for folder in sorted(out.iterdir())})
    assert len(by_jobs[0]) == 2
    assert by_jobs[0] == by_jobs[1]
    seeds = list(by_jobs[0].values())
    assert seeds[0]["frames"] != seeds[1]["frames"]

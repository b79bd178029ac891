"""Golden series of the virtual network, in whole milliseconds and kilobits, with controllers that do not control.

A difference says that the network or the encoder model delivers something else than it did. When that is meant, renew
them and read the difference before committing it:

    NENC_LAB_RENEW=1 python -m pytest tests/runs/test_golden.py && git diff tests/runs/golden
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lab_runs import columns, flow, run

from nenc_lab.recording.open import Run

GOLDEN = Path(__file__).parent / "golden"
EVERY_S = 0.25

CASES: dict[str, dict[str, Any]] = {
    "steps": {
        "timeline": [
            {"at": "2s", "forward": {"rate": "15Mbps"}},
            {"at": "4s", "forward": {"rate": "100Mbps", "delay": "50ms"}},
            {"at": "5s", "forward": {"rate": "0bps"}},
            {"at": "5500ms", "forward": {"rate": "40Mbps"}},
            {"at": "7s", "forward": {"rate": "10Mbps"}, "ramp": {"over": "2s"}},
        ],
    },
    "radio": {
        "path": {
            "forward": {
                "rate": "30Mbps",
                "delay": "20ms",
                "loss": {"kind": "gilbert-elliott", "p": "1%", "r": "30%"},
                "jitter": {"kind": "ordered", "std": "5ms"},
                "duplicate": "1%",
            },
            "reverse": {"delay": "20ms", "loss": "5%", "jitter": {"kind": "reorder", "std": "5ms"}},
        },
        "timeline": [{"at": "5s", "forward": {"loss": "10%"}}],
    },
    "crowded": {
        "path": {
            "forward": {
                "hops": [
                    {"name": "near", "rate": "40Mbps", "delay": "5ms", "queue": {"kind": "droptail", "size": "100kB"}},
                    {
                        "name": "far",
                        "rate": "35Mbps",
                        "delay": "15ms",
                        "queue": {"kind": "droptail", "size": "60packets"},
                    },
                ]
            },
            "reverse": {"rate": "500kbps", "delay": "20ms"},
        },
        "flows": [flow("one", 20), flow("two", 12, start="3s", stop="8s", hops={"forward": ["far"]})],
        "cross_traffic": [
            {"name": "steady", "kind": "cbr", "rate": "8Mbps", "start": "1s", "stop": "6s"},
            {
                "name": "web",
                "kind": "onoff",
                "rate": "15Mbps",
                "start": "4s",
                "on": "300ms",
                "off": "500ms",
                "hops": ["far"],
            },
        ],
    },
    "encoder": {
        "flows": [
            flow("model", 10),
            flow("null", 10, encoder={"kind": "null"}),
            flow("slow", 10, encoder={"fps": 24, "resolution": "1080p", "key_interval": "2s"}),
        ],
        "path": {"forward": {"rate": "200Mbps", "delay": "10ms"}, "reverse": {"delay": "10ms"}},
        "faults": [
            {"at": "3s", "flow": "model", "kind": "gpu_failure", "lasts": "2s"},
            {"at": "6s", "flow": "model", "kind": "key_frame"},
            {"at": "7s", "flow": "model", "kind": "feedback_stop", "lasts": "1s"},
            {"at": "8s", "flow": "slow", "kind": "rung_switch", "resolution": "2160p"},
        ],
    },
}


def series(done: Run) -> str:
    """One line per flow and quarter of a second, one per hop and second."""
    lines = ["flow t_ms sent_kbit received_kbit lost_packets queue_ms rtt_ms backlog_B"]
    scenario = done.info["scenario"]
    for name in (spec["name"] for spec in scenario["flows"]):
        ticks = columns(done, "ticks", flow=name)
        marks = np.arange(EVERY_S, 10.0 + EVERY_S / 2, EVERY_S)
        rows = np.unique(np.searchsorted(ticks["t_s"], marks, side="right") - 1)
        for before, row in pairwise(rows):
            sent, received, lost = (
                ticks[key][row] - ticks[key][before] for key in ("sent_bytes", "received_bytes", "lost_packets")
            )
            rtt = "-" if np.isnan(ticks["rtt_ms"][row]) else f"{ticks['rtt_ms'][row]:.0f}"
            lines.append(
                f"{name} {ticks['t_s'][row] * 1e3:.0f} {sent * 8e-3:.0f} {received * 8e-3:.0f} {lost} "
                f"{ticks['queue_delay_ms'][row]:.0f} {rtt} {ticks['backlog_bytes'][row]}"
            )
    lines.append("hop t_ms capacity_kbit packets dropped lost duplicated queue_B")
    frame = done.frame("path")
    for hop in frame["hop"].unique(maintain_order=True).to_list():
        path = columns(done, "path", hop=hop)
        for second in range(10):
            rows = slice(100 * second, 100 * second + 100)
            kbit = path["capacity_bps"][rows].sum() * 1e-5
            packets, dropped, lost, copied = (
                path[key][rows].sum() for key in ("packets", "drops_queue", "drops_loss", "duplicated")
            )
            lines.append(
                f"{hop} {1000 * (second + 1)} {'-' if np.isinf(kbit) else f'{kbit:.0f}'} "
                f"{packets} {dropped} {lost} {copied} {path['queue_bytes'][rows][-1]}"
            )
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", CASES)
def test_series(case: str, tmp_path: Path) -> None:
    made = series(run(tmp_path, **CASES[case]))
    file = GOLDEN / f"{case}.txt"
    if os.environ.get("NENC_LAB_RENEW"):
        file.write_text(made)
    assert made.splitlines() == file.read_text().splitlines()


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(CASES)

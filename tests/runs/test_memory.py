"""Memory of a long run: tables are streamed out, so an hour fits into 300 MB.

Measured (one flow of 50 Mbit/s, summary included): 233 to 260 MB; four flows: 264 MB.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PEAK_OF_A_RUN = r"""
import re, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from lab_runs import flow, run
run(Path(sys.argv[2]), duration=sys.argv[3], flows=[flow("video", 30, "nenc")])
# not ru_maxrss, which starts from the parent's
print(int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024)
"""


def peak_mb(out: Path, duration: str) -> float:
    child = [sys.executable, "-c", PEAK_OF_A_RUN, str(Path(__file__).parent), str(out), duration]
    return float(subprocess.run(child, capture_output=True, text=True, check=True).stdout)


@pytest.mark.slow
def test_an_hour_fits_and_little_of_it_grows(tmp_path: Path) -> None:
    short, long = peak_mb(tmp_path, "20min"), peak_mb(tmp_path, "60min")
    assert long < 300
    assert (long - short) / 40 < 2.5  # MB a minute

"""What the lab tells `nenc cross` of a source is what that takes."""

from __future__ import annotations

import json
import subprocess
import time

import pytest
from paths import cross

from nenc_lab.programs import program
from nenc_lab.real.live import argv

HALF_S = 500_000_000
KINDS = {
    "cbr": {},
    "onoff": {"on_ns": 30_000_000, "off_ns": 20_000_000},
    "onoff-exponential": {"on_ns": 30_000_000, "off_ns": 20_000_000},
    "tcp-reno": {"streams": 3},
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_runs_as_it_is_told(kind):
    tcp = kind.startswith("tcp-")
    setting = cross(0.0 if tcp else 8e6, kind=kind, wire_bytes=142, stop_ns=HALF_S, **KINDS[kind])
    sink = subprocess.Popen(
        [program("nenc"), "sink", "--listen", "127.0.0.1:0", "--kind", "tcp" if tcp else "udp", "--announce"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert sink.stdout is not None
    host, _, port = json.loads(sink.stdout.readline())["listening"].rpartition(":")
    words = argv.cross(setting, to=host, port=int(port), netns_fd=-1, origin_ns=time.monotonic_ns(), seed=7, number=5)
    at = words.index("--netns")
    done = subprocess.run([*words[:at], *words[at + 2 :]], capture_output=True, text=True, check=False, timeout=20)
    sink.terminate()
    sink.communicate()
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["stream"] == 5
    assert told["packets"] > 0
    assert told["wire_bytes"] / told["packets"] == pytest.approx(142, abs=12 if tcp else 0)
    assert told.get("streams", 0) == setting.streams

"""`nenc cross` and `nenc sink`: real packets and connections over loopback, real processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paths import SECOND_NS, cross, flow, link, network

from nenc_lab.programs import program

ONOFF = ["--kind", "onoff-exponential", "--rate", "20Mbps", "--on", "150ms", "--off", "100ms"]


def nenc(*words: str, **how: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("nenc"), *words], capture_output=True, text=True, timeout=60, check=False, **how)


def line(text: str) -> dict[str, Any]:
    (only,) = text.splitlines()
    data: dict[str, Any] = json.loads(only)
    return data


class Sink:
    """A running `nenc sink`; ``end`` stops it and says what it counted."""

    def __init__(self, kind: str, *more: str) -> None:
        words = [program("nenc"), "sink", "--listen", "127.0.0.1:0", "--kind", kind, "--announce", *more]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.address: str = json.loads(self.process.stdout.readline())["listening"]

    def end(self) -> dict[str, Any]:
        self.process.send_signal(signal.SIGTERM)
        text, _ = self.process.communicate(timeout=10)
        assert self.process.returncode == 0
        return line(text)


@contextmanager
def sink(kind: str, *more: str) -> Iterator[Sink]:
    made = Sink(kind, *more)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.communicate()


def virtual_packets(duration_s: int, seed: int, before: int) -> int:
    """How many packets the virtual network's source of the same kind sends; ``before`` others are added ahead of it."""
    source = cross(
        20e6, kind="onoff-exponential", on_ns=150_000_000, off_ns=100_000_000, stop_ns=duration_s * SECOND_NS
    )
    others = [cross(1e6, stop_ns=0)] * before
    net = network([link(1e9, 0.0)], [flow()], [*others, source], seed=seed)
    net.cut_delays((duration_s + 1) * SECOND_NS)
    rows = net.take("path")
    net.close()
    return int(rows["packets"].sum())  # all that crossed the only link


def test_a_constant_rate_is_kept_within_one_per_cent():
    with sink("udp") as receiver:
        done = nenc("cross", "--to", receiver.address, "--kind", "cbr", "--rate", "40Mbps", "--duration", "3s")
        sent, received = line(done.stdout), receiver.end()
    assert done.returncode == 0, done.stderr
    assert sent["wire_bytes"] * 8 == pytest.approx(40e6 * 3, rel=0.01)
    assert sent["wire_bytes"] == sent["packets"] * 1242 == sent["bytes"] + 42 * sent["packets"]
    assert (sent["until_ns"] - sent["from_ns"]) == pytest.approx(3e9, rel=0.01)
    assert sent["wake_ups"] < 3200, "packets go in batches, about a millisecond of them in one call"
    assert received["packets"] == received["expected"] == sent["packets"]
    assert received["wire_bytes"] == sent["wire_bytes"]
    assert received["foreign"] == 0
    assert not sent["signalled"]
    assert received["signalled"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 7])
def test_on_and_off_times_are_those_of_the_virtual_network(seed):
    with sink("udp") as receiver:
        words = ["--to", receiver.address, "--duration", "5s", "--seed", str(seed), "--stream", "2"]
        sent = line(nenc("cross", *ONOFF, *words).stdout)
        received = receiver.end()
    assert sent["packets"] == received["packets"] == virtual_packets(5, seed, before=2)
    assert sent["packets"] != virtual_packets(5, seed + 1, before=2), "a test that cannot fail: the seed must matter"


def test_it_starts_and_stops_at_the_times_it_is_told():
    start = time.monotonic_ns() + 400_000_000
    with sink("udp") as receiver:
        words = ["--kind", "cbr", "--rate", "5Mbps", "--start-at", str(start), "--stop-at", str(start + SECOND_NS)]
        sent = line(nenc("cross", "--to", receiver.address, *words).stdout)
        received = receiver.end()
    assert 0 <= sent["from_ns"] - start < 50_000_000
    assert start + 0.95 * SECOND_NS < sent["until_ns"] < start + 1.05 * SECOND_NS
    assert 0 <= received["from_ns"] - sent["from_ns"] < 50_000_000
    assert sent["packets"] == pytest.approx(5e6 / 8 / 1242, abs=1)


def test_a_signal_ends_it_cleanly_with_its_line():
    for number in (signal.SIGTERM, signal.SIGINT):
        with sink("udp") as receiver:
            words = ["cross", "--to", receiver.address, "--kind", "cbr", "--rate", "10Mbps"]
            process = subprocess.Popen([program("nenc"), *words], stdout=subprocess.PIPE, text=True)
            time.sleep(0.5)
            process.send_signal(number)
            text, _ = process.communicate(timeout=5)
            received = receiver.end()
        sent = line(text)
        assert process.returncode == 0
        assert sent["signalled"]
        assert 0 < sent["packets"] == received["packets"], "also what was under way when the sink was told to end"


def test_a_signal_before_the_start_ends_it_too():
    words = ["cross", "--to", "127.0.0.1:9", "--kind", "tcp-reno", "--start-at", str(time.monotonic_ns() + 10**12)]
    process = subprocess.Popen([program("nenc"), *words], stdout=subprocess.PIPE, text=True)
    time.sleep(0.3)
    process.terminate()
    text, _ = process.communicate(timeout=5)
    assert line(text)["packets"] == 0


def test_a_rate_that_no_machine_has_does_not_keep_it_busy_beyond_its_end():
    words = ["--to", "127.0.0.1:9", "--kind", "cbr", "--rate", "100Gbps", "--wire-bytes", "60", "--duration", "500ms"]
    began_ns = time.monotonic_ns()
    sent = line(nenc("cross", *words).stdout)
    assert sent["until_ns"] - began_ns < 2 * SECOND_NS
    assert sent["packets"] > 1000


def test_nobody_listening_does_not_stop_it():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    done = nenc("cross", "--to", f"127.0.0.1:{port}", "--kind", "cbr", "--rate", "5Mbps", "--duration", "500ms")
    assert done.returncode == 0
    assert line(done.stdout)["refused"] > 0
    assert line(done.stdout)["packets"] == pytest.approx(0.5 * 5e6 / 8 / 1242, abs=1)


def test_the_sink_counts_what_is_not_ours_apart():
    with sink("udp") as receiver, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        host, port = receiver.address.split(":")
        for packet in (b"", b"hello", b"x" * 1200):
            stranger.sendto(packet, (host, int(port)))
        received = receiver.end()
    assert received["foreign"] == 3
    assert received["packets"] == received["bytes"] == received["expected"] == 0


@pytest.mark.parametrize("streams", [1, 3])
def test_tcp_takes_what_it_gets(streams):
    with sink("tcp") as receiver:
        words = ["--kind", "tcp-reno", "--duration", "1s", "--streams", str(streams)]
        done = nenc("cross", "--to", receiver.address, *words)
        sent, received = line(done.stdout), receiver.end()
    assert done.returncode == 0, done.stderr
    assert received["connections"] == sent["streams"] == streams
    assert sent["lost_streams"] == 0
    assert 1_000_000 < sent["acked"] - 8 * streams <= received["bytes"] <= sent["bytes"]
    assert sent["wire_bytes"] / sent["packets"] == pytest.approx(1242, abs=12), "segments as large as was asked"
    assert (sent["until_ns"] - sent["from_ns"]) == pytest.approx(1e9, abs=0.1e9)


def test_tcp_that_reaches_nobody_says_so():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    done = nenc("cross", "--to", f"127.0.0.1:{port}", "--kind", "tcp-reno", "--duration", "1s")
    assert done.returncode == 3
    assert f"TCP to 127.0.0.1:{port}: Connection refused" in done.stderr
    assert line(done.stdout)["lost_streams"] == 1


def test_a_congestion_control_that_is_not_there_says_what_is():
    allowed = Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control").read_text().split()
    missing = [name for name in ("reno", "cubic", "bbr") if name not in allowed]
    if not missing:
        pytest.skip(f"every user may use every kind here: {', '.join(allowed)}")
    ordinary = {"user": 65534} if os.geteuid() == 0 else {}  # root may use all that are loaded
    try:
        done = nenc("cross", "--to", "127.0.0.1:9", "--kind", f"tcp-{missing[0]}", "--duration", "1s", **ordinary)
    except PermissionError:
        pytest.skip("nobody may not run the program where it lies")
    assert done.returncode == 3
    assert f"TCP {missing[0]} is not available" in done.stderr
    assert " ".join(allowed) in done.stderr


GOOD = ["--to", "127.0.0.1:9", "--kind", "cbr", "--rate", "1Mbps", "--duration", "1s"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["cross"], "--to HOST:PORT is required"),
        (
            ["cross", "--to", "127.0.0.1", "--kind", "cbr"],
            "--to: '127.0.0.1' is not an address, such as 192.0.2.1:5004",
        ),
        (["cross", "--to", "127.0.0.1:0"], "--to: '127.0.0.1:0' is not an address"),
        (
            ["cross", "--kind", "tcp"],
            "--kind: 'tcp' is not one of cbr|onoff|onoff-exponential|tcp-reno|tcp-cubic|tcp-bbr",
        ),
        (["cross", *GOOD[:4]], "--rate is missing"),
        (["cross", "--rate", "10"], "--rate: '10' is not a rate with its unit, such as 50Mbps"),
        (["cross", "--rate", "10mbps"], "'10mbps' is not a rate"),
        (["cross", "--rate", "0Mbps"], "--rate: '0Mbps' is out of range: 1bps to 1000Gbps"),
        (["cross", "--rate", "-5Mbps"], "'-5Mbps' is not a rate"),
        (["cross", "--rate", "99999999999999Gbps"], "is not a rate"),
        (["cross", "--rate"], "--rate needs a value: RATE"),
        (["cross", "--on", "0.5ns"], "--on: '0.5ns' is not a time"),
        (["cross", "--wire-bytes", "12"], "--wire-bytes: '12' is out of range: 60 to 65549"),
        (["cross", "--wire-bytes", "1e3"], "'1e3' is not a whole number"),
        (["cross", *GOOD, "--rate=2Mbps"], "--rate is given twice"),
        (["cross", *GOOD, "--on", "1s", "--off", "1s"], "--on and --off apply only to onoff"),
        (["cross", *GOOD, "--streams", "2"], "--streams applies only to TCP"),
        (["cross", *GOOD, "--stop-at", "1"], "--stop-at and --duration exclude each other"),
        (["cross", *GOOD, "--overhead", "100", "--wire-bytes", "90"], "--overhead: it exceeds --wire-bytes"),
        (["cross", "--to", "127.0.0.1:9", "--kind", "onoff", "--rate", "1Mbps"], "--on and --off are needed"),
        (
            ["cross", "--to", "127.0.0.1:9", "--kind", "tcp-bbr", "--rate", "1Mbps"],
            "TCP sends as fast as it can; leave it out",
        ),
        (["cross", "--die-with-parent=1"], "--die-with-parent takes no value"),
        (["cross", "--durations", "1s"], "unknown option --durations; did you mean --duration?"),
        (["cross", "--qqq"], "unknown option --qqq; nenc cross --help lists them"),
        (["cross", "fast"], "'fast' is not an option"),
        (["cross", "--to", "no.such.host.invalid:9", *GOOD[2:]], "--to: cannot resolve no.such.host.invalid"),
        (["sink", "--kind", "udp"], "--listen [ADDR]:PORT is required"),
        (["sink", "--listen", "::1:9", "--kind", "udp"], "--listen: '::1:9' is not an address, such as :5004"),
        (["crass"], "there is no command crass"),
        ([], "usage: nenc COMMAND"),
    ],
)
def test_bad_input_is_exit_code_2_with_words(words, said):
    done = nenc(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_help_and_version():
    assert nenc("--version").stdout.startswith("nenc ")
    overview = nenc("--help")
    assert overview.returncode == 0
    for name in ("cross", "sink"):
        assert f"  {name} " in overview.stdout
        shown = nenc(name, "--help")
        assert (shown.returncode, shown.stderr) == (0, "")
        assert shown.stdout.startswith(f"usage: nenc {name} ")
        assert "--netns FD" in shown.stdout
    assert "wire size of a packet [1242]" in nenc("cross", "--help").stdout


def test_a_port_that_is_taken_is_the_environment():
    with sink("udp") as first:
        done = nenc("sink", "--listen", first.address, "--kind", "udp", "--until", "0")
    assert done.returncode == 3
    assert f"listening on {first.address}: Address already in use" in done.stderr


def test_a_descriptor_that_is_no_namespace():
    with open(os.devnull) as nothing:
        number = nothing.fileno()
        done = nenc("cross", *GOOD, "--netns", str(number), pass_fds=[number])
    assert done.returncode == 3
    assert f"--netns {number}: cannot enter it" in done.stderr


def test_it_works_in_the_namespace_it_is_given():
    try:
        subprocess.run(["unshare", "-rn", "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user may not make network namespaces")
    # in a new namespace lo is down: the sink, which is outside, cannot be reached from there
    script = 'unshare -n sleep 9 & sleep 0.3; "$@" --netns 3 3</proc/$!/ns/net; code=$?; kill $!; exit $code'
    with sink("tcp") as receiver:
        words = [program("nenc"), "cross", "--to", receiver.address, "--kind", "tcp-reno", "--duration", "300ms"]
        outside = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
        inside = subprocess.run(
            ["unshare", "-r", "sh", "-c", script, "sh", *words], capture_output=True, text=True, check=False, timeout=30
        )
    assert outside.returncode == 0, outside.stderr
    assert inside.returncode == 3
    assert f"TCP to {receiver.address}: Network is unreachable" in inside.stderr


def test_it_dies_with_the_process_that_started_it():
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    words = [program("nenc"), "cross", "--to", "127.0.0.1:9", "--kind", "cbr", "--rate", "1Mbps", "--die-with-parent"]
    parent = subprocess.Popen([sys.executable, "-c", script, *words], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.3)
    assert alive(child)
    parent.kill()
    parent.communicate()
    until = time.monotonic() + 5
    while alive(child) and time.monotonic() < until:
        time.sleep(0.02)
    assert not alive(child)


def alive(pid: int) -> bool:
    """It exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False

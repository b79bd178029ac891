"""`nenc send` and `nenc recv` between two sockets of this machine, with decoders and players of others."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nenc_lab.kernels import ffi
from nenc_lab.programs import module, modules_folder, program
from nenc_lab.real.live.telemetry import Telemetry

NENC = str(program("nenc"))
needs_x264 = pytest.mark.skipif(
    module("nenc-x264.so") is None, reason="NOT CHECKED: this build has no x264 (apt-get install libx264-dev)"
)
needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="NOT CHECKED: there is no ffmpeg (apt-get install ffmpeg)"
)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def send(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    folder = modules_folder()
    extra = ["--modules", str(folder)] if folder else []
    return subprocess.run(
        [NENC, "send", *words, *extra], capture_output=True, text=True, timeout=60, check=False, **more
    )  # type: ignore[call-overload,no-any-return]


@contextmanager
def receiver(port: int, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [NENC, "recv", "--listen", f"127.0.0.1:{port}", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(0.2)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> dict[str, int]:
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=10)
    assert process.returncode == 0, errors
    counted: dict[str, int] = json.loads(out)
    return counted


VIDEO = ("--encoder", "x264", "--lines", "360", "--fps", "30", "--fixed", "--duration", "3s", "--rate-min", "500kbps")
RATES = ("--rate-start", "1Mbps", "--rate-max", "3Mbps")


@needs_x264
@needs_ffmpeg
@pytest.mark.parametrize("codec", ["h264"])
def test_what_arrives_is_what_was_sent_and_it_decodes(tmp_path: Path, codec: str) -> None:
    port, out, saved = free_port(), tmp_path / "out.264", tmp_path / "saved.264"
    with receiver(port, "--out", str(out)) as process:
        done = send("--to", f"127.0.0.1:{port}", *VIDEO, *RATES, "--codec", codec, "--save", str(saved))
        assert done.returncode == 0, done.stderr
        time.sleep(0.3)
        counted = ended(process)
    told = json.loads(done.stdout)
    assert told["packets"] == counted["packets"] > 100
    assert counted["units"] == told["frames"] > 0
    assert told["frames"] + told["skipped"] >= 88  # a busy machine skips captures
    assert out.read_bytes() == saved.read_bytes()
    decoded = subprocess.run(
        ["ffmpeg", "-v", "warning", "-xerror", "-i", str(out), "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert decoded.returncode == 0
    assert decoded.stderr == ""


@needs_x264
@needs_ffmpeg
def test_a_standard_player_reads_the_sdp(tmp_path: Path) -> None:
    port, sdp = free_port(), tmp_path / "stream.sdp"
    port -= port % 2
    sending = subprocess.Popen(
        [
            *(
                NENC,
                "send",
                "--to",
                f"127.0.0.1:{port}",
                "--encoder",
                "x264",
                "--lines",
                "360",
                "--fps",
                "30",
                "--fixed",
            ),
            *("--rate-start", "1Mbps", "--rate-min", "500kbps", "--duration", "6s", "--key-interval", "1s"),
            *("--sdp", str(sdp), "--modules", str(modules_folder())),
        ],
        stdout=subprocess.PIPE,
    )
    try:
        for _ in range(100):
            if sdp.exists() and sdp.stat().st_size:
                break
            time.sleep(0.05)
        played = subprocess.run(
            [
                *("ffmpeg", "-v", "error", "-protocol_whitelist", "file,udp,rtp", "-i", str(sdp)),
                *("-frames:v", "60", "-f", "framemd5", "-"),
            ],
            capture_output=True,
            text=True,
            timeout=40,
            check=False,
        )
    finally:
        sending.kill()
        sending.communicate()
    assert played.returncode == 0, played.stderr
    frames = [line for line in played.stdout.splitlines() if not line.startswith("#")]
    assert len(frames) == 60


def test_every_packet_and_tick_is_in_the_telemetry(tmp_path: Path) -> None:
    port = free_port()
    with receiver(port, "--telemetry", str(tmp_path / "receiver")) as process:
        done = send(
            *("--to", f"127.0.0.1:{port}", "--encoder", "model", "--rate-start", "8Mbps", "--duration", "2s"),
            *("--telemetry", str(tmp_path / "sender"), "--sequence", "7"),
        )
        time.sleep(0.3)
        counted = ended(process)
    told = json.loads(done.stdout)
    sender, other = Telemetry(tmp_path / "sender"), Telemetry(tmp_path / "receiver")
    sent, captured, ticks = sender.take("sent"), sender.take("captured"), sender.take("ticks")
    arrivals, reports = other.take("arrivals"), other.take("reports")
    samples = sender.take("samples")
    assert len(sent) == told["packets"] == counted["packets"] == len(arrivals)
    assert sent["sequence"].tolist() == list(range(7, 7 + len(sent)))
    assert int(captured["packets"].sum()) == len(sent)
    assert arrivals["sequence"].tolist() == sent["sequence"].tolist()
    assert (arrivals["received_ns"] >= sent["sent_ns"] - 1_000_000).all()
    assert 110 <= len(ticks) <= 160
    assert len(samples) == told["feedback"]
    assert len(reports) == counted["reports"] >= len(samples)
    assert (samples["rtt_ms"] < 100).all()
    sender.close()
    other.close()


def test_what_is_no_packet_of_the_stream_is_counted_and_ignored(tmp_path: Path) -> None:
    port, out = free_port(), tmp_path / "telemetry"
    with (
        receiver(port, "--ssrc", "5", "--sequence", "0", "--telemetry", str(out)) as process,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
    ):
        to = ("127.0.0.1", port)
        good = [struct.pack("!BBHII", 0x80, 96, n, 90 * n, 5) + bytes(100) for n in range(20)]
        for packet in good:
            sock.sendto(packet, to)
        sock.sendto(good[3], to)  # replayed
        sock.sendto(struct.pack("!BBHII", 0x80, 96, 65535, 0, 5) + bytes(100), to)  # from before the first
        sock.sendto(b"", to)
        sock.sendto(b"\x80", to)
        sock.sendto(os.urandom(0) + b"\x40" * 40, to)  # version 1
        sock.sendto(struct.pack("!BBHII", 0x80, 96, 1, 1, 6) + bytes(10), to)  # somebody else's
        sock.sendto(bytes(3000), to)
        time.sleep(0.3)
        counted = ended(process)
    assert counted["packets"] == 20
    assert counted["duplicates"] == 1
    assert counted["late"] == 1
    assert counted["foreign"] == 1
    assert counted["malformed"] == 4
    assert out.exists()


def test_feedback_that_is_none_is_ignored() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        sending = subprocess.Popen(
            [
                *(NENC, "send", "--to", f"127.0.0.1:{sock.getsockname()[1]}", "--encoder", "model", "--duration", "1s"),
                *(
                    "--rate-start",
                    "5Mbps",
                ),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        _, sender = sock.recvfrom(2000)
        for junk in (b"", b"\x8b", bytes(8), b"\x8b\xcd\x00\xff" + bytes(20), os.urandom(300)):
            sock.sendto(junk, sender)
        out, _ = sending.communicate(timeout=20)
    counted = json.loads(out)
    assert sending.returncode == 0
    assert counted["feedback"] == 0
    assert counted["feedback_ignored"] >= 4


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--to", "127.0.0.1:5004", "--input", "/nowhere.y4m"], "nowhere.y4m"),
        (["--to", "127.0.0.1"], "--to"),
        (["--to", "127.0.0.1:5004", "--rate-min", "9Mbps", "--rate-max", "8Mbps"], "--rate-min"),
        (["--to", "127.0.0.1:5004", "--gains", "kp=much"], "kp=much"),
        (["--to", "127.0.0.1:5004", "--knobs", "speed=3"], "speed"),
        (["--to", "127.0.0.1:5004", "--controller", "socket"], "--control"),
        (["--to", "127.0.0.1:5004", "--encoder", "model", "--sdp", "x.sdp"], "--sdp"),
        (["--to", "127.0.0.1:5004", "--encoder", "null", "--control", "999"], "--control"),
        (["--to", "127.0.0.1:5004", "--encoder", "null", "--start-at", "9000000000000000000"], "--start-at"),
        (["--to", "127.0.0.1:5004", "--encoder", "model", "--model", "transient_frames=-1"], "transient_frames=-1"),
        (["--to", "127.0.0.1:5004", "--encoder", "model", "--model", "lag_ns=1e30"], "lag_ns=1e30"),
    ],
)
def test_bad_input_is_named(words: list[str], named: str) -> None:
    done = send(*words, "--duration", "1s")
    assert done.returncode == 2
    assert named in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_sender_ends_when_its_steering_side_is_gone() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sending = subprocess.Popen(
        [NENC, "send", "--to", f"127.0.0.1:{free_port()}", "--encoder", "null", "--control", str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        stdout=subprocess.PIPE,
        text=True,
    )
    theirs.close()
    time.sleep(0.5)
    assert sending.poll() is None
    ours.close()
    out, _ = sending.communicate(timeout=10)
    assert sending.returncode == 0
    assert json.loads(out)["packets"] > 0


@needs_x264
@pytest.mark.parametrize("option", ["--sdp", "--save"])
def test_a_file_that_cannot_be_written_ends_the_sender(option: str) -> None:
    done = send("--to", f"127.0.0.1:{free_port()}", *VIDEO, *RATES, option, "/nowhere/file")
    assert done.returncode == 2
    assert "/nowhere/file" in done.stderr
    assert "No such file" in done.stderr


@contextmanager
def steered(*words: str) -> Iterator[tuple[subprocess.Popen[str], socket.socket]]:
    """A sender, and the other end of its steering socket."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sending = subprocess.Popen(
        [NENC, "send", "--to", f"127.0.0.1:{free_port()}", *words, "--control", str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        stdout=subprocess.PIPE,
        text=True,
    )
    theirs.close()
    try:
        yield sending, ours
    finally:
        ours.close()
        sending.kill()
        sending.communicate()


def word(kind: int, value: int = 0) -> bytes:
    return bytes(ffi.buffer(ffi.new("nenc_message *", {"kind": kind, "value": value})))


@pytest.mark.parametrize("asked", ["signal", "word", "closed"])
def test_a_sender_that_waits_for_its_start_ends_when_it_is_asked(asked: str) -> None:
    start_ns = time.monotonic_ns() + 60_000_000_000
    with steered("--encoder", "null", "--start-at", str(start_ns)) as (sending, ours):
        time.sleep(0.5)
        assert sending.poll() is None
        if asked == "signal":
            sending.send_signal(signal.SIGTERM)
        elif asked == "word":
            ours.send(word(8))  # NENC_SAY_STOP
        else:
            ours.close()
        out, _ = sending.communicate(timeout=5)
        assert sending.returncode == 0
        assert json.loads(out)["packets"] == 0


def test_what_an_encoder_cannot_be_told_is_an_event(tmp_path: Path) -> None:
    file = tmp_path / "telemetry"
    with steered("--encoder", "null", "--duration", "10s", "--telemetry", str(file)) as (sending, ours):
        ours.send(word(6, 17))  # NENC_SAY_LINES
        time.sleep(0.5)
        ours.close()
        sending.communicate(timeout=5)
    telemetry = Telemetry(file)
    events = telemetry.take("events")
    assert [event["kind"] for event in events] == [b"warning"]
    assert b"17 lines" in events[0]["text"]
    telemetry.close()


@needs_x264
def test_a_stray_packet_does_not_spoil_the_recording(tmp_path: Path) -> None:
    """Numbers of the stream lie behind the stray one's: it is none of theirs."""
    port, out, saved = free_port(), tmp_path / "out.264", tmp_path / "saved.264"
    with (
        receiver(port, "--out", str(out)) as process,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
    ):
        middle_of_a_fragment = b"\x1c\x05" + bytes(50)
        sock.sendto(struct.pack("!BBHII", 0x80, 96, 60000, 1, 5) + middle_of_a_fragment, ("127.0.0.1", port))
        done = send("--to", f"127.0.0.1:{port}", *VIDEO, *RATES, "--sequence", "7", "--save", str(saved))
        assert done.returncode == 0, done.stderr
        time.sleep(0.3)
        ended(process)
    assert out.read_bytes() == saved.read_bytes()


def test_what_icmp_says_of_a_packet_does_not_end_the_sender() -> None:
    """As a firewall on the way says it: communication administratively prohibited (RFC 1812 section 5.2.7.1)."""
    try:
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    except PermissionError:
        pytest.skip("NOT CHECKED: this user may not send ICMP packets")
    with raw, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        port = sock.getsockname()[1]
        sending = subprocess.Popen(
            [NENC, "send", "--to", f"127.0.0.1:{port}", "--encoder", "null", "--duration", "1s"],
            stdout=subprocess.PIPE,
            text=True,
        )
        _, (_, theirs) = sock.recvfrom(2000)
        here = socket.inet_aton("127.0.0.1")
        quoted = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 0, 0, 64, 17, 0, here, here)
        quoted += struct.pack("!HHHH", theirs, port, 8, 0)
        for _ in range(20):
            message = struct.pack("!BBHI", 3, 10, checksum(b"\x03\x0a\0\0\0\0\0\0" + quoted), 0) + quoted
            raw.sendto(message, ("127.0.0.1", 0))
            time.sleep(0.01)
        out, _ = sending.communicate(timeout=20)
    assert sending.returncode == 0
    assert json.loads(out)["frames"] + json.loads(out)["skipped"] >= 28


def checksum(data: bytes) -> int:
    """RFC 1071, of an even number of bytes."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF

"""Streams through RTP and back, ffmpeg as the judge: the same bytes and pictures, and a player that reads the SDP."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rtp_files import FRAMES, Cut, cut

pytestmark = pytest.mark.skipif(
    shutil.which("ffmpeg") is None, reason="NOT CHECKED: there is no ffmpeg (apt-get install ffmpeg)"
)

DEMUXERS = {"h264": "h264", "hevc": "hevc"}


def pictures(file: Path, format: str, *, strict: bool = True) -> list[str]:
    """A digest of each picture; with ``strict`` any word of ffmpeg is a failure."""
    words = ["ffmpeg", "-v", "warning", *(["-xerror"] if strict else []), "-f", DEMUXERS[format], "-i", str(file)]
    done = subprocess.run([*words, "-f", "framemd5", "-"], capture_output=True, text=True, timeout=120, check=False)
    if strict:
        assert (done.returncode, done.stderr) == (0, "")
    return [line.split(",")[-1].strip() for line in done.stdout.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("format", ["h264", pytest.param("hevc", marks=pytest.mark.slow)])
def test_nothing_lost_nothing_changed(tmp_path: Path, format: str) -> None:
    made = cut(tmp_path, format)
    assert made.stream is not None
    assert made.out.read_bytes() == made.stream.read_bytes()
    assert len(pictures(made.out, format)) == FRAMES


def test_padding_comes_back(tmp_path: Path) -> None:
    made = cut(tmp_path, "padding")
    wanted = b"".join((b"nenc-lab padding" * 600)[: 1 + 137 * number] for number in range(FRAMES))
    assert made.out.read_bytes() == wanted
    packets = [len(row[4]) // 2 for row in made.lines("rtp")]
    assert max(packets) == 1188
    assert len(packets) == sum(-(-(1 + 137 * number) // 1188) for number in range(FRAMES))


@pytest.mark.parametrize("format", ["h264", pytest.param("hevc", marks=pytest.mark.slow)])
def test_what_is_left_after_losses_decodes(tmp_path: Path, format: str) -> None:
    """A packet of 97 is lost: most pictures are still there, and those before the first loss are as they were."""
    made = cut(tmp_path, format, lose=97)
    assert made.stream is not None
    assert 0 < len(made.out.read_bytes()) < len(made.stream.read_bytes())
    whole, left = pictures(made.stream, format), pictures(made.out, format, strict=False)
    assert len(left) > FRAMES // 2
    assert left[0] == whole[0] or int(made.lines("rtp")[0][0]) % 97 == 0


def free_port() -> int:
    """An even port, it and the next one free."""
    for _ in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1]) & ~1
        try:
            with (
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
            ):
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
                return port
        except OSError:
            continue
    raise AssertionError("no two free ports beside each other")


def is_bound(port: int) -> bool:
    return any(f":{port:04X} " in line for line in Path("/proc/net/udp").read_text(encoding="ascii").splitlines())


def datagrams(made: Cut) -> Iterator[bytes]:
    """The stream's packets, and behind them its first picture once more: a player knows a picture's end by the next
    one, and some versions of ffmpeg drop a picture without an end when they are told to stop."""
    rows = made.lines("rtp")
    first = [row for row in rows if row[1] == rows[0][1]]
    after = [[str(int(rows[-1][0]) + 1 + n), str(int(rows[-1][1]) + 3000), *row[2:]] for n, row in enumerate(first)]
    for sequence, timestamp, marker, ssrc, payload in [*rows, *after]:
        header = bytes([0x80, int(marker) << 7 | 96]) + (int(sequence) & 0xFFFF).to_bytes(2, "big")
        header += (int(timestamp) & 0xFFFFFFFF).to_bytes(4, "big") + int(ssrc).to_bytes(4, "big")
        yield header + bytes.fromhex(payload)


def play(made: Cut, port: int) -> None:
    """Sends the packets, 0.4 ms apart."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        due = time.monotonic()
        for datagram in datagrams(made):
            due += 0.0004
            time.sleep(max(0.0, due - time.monotonic()))
            out.sendto(datagram, ("127.0.0.1", port))


@pytest.mark.slow
@pytest.mark.parametrize("format", ["h264", "hevc"])
def test_a_player_reads_the_description(tmp_path: Path, format: str) -> None:
    """ffmpeg with nothing but the SDP receives the stream: the same pictures as in the file."""
    made = cut(tmp_path, format)
    assert made.stream is not None
    port, received = free_port(), tmp_path / "received"
    described = made.sdp.read_text(encoding="ascii").replace("m=video 5004 ", f"m=video {port} ")
    made.sdp.write_text(described, encoding="ascii")
    words = ["ffmpeg", "-v", "error", "-protocol_whitelist", "file,udp,rtp", "-max_delay", "0", "-i", str(made.sdp)]
    with subprocess.Popen(
        [*words, "-c", "copy", "-f", DEMUXERS[format], "-y", str(received)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as player:
        try:
            until = time.monotonic() + 20
            while not is_bound(port) and time.monotonic() < until:
                time.sleep(0.02)
            assert is_bound(port), "ffmpeg has not opened the port of the description"
            play(made, port)
            time.sleep(1.0)
            _, said = player.communicate(b"q", timeout=20)
        finally:
            player.kill()
    assert said == b""
    whole = pictures(made.stream, format)
    got = pictures(received, format)
    assert got[:FRAMES] == whole
    assert got[FRAMES:] in ([], whole[:1])

"""RTP and RFC 8888 packets as a dissector of others sees them: tshark finds nothing wrong, and the same numbers."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from rtp_files import Cut, cut

pytestmark = pytest.mark.skipif(
    shutil.which("tshark") is None, reason="NOT CHECKED: there is no tshark (apt-get install tshark)"
)

FORMATS = ["h264", "hevc", "padding"]
PAYLOADS = {"h264": ["-d", "rtp.pt==96,h264"], "hevc": ["-d", "rtp.pt==96,h265"], "padding": []}


def tshark(made: Cut, format: str, *words: str) -> list[list[str]]:
    """Its lines, as fields."""
    ports = ["-d", "udp.port==5004,rtp", "-d", "udp.port==5007,rtcp"]
    done = subprocess.run(
        ["tshark", "-n", "-r", str(made.pcap), *ports, *PAYLOADS[format], *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def fields(made: Cut, format: str, kind: str, *names: str) -> list[list[str]]:
    return tshark(made, format, "-Y", kind, "-T", "fields", *(word for name in names for word in ("-e", name)))


@cache
def knows_ccfb() -> bool:
    """Whether this tshark dissects RFC 8888 to its fields; those before 4.2 show its bytes."""
    known = subprocess.run(["tshark", "-G", "fields"], capture_output=True, text=True, timeout=60, check=True).stdout
    return "\trtcp.rtpfb.ccfb.ato\t" in known


@pytest.mark.parametrize("lose", [0, pytest.param(13, marks=pytest.mark.slow)])
@pytest.mark.parametrize("format", FORMATS)
def test_tshark_finds_nothing_wrong(tmp_path: Path, format: str, lose: int) -> None:
    made = cut(tmp_path, format, lose)
    packets, reports = made.lines("rtp"), made.lines("report")
    assert len(packets) > 200
    assert len(reports) > 3

    assert tshark(made, format, "-Y", "_ws.malformed or rtcp.length_check.bad or _ws.expert.severity >= 0x800000") == []
    warned = fields(made, format, "_ws.expert.severity >= 0x600000", "_ws.expert.message")
    assert {row[0] for row in warned} <= {"[Not decoded yet]"}  # what tshark itself does not read of H.264's slices
    dissected = fields(made, format, "rtp", "rtp.seq", "rtp.timestamp", "rtp.marker", "rtp.ssrc", "rtp.p_type")
    assert [[int(x) for x in row[:2]] for row in dissected] == [[int(x) for x in row[:2]] for row in packets]
    assert [row[2] in ("1", "True") for row in dissected] == [row[2] == "1" for row in packets]
    assert {(int(row[3], 16), row[4]) for row in dissected} == {(int(packets[0][3]), "96")}
    assert len(fields(made, format, "rtcp", "frame.number")) == len(reports)


@pytest.mark.parametrize("format", ["h264", "hevc"])
def test_the_payloads_are_of_the_format(tmp_path: Path, format: str) -> None:
    """A fragmented slice begins and ends as often as there are fragmented slices; parameter sets travel alone."""
    made = cut(tmp_path, format)
    proto, single = {"h264": ("h264", {"7", "8"}), "hevc": ("h265", {"32", "33", "34"})}[format]
    assert len(fields(made, format, proto, "frame.number")) == len(made.lines("rtp"))
    starts = len(fields(made, format, f"{proto}.start.bit == 1", "frame.number"))
    ends = len(fields(made, format, f"{proto}.end.bit == 1", "frame.number"))
    assert starts == ends > 50
    assert fields(made, format, f"{proto}.start.bit == 1 and {proto}.end.bit == 1", "frame.number") == []
    name = "h264.nal_unit_hdr" if format == "h264" else "h265.nal_unit_type"
    types = {value for row in fields(made, format, proto, name) for value in row[0].split(",")}
    assert single <= {str(int(value, 0)) for value in types if value}


@pytest.mark.parametrize("lose", [0, 13])
def test_reports_say_what_was_said(tmp_path: Path, lose: int) -> None:
    made = cut(tmp_path, "padding", lose)
    reports = made.lines("report")
    head = fields(made, "padding", "rtcp", "rtcp.pt", "rtcp.rtpfb.fmt", "rtcp.senderssrc", "rtcp.mediassrc")
    assert {(row[0], row[1]) for row in head} == {("205", "11")}
    assert [int(row[2], 16) for row in head] == [int(row[1]) for row in reports]
    assert [int(row[3], 16) for row in head] == [int(row[0]) for row in reports]
    if not knows_ccfb():
        rows = fields(made, "padding", "rtcp", "rtcp.fci")
        assert [row[0].replace(":", "") for row in rows] == [row[5] for row in reports]
        return
    names = ("beginseq", "numreports", "received", "ecn", "ato")
    for row, report in zip(
        fields(made, "padding", "rtcp", *(f"rtcp.rtpfb.ccfb.{name}" for name in names)), reports, strict=True
    ):
        assert [int(row[0], 0), int(row[1], 0)] == [int(report[2]), int(report[3])]
        metrics = [int(report[5][at : at + 4], 16) for at in range(8, 8 + 4 * int(report[3]), 4)]
        assert [value in ("1", "True") for value in row[2].split(",")] == [metric >> 15 == 1 for metric in metrics]
        assert [int(value, 0) for value in row[3].split(",")] == [metric >> 13 & 3 for metric in metrics]
        assert [int(value, 0) for value in row[4].split(",")] == [metric & 0x1FFF for metric in metrics]


def test_reports_are_of_the_packets(tmp_path: Path) -> None:
    """Every thirteenth packet is lost: exactly those are reported missing, and the sender makes samples of it."""
    made = cut(tmp_path, "padding", 13)
    sent = {int(row[0]) for row in made.lines("rtp")}
    told: dict[int, bool] = {}
    for _, _, begin, count, _, content in made.lines("report"):
        for number in range(int(count)):
            told[(int(begin) + number) % 65536] = int(content[8 + 4 * number :][:4], 16) >> 15 == 1
    newest = 65500 + len(sent) - 1
    lost = {number % 65536 for number in range(65500, newest + 1) if number % 13 == 0}
    assert {number for number, came in told.items() if not came} == {number for number in lost if number in told}
    assert len(told) >= len(sent) - 1
    samples = [[float(value) for value in row] for row in made.lines("sample")]
    assert all(abs(rtt - 20) < 0.6 and 0.02 < loss < 0.15 for _, rtt, loss in samples)

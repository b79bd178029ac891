"""Columns of the tables that a run writes; recording, analysis and plots share them.

Times in tables are seconds (``_s``) or milliseconds (``_ms``) as floating point, rates bit/s, ratios 0..1, sizes bytes.
A missing value is null. Rows are in time order, then in flow (or hop) order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["f8", "f4", "i8", "i4", "u4", "bool", "category", "text"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. ``kind`` is the storage type; ``category`` is a dictionary-encoded string."""

    name: str
    kind: Kind
    unit: str
    meaning: str


TICKS = (
    Column("flow", "category", "", "name of the flow"),
    Column("t_s", "f8", "s", "time of the control tick"),
    Column("rate_bps", "f8", "bit/s", "the controller's target"),
    Column("encode_bps", "f8", "bit/s", "what the encoder may make: the target, or less while frames are shed"),
    Column("p", "f8", "", "proportional term, relative to the operating point: rate = anchor (1 + p + i + d)"),
    Column("i", "f8", "", "integral term, relative to the operating point: rate = anchor (1 + p + i + d)"),
    Column("d", "f8", "", "derivative term, relative to the operating point: rate = anchor (1 + p + i + d)"),
    Column("error", "f8", "", "normalised error: (set point - queue delay) / dead time of the loop"),
    Column("anchor_bps", "f8", "bit/s", "the controller's operating point, null when it has none"),
    Column("capacity_est_bps", "f8", "bit/s", "what the controller takes the path to carry, null when unknown"),
    Column("throughput", "f8", "bit/s", "delivered rate of the newest feedback sample"),
    Column("samples", "i8", "", "feedback samples so far"),
    Column("rtt_ms", "f8", "ms", "round-trip time of the newest feedback sample"),
    Column("loss", "f8", "", "loss ratio of the newest feedback sample"),
    Column(
        "queue_delay_ms",
        "f8",
        "ms",
        "queue delay, all hops, of the newest packet received, from the queues",
    ),
    Column("queue_delay_est_ms", "f8", "ms", "the controller's own estimate of it"),
    Column("base_rtt_ms", "f8", "ms", "the controller's base round-trip time"),
    Column("delivered_bps", "f8", "bit/s", "the controller's filtered delivered rate"),
    Column("tfrc_bps", "f8", "bit/s", "TFRC bound (RFC 5348), null when none"),
    Column("qp", "f4", "", "QP target"),
    Column("fps", "f4", "1/s", "frame rate the controller allows"),
    Column("rung", "i4", "lines", "resolution rung the controller allows"),
    Column("bounds", "i4", "", "active bounds: bits of nenc_bound in nenc.h"),
    Column("sent_bytes", "i8", "B", "media bytes sent so far"),
    Column("received_bytes", "i8", "B", "media bytes received so far"),
    Column("received_wire_bytes", "i8", "B", "wire bytes received so far"),
    Column("sent_packets", "i8", "", "packets sent so far"),
    Column("received_packets", "i8", "", "packets received so far"),
    Column(
        "lost_packets", "i8", "", "packets lost so far, in queues and loss stages; on netem once a later one arrived"
    ),
    Column("backlog_bytes", "i8", "B", "media bytes waiting in the pacer"),
    Column("feedback_wire_bytes", "i8", "B", "wire bytes of feedback sent so far"),
)

FRAMES = (
    Column("flow", "category", "", "name of the flow"),
    Column("frame", "i8", "", "frame number, from 0"),
    Column("t_s", "f8", "s", "capture time"),
    Column("size", "i8", "B", "media bytes"),
    Column("key", "bool", "", "key frame"),
    Column("encode_ms", "f8", "ms", "capture to ready for the pacer"),
    Column("qp", "f4", "", "QP used, null when unknown"),
    Column("psnr", "f4", "dB", "null when not measured"),
    Column("ssim", "f4", "", "null when not measured"),
    Column("encoder", "category", "", "what encoded it: model, software, ..."),
    Column("rung", "i4", "lines", "resolution it was encoded at"),
    Column("sent", "f8", "s", "its last packet left the pacer; null: still waiting at the end"),
    Column("received", "f8", "s", "its last surviving packet arrived; null: all lost, or in flight at the end"),
    Column("packets", "i4", "", "packets it was cut into"),
    Column("lost", "i4", "", "of these, dropped or lost"),
    Column("pending", "i4", "", "of these, still under way when the run ended"),
    Column("late", "bool", "", "received later than the flow's deadline after its capture"),
)

PATH = (
    Column("hop", "category", "", "direction and hop, such as forward.0 or forward.radio"),
    Column("t_s", "f8", "s", "end of the period: 10 ms, on netem 20 ms"),
    Column("capacity_bps", "f8", "bit/s", "mean over the period on the wire, infinite when the hop is no bottleneck"),
    Column("queue_bytes", "i8", "B", "bytes in the queue"),
    Column("queue_delay_ms", "f8", "ms", "wait of the newest packet to leave the queue"),
    Column("packets", "i4", "", "packets that left the serialiser in the period"),
    Column("drops_queue", "i4", "", "packets the full queue dropped"),
    Column("drops_loss", "i4", "", "packets the loss stage took"),
    Column("marked", "i4", "", "packets marked CE"),
    Column("duplicated", "i4", "", "packets duplicated; null on netem, which does not count them"),
)

DELAYS = (
    Column("flow", "category", "", "name of the flow"),
    Column("from_s", "f8", "s", "the slice of the run these packets arrived in ..."),
    Column("until_s", "f8", "s", "... up to here"),
    Column("delay_ms", "f8", "ms", "queue delay over all hops, upper edge of a bin at most 1 % wide"),
    Column("packets", "i8", "", "packets in the bin"),
)

PACKETS = (
    Column("flow", "category", "", "name of the flow"),
    Column("sequence", "i8", "", "packet number, from 0"),
    Column("frame", "i8", "", "its frame"),
    Column("sent_s", "f8", "s", "left the pacer"),
    Column("received_s", "f8", "s", "arrived; null: it did not"),
    Column("wait_ms", "f8", "ms", "time in queues"),
    Column("wire_bytes", "i4", "B", "size on the wire"),
    Column("fate", "category", "", "received, dropped (full queue), lost (loss stage) or copy (second copy)"),
    Column("hop", "category", "", "where it was dropped or lost, null when it arrived"),
)

EVENTS = (
    Column("t_s", "f8", "s", "time"),
    Column("flow", "category", "", "name of the flow, null for the path"),
    Column(
        "kind",
        "category",
        "",
        "start, stop, capacity, delay, loss, jitter, queue, fault, fallback, ...",
    ),
    Column("text", "text", "", "one line a person can read"),
    Column("detail", "text", "", "JSON object with the figures"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "ticks": TICKS,
    "frames": FRAMES,
    "path": PATH,
    "delays": DELAYS,
    "packets": PACKETS,
    "events": EVENTS,
}

PACKET_OVERHEAD_BYTES = 42
"""Header bytes of a packet on the wire: Ethernet 14 + IPv4 20 + UDP 8."""
RTP_HEADER_BYTES = 12
"""RTP's fixed header (RFC 3550 section 5.1), part of the UDP payload."""


def payload_fraction(packet_bytes: int) -> float:
    """Media bits per wire bit when packets carry ``packet_bytes`` of UDP payload: 1188/1242 for 1200."""
    return (packet_bytes - RTP_HEADER_BYTES) / (packet_bytes + PACKET_OVERHEAD_BYTES)

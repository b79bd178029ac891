"""Joins the sender's records of a flow's packets with the receiver's, and makes the rows of a run's tables from them.

A packet counts as lost once a later one has arrived and `REORDER_NS` have passed; until then it is under way. Its wait
is its one-way delay minus the path's measured delay without queues, so delay added by jitter counts as wait.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nenc_lab.kernels import dtype, ffi, lib
from nenc_lab.network.base import Rows
from nenc_lab.recording.tape import KEY_FLAG, RUNG_SHIFT
from nenc_lab.records import PACKET_OVERHEAD_BYTES, RTP_HEADER_BYTES

ARRIVED, LATE = 0, 2
"""Values of nenc_verdict that count as received."""
REORDER_NS = 200_000_000
RECEIVED, LOST = 0, 2
"""Fates of packets, as in packet rows."""
SENT = np.dtype(
    [("sequence", "i8"), ("sent_ns", "i8"), ("frame", "i8"), ("media", "i8"), ("received_ns", "i8"), ("wire", "i8")]
)
GOT = np.dtype([("sequence", "i8"), ("received_ns", "i8"), ("media", "i8"), ("wire", "i8"), ("wait_ns", "i8")])


@dataclass(slots=True)
class _Totals:
    """Totals of everything received up to some time."""

    packets: int = 0
    media: int = 0
    wire: int = 0
    highest: int = -1
    wait_ns: int = 0
    reports: int = 0
    report_wire: int = 0


class Ledger:
    """The packets of one flow.

    `feed` it the records of both programs, then take rows up to a horizon before which no more records can come.
    """

    def __init__(
        self,
        first_sequence: int,
        base_ns: Callable[[Rows], Rows],
        marks_ns: Sequence[int],
        number: int,
        end_ns: int = np.iinfo(np.int64).max,
    ) -> None:
        """``base_ns`` returns the path's delay without queues for times of receipt. At ``marks_ns`` the queue-delay
        histograms are cut. ``number`` is that of the flow.
        """
        self.end_ns = end_ns
        """Records after this time are ignored."""
        self._base_ns = base_ns
        self._number = number
        self._first = first_sequence
        self._marks = sorted(marks_ns)
        self._sent = np.empty(0, SENT)
        self._got = np.empty(0, GOT)
        """Arrivals, in order of time, that ticks and histograms have not counted yet."""
        self._early = np.empty(0, dtype("nenc_arrival_record"))
        """Arrivals whose sending is not recorded yet, because the two programs write at their own pace."""
        self._captured = np.empty(0, dtype("nenc_captured_record"))
        self._ticks = np.empty(0, dtype("nenc_tick_record"))
        self._reports = np.empty(0, dtype("nenc_report_record"))
        self._totals = _Totals()
        self._cut_ns = 0
        """Start of the current slice of the histogram."""
        self._overtakers = np.empty(0, GOT)
        """Arrivals that are not yet `REORDER_NS` old."""
        self._overtaken = -1
        """Highest sequence number among older arrivals: packets missing below it are lost."""
        self.packets = 0
        """Number of packets sent so far."""

    def feed(self, sent: Rows, captured: Rows, ticks: Rows, arrivals: Rows, reports: Rows) -> None:
        """Adds new records, whose times are in ns of the run."""
        sent = sent[sent["sent_ns"] <= self.end_ns]
        captured = captured[captured["capture_ns"] <= self.end_ns]
        arrivals = arrivals[arrivals["received_ns"] <= self.end_ns]
        reports = reports[reports["sent_ns"] <= self.end_ns]
        if len(sent):
            fresh = np.zeros(len(sent), SENT)
            for name, source in (
                ("sequence", "sequence"),
                ("sent_ns", "sent_ns"),
                ("frame", "frame"),
                ("media", "media_bytes"),
            ):
                fresh[name] = sent[source]
            fresh["received_ns"] = -1
            fresh["wire"] = sent["media_bytes"].astype(np.int64) + RTP_HEADER_BYTES + PACKET_OVERHEAD_BYTES
            self._sent = np.concatenate([self._sent, fresh])
            self.packets += len(sent)
        self._captured = np.concatenate([self._captured, captured])
        self._ticks = np.concatenate([self._ticks, ticks])
        self._reports = np.concatenate([self._reports, reports])
        self._arrive(arrivals[(arrivals["verdict"] == ARRIVED) | (arrivals["verdict"] == LATE)])

    def _arrive(self, arrivals: Rows) -> None:
        arrivals = np.concatenate([self._early, arrivals])
        if not len(arrivals) or not len(self._sent):
            self._early = arrivals
            return
        numbers = self._sent["sequence"]
        self._early = arrivals[arrivals["sequence"] > numbers[-1]]
        place = np.minimum(np.searchsorted(numbers, arrivals["sequence"]), len(numbers) - 1)
        known = numbers[place] == arrivals["sequence"]  # a record that was overwritten before it was read leaves a gap
        arrivals, place = arrivals[known], place[known]
        if not len(arrivals):
            return
        self._sent["received_ns"][place] = arrivals["received_ns"]
        got = np.zeros(len(arrivals), GOT)
        got["sequence"], got["received_ns"] = arrivals["sequence"], arrivals["received_ns"]
        got["media"], got["wire"] = arrivals["media_bytes"], arrivals["wire_bytes"]
        sent_ns = self._sent["sent_ns"][place]
        got["wait_ns"] = np.maximum(0, arrivals["received_ns"] - sent_ns - self._base_ns(arrivals["received_ns"]))
        self._got = np.concatenate([self._got, got])
        self._overtakers = np.concatenate([self._overtakers, got])

    # ---- rows

    def take_ticks(self, horizon_ns: int) -> tuple[Rows, Rows, Rows]:
        """Returns ticks up to the horizon (rows of nenc_state and nenc_flow_counters) and histogram rows up to it."""
        due = self._ticks["state"]["now_ns"] <= horizon_ns
        ticks, self._ticks = self._ticks[due], self._ticks[~due]
        got, self._got = self._split(self._got, horizon_ns)
        reported = self._reports["sent_ns"] <= horizon_ns
        reports, self._reports = self._reports[reported], self._reports[~reported]
        counters = self._counters(ticks, got, reports)
        delays = self._delays(got, horizon_ns)
        return ticks["state"].copy(), counters, delays

    @staticmethod
    def _split(got: Rows, horizon_ns: int) -> tuple[Rows, Rows]:
        due = got["received_ns"] <= horizon_ns
        return np.sort(got[due], order="received_ns", kind="stable"), got[~due]

    def _counters(self, ticks: Rows, got: Rows, reports: Rows) -> Rows:
        before = self._totals
        at = np.searchsorted(got["received_ns"], ticks["state"]["now_ns"], side="right")

        def grown(values: Rows, start: int) -> Rows:
            return start + np.concatenate([[0], np.cumsum(values)])

        packets, media, wire = (
            before.packets + np.arange(len(got) + 1),
            grown(got["media"], before.media),
            grown(got["wire"], before.wire),
        )
        start = before.highest if before.highest >= 0 else self._first - 1
        highest = np.maximum.accumulate(np.concatenate([[start], got["sequence"]]))
        waits = np.concatenate([[before.wait_ns], got["wait_ns"]])
        reported = np.searchsorted(reports["sent_ns"], ticks["state"]["now_ns"], side="right")
        report_wire = grown(reports["wire_bytes"].astype(np.int64), before.report_wire)
        counters = np.zeros(len(ticks), dtype("nenc_flow_counters"))
        counters["sent_packets"], counters["sent_bytes"] = ticks["sent_packets"], ticks["sent_bytes"]
        counters["backlog_bytes"] = ticks["backlog_bytes"]
        counters["received_packets"], counters["received_bytes"] = packets[at], media[at]
        counters["received_wire_bytes"] = wire[at]
        counters["lost_packets"] = np.maximum(0, highest[at] - self._first + 1 - packets[at])
        counters["last_wait_ns"] = waits[at]
        counters["reports_sent"] = before.reports + reported
        counters["report_wire_bytes"] = report_wire[reported]
        self._totals = _Totals(
            int(packets[-1]), int(media[-1]), int(wire[-1]), int(highest[-1]), int(waits[-1]),
            before.reports + len(reports), int(report_wire[-1]),
        )  # fmt: skip
        return counters

    def _delays(self, got: Rows, horizon_ns: int) -> Rows:
        """Returns histograms between the marks. What follows the last mark before the horizon gets its own slice."""
        parts = []
        edges = [self._cut_ns, *(mark for mark in self._marks if self._cut_ns < mark < horizon_ns), horizon_ns]
        for begin, end in pairwise(edges):
            inside = (got["received_ns"] > begin) & (got["received_ns"] <= end)
            parts.append(self._histogram(got["wait_ns"][inside], begin, end))
        self._cut_ns = horizon_ns
        return np.concatenate(parts)

    def _histogram(self, waits: Rows, begin: int, end: int) -> Rows:
        waits = np.ascontiguousarray(waits, np.int64)
        edges = np.empty(len(waits), np.int64)
        lib.nenc_delay_edges(
            ffi.cast("int64_t *", ffi.from_buffer(waits)), len(waits), ffi.cast("int64_t *", ffi.from_buffer(edges))
        )
        edges, counts = np.unique(edges, return_counts=True)
        rows = np.zeros(len(edges), dtype("nenc_delay_row"))
        rows["from_ns"], rows["until_ns"] = begin, end
        rows["delay_ns"], rows["packets"], rows["flow"] = edges, counts, self._number
        return rows

    def take_frames(self, now_ns: int, *, all_: bool, packets: bool) -> tuple[Rows, Rows]:
        """Returns frames whose fate is known at ``now_ns``, oldest first, and their packets' rows when asked for.

        With ``all_``, frames under way are included.
        """
        self._grow_old(now_ns if not all_ else np.iinfo(np.int64).max)
        count = self._settled(all_)
        if not count:
            return np.empty(0, dtype("nenc_frame_row")), np.empty(0, dtype("nenc_packet_row"))
        frames, self._captured = self._captured[:count], self._captured[count:]
        gone = int(np.searchsorted(self._sent["sequence"], _ends(frames)[-1]))
        mine, self._sent = self._sent[:gone], self._sent[gone:]
        lost = self._lost(mine)
        return self._frame_rows(frames, mine, lost), self._packet_rows(mine, lost) if packets else np.empty(
            0, dtype("nenc_packet_row")
        )

    def _grow_old(self, now_ns: int) -> None:
        old = self._overtakers["received_ns"] <= now_ns - REORDER_NS
        if old.any():
            self._overtaken = max(self._overtaken, int(self._overtakers["sequence"][old].max()))
            self._overtakers = self._overtakers[~old]

    def _lost(self, sent: Rows) -> Rows:
        return (sent["received_ns"] < 0) & (sent["sequence"] < self._overtaken)

    def _settled(self, all_: bool) -> int:
        """Returns how many of the oldest frames have no packet under way."""
        if all_ or not len(self._captured):
            return len(self._captured)
        known = (self._sent["received_ns"] >= 0) | self._lost(self._sent)
        if not len(known):
            return 0
        waiting = np.flatnonzero(~known)
        numbers = self._sent["sequence"]
        settled = int(numbers[waiting[0]] if len(waiting) else numbers[-1] + 1)
        return int(np.searchsorted(_ends(self._captured), settled, side="right"))

    def _frame_rows(self, frames: Rows, sent: Rows, lost: Rows) -> Rows:
        rows = np.zeros(len(frames), dtype("nenc_frame_row"))
        for name in ("frame", "capture_ns", "ready_ns", "bytes", "packets", "qp", "psnr", "ssim"):
            rows[name] = frames[name]
        rows["tag"] = frames["software"]
        rows["flags"] = np.where(frames["key"] != 0, KEY_FLAG, 0) | (frames["rung"] << RUNG_SHIFT)
        begins = np.searchsorted(sent["sequence"], frames["first_sequence"])
        ends = np.searchsorted(sent["sequence"], _ends(frames))
        whole = ends - begins == frames["packets"]
        received = np.concatenate([[0], np.cumsum(sent["received_ns"] >= 0)])
        losses = np.concatenate([[0], np.cumsum(lost)])
        rows["lost"] = losses[ends] - losses[begins]
        rows["pending"] = frames["packets"] - rows["lost"] - (received[ends] - received[begins])
        rows["sent_ns"] = rows["received_ns"] = -1
        for index in np.flatnonzero(ends > begins):
            mine = sent[begins[index] : ends[index]]
            rows["received_ns"][index] = mine["received_ns"].max()
            if whole[index]:
                rows["sent_ns"][index] = mine["sent_ns"][-1]
        return rows

    def _packet_rows(self, sent: Rows, lost: Rows) -> Rows:
        known = sent[lost | (sent["received_ns"] >= 0)]
        rows = np.zeros(len(known), dtype("nenc_packet_row"))
        rows["sequence"] = known["sequence"] - self._first
        rows["frame"], rows["sent_ns"], rows["received_ns"] = known["frame"], known["sent_ns"], known["received_ns"]
        arrived = known["received_ns"] >= 0
        waits = np.maximum(0, known["received_ns"] - known["sent_ns"] - self._base_ns(known["received_ns"]))
        rows["wait_ns"] = np.where(arrived, waits, 0)
        rows["flow"], rows["link"] = self._number, -1
        rows["wire_bytes"] = known["wire"]
        rows["fate"] = np.where(arrived, RECEIVED, LOST)
        return rows


def _ends(frames: Rows) -> Rows:
    """Returns, for each frame, the sequence number after its last packet."""
    ends: Rows = frames["first_sequence"] + frames["packets"]
    return ends

"""Converts rows that C fills (states, counters, frames, path, delays, packets) into columns of a run's tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nenc_lab.kernels import CData, Rows
from nenc_lab.recording.recorder import Coded, Recorder

KEY_FLAG = 1
RUNG_SHIFT = 16
FATES = ("received", "dropped", "lost", "copy")

Array = np.ndarray[Any, np.dtype[Any]]


class TickTape:
    """A buffer for one flow's ticks until they are recorded: C writes to ``states + n`` and ``counters + n``."""

    def __init__(self, capacity: int) -> None:
        self._states = Rows("nenc_state", capacity)
        self._counters = Rows("nenc_flow_counters", capacity)
        self.states: CData = self._states.pointer
        self.counters: CData = self._counters.pointer
        self.capacity = capacity
        self.n = 0
        """Number of ticks written but not yet recorded."""

    def take(self) -> tuple[Array, Array]:
        """Returns views of the rows since the last call, which are valid until the next tick."""
        n, self.n = self.n, 0
        return self._states.array[:n], self._counters.array[:n]


def ticks(recorder: Recorder, flow: str, state: Array, counted: Array) -> None:
    """Records a flow's ticks: rows of nenc_state and, at the same times, of nenc_flow_counters."""
    recorder.append(
        "ticks",
        {
            "flow": flow,
            "t_s": state["now_ns"] / 1e9,
            "rate_bps": state["rate_bps"],
            "encode_bps": state["encode_bps"],
            "p": state["p"],
            "i": state["i"],
            "d": state["d"],
            "error": state["error"],
            "anchor_bps": _unless_zero(state["anchor_bps"]),
            "capacity_est_bps": _unless_zero(state["capacity_bps"]),
            "throughput": state["throughput_bps"],
            "samples": state["recorded"].astype(np.int64),
            "rtt_ms": _from_first_sample(state, "rtt_ms"),
            "loss": _from_first_sample(state, "loss"),
            "queue_delay_ms": counted["last_wait_ns"] / 1e6,
            "queue_delay_est_ms": _from_first_sample(state, "queue_delay_ms"),
            "base_rtt_ms": _from_first_sample(state, "base_rtt_ms"),
            "delivered_bps": state["delivered_bps"],
            "tfrc_bps": np.where(np.isfinite(state["tfrc_bps"]), state["tfrc_bps"], np.nan),
            "qp": state["qp"],
            "fps": state["fps"],
            "rung": state["rung"].astype(np.int32),
            "bounds": state["bounds"].astype(np.int32),
            "sent_bytes": counted["sent_bytes"],
            "received_bytes": counted["received_bytes"],
            "received_wire_bytes": counted["received_wire_bytes"],
            "sent_packets": counted["sent_packets"],
            "received_packets": counted["received_packets"],
            "lost_packets": counted["dropped_packets"] + counted["lost_packets"],
            "backlog_bytes": counted["backlog_bytes"],
            "feedback_wire_bytes": counted["report_wire_bytes"],
        },
    )


def _from_first_sample(state: Array, field: str) -> Array:
    """Returns a field of the state, NaN until a sample has arrived."""
    return np.where(state["recorded"] > 0, state[field], np.nan)


def _unless_zero(values: Array) -> Array:
    return np.where(values > 0, values, np.nan)


def frames(recorder: Recorder, flow: str, rows: Array, names: Sequence[str], deadline_ns: int) -> None:
    """Records a flow's frames; ``names`` are the encoders' names, by tag."""
    received = rows["received_ns"]
    whole = (received >= 0) & (rows["pending"] == 0)
    recorder.append(
        "frames",
        {
            "flow": flow,
            "frame": rows["frame"],
            "t_s": rows["capture_ns"] / 1e9,
            "size": rows["bytes"],
            "key": (rows["flags"] & KEY_FLAG) != 0,
            "encode_ms": (rows["ready_ns"] - rows["capture_ns"]) / 1e6,
            "qp": rows["qp"],
            "psnr": rows["psnr"],
            "ssim": rows["ssim"],
            "encoder": Coded(rows["tag"].astype(np.int32), names),
            "rung": (rows["flags"] >> RUNG_SHIFT).astype(np.int32),
            "sent": _seconds(rows["sent_ns"], rows["sent_ns"] >= 0),
            "received": _seconds(received, whole),
            "packets": rows["packets"].astype(np.int32),
            "lost": rows["lost"].astype(np.int32),
            "pending": rows["pending"].astype(np.int32),
            "late": whole & (received - rows["capture_ns"] > deadline_ns),
        },
    )


def path(recorder: Recorder, rows: Array, hops: Sequence[str], *, duplicates: bool = True) -> None:
    """Records path rows; ``hops`` are the links' names, by number. Without ``duplicates`` their count is null."""
    recorder.append(
        "path",
        {
            "hop": Coded(rows["link"], hops),
            "t_s": rows["t_ns"] / 1e9,
            "capacity_bps": rows["capacity_bps"],
            "queue_bytes": rows["queue_bytes"],
            "queue_delay_ms": rows["queue_delay_ms"],
            "packets": rows["packets"].astype(np.int32),
            "drops_queue": rows["drops_queue"].astype(np.int32),
            "drops_loss": rows["drops_loss"].astype(np.int32),
            "marked": rows["marked"].astype(np.int32),
            "duplicated": rows["duplicated"].astype(np.int32) if duplicates else None,
        },
    )


def delays(recorder: Recorder, rows: Array, flows: Sequence[str]) -> None:
    """Records slices of the queue-delay histograms; ``flows`` are the flows' names, by number."""
    recorder.append(
        "delays",
        {
            "flow": Coded(rows["flow"], flows),
            "from_s": rows["from_ns"] / 1e9,
            "until_s": rows["until_ns"] / 1e9,
            "delay_ms": rows["delay_ns"] / 1e6,
            "packets": rows["packets"].astype(np.int64),
        },
    )


def packets(recorder: Recorder, rows: Array, flows: Sequence[str], hops: Sequence[str]) -> None:
    """Records packet rows; ``flows`` and ``hops`` are the names of flows and links, by number."""
    recorder.append(
        "packets",
        {
            "flow": Coded(rows["flow"], flows),
            "sequence": rows["sequence"],
            "frame": rows["frame"],
            "sent_s": rows["sent_ns"] / 1e9,
            "received_s": _seconds(rows["received_ns"], rows["received_ns"] >= 0),
            "wait_ms": rows["wait_ns"] / 1e6,
            "wire_bytes": rows["wire_bytes"].astype(np.int32),
            "fate": Coded(rows["fate"].astype(np.int32), FATES),
            "hop": Coded(rows["link"], hops),
        },
    )


def _seconds(ns: Array, known: Array) -> Array:
    return np.where(known, ns / 1e9, np.nan)

"""The summary of a run: every figure of design section 5, from the run folder alone. START HERE.

summarise(run) -- flows -- one flow --- delivery, capacity   how much arrived of what could have
               |                    |-- frames, percentile   what the viewer saw, delays
               |                    `-- changes -- response, oscillation   how the rate answered each change
               `- run --- speed, fairness
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nenc_lab.analysis import frames
from nenc_lab.analysis.arrays import SECOND_NS, nanoseconds
from nenc_lab.analysis.capacity import usable_bits
from nenc_lab.analysis.changes import change_figures, swings
from nenc_lab.analysis.delivery import feedback_overhead, jain, loss_ratio, mean_rate_bps, new_samples
from nenc_lab.analysis.flow import FlowRows, ended_ns, flow_rows
from nenc_lab.analysis.percentile import summary_of

if TYPE_CHECKING:
    from nenc_lab.recording.open import Run
    from nenc_lab.scenario.schema import Flow

LAST_NS = 20 * SECOND_NS
_NO_PERCENTILES = {"p50": None, "p95": None, "p99": None}


def summarise(run: Run) -> dict[str, Any]:
    """``{"flows": {name: ...}, "run": ...}``: plain JSON values, what cannot be said is None, nothing is NaN.

    Of a partial or killed run: up to where it went. Raises InputError when the run's scenario or tables are unreadable.
    """
    from nenc_lab.scenario import timeline
    from nenc_lab.scenario.load import restore

    scenario = restore(run.info["scenario"], str(run.folder / "run.json"))
    compiled = timeline.compile(scenario)
    end_ns = ended_ns(run)
    flows: dict[str, Any] = {}
    last_goodputs: list[float] = []
    for flow in scenario.flows:
        rows = flow_rows(run, compiled, flow, end_ns)
        if rows is None:
            flows[flow.name] = no_figures()
            continue
        flows[flow.name] = flow_figures(rows)
        goodput = goodput_last_bps(rows, end_ns)
        if goodput is not None:
            last_goodputs.append(goodput)
    figures = {"flows": flows, "run": run_figures(run.info.get("timing") or {}, end_ns, last_goodputs)}
    plain: dict[str, Any] = _plain(figures)
    return plain


def flow_figures(rows: FlowRows) -> dict[str, Any]:
    """``flows.NAME``. Each figure is defined where it is computed."""
    ticks, seen = rows.ticks, rows.frames
    captured_ns = nanoseconds(seen["t_s"])
    fresh = new_samples(ticks["samples"])
    frozen, frozen_s = frames.freezes(seen["received"], 1.0 / rows.flow.encoder.fps, rows.end_ns / SECOND_NS)
    entries = [entry for change in rows.changes if (entry := change_figures(rows, change)) is not None]
    goodput = mean_rate_bps(rows.t_ns, ticks["received_bytes"], rows.start_ns, rows.last_ns)
    return {
        "utilisation": utilisation(rows),
        "goodput_mbps": None if goodput is None else goodput / 1e6,
        "rate_mbps": rate_mbps(rows),
        "queue_delay_ms": queue_delay_ms(rows),
        "rtt_ms": summary_of(ticks["rtt_ms"][fresh]),
        "loss": loss_ratio(int(ticks["lost_packets"][-1]), int(ticks["received_packets"][-1])),
        "frame_delay_ms": frames.frame_delay_ms(seen["t_s"], seen["received"]),
        "late_frames": frames.late_frames(seen["late"].astype(np.bool_)),
        "damaged_frames": frames.damaged_frames(seen["received"], seen["lost"]),
        "freezes": frozen,
        "freeze_s": frozen_s,
        "oscillations_per_min": oscillations_per_min(rows),
        "encoder_error": frames.encoder_error(
            captured_ns,
            seen["size"],
            rows.t_ns,
            ticks["encode_bps"],
            rows.start_ns,
            rows.end_ns,
        ),
        "encoder_limited_s": frames.encoder_limited_s(
            captured_ns,
            seen["size"],
            seen["qp"],
            rows.t_ns,
            ticks["encode_bps"],
            rows.start_ns,
            rows.end_ns,
            _quantiser(rows.flow),
        ),
        "software_frames": int(np.count_nonzero(seen["encoder"] == "software")),
        "psnr_db": frames.mean_measured(seen["psnr"]),
        "ssim": frames.mean_measured(seen["ssim"]),
        "feedback_overhead": feedback_overhead(
            int(ticks["feedback_wire_bytes"][-1]), int(ticks["sent_bytes"][-1]), int(ticks["sent_packets"][-1])
        ),
        "changes": entries,
    }


def no_figures() -> dict[str, Any]:
    """``flows.NAME`` of a flow that never ran."""
    return {
        "utilisation": None,
        "goodput_mbps": None,
        "rate_mbps": {"mean": None, "min": None, "max": None, "std": None},
        "queue_delay_ms": {**_NO_PERCENTILES, "max": None},
        "rtt_ms": dict(_NO_PERCENTILES),
        "loss": None,
        "frame_delay_ms": dict(_NO_PERCENTILES),
        "late_frames": None,
        "damaged_frames": None,
        "freezes": None,
        "freeze_s": None,
        "oscillations_per_min": None,
        "encoder_error": None,
        "encoder_limited_s": {"min": None, "max": None},
        "software_frames": None,
        "psnr_db": None,
        "ssim": None,
        "feedback_overhead": None,
        "changes": [],
    }


def _quantiser(flow: Flow) -> tuple[int, int] | None:
    """Smallest and largest QP of a real encoder."""
    from nenc_lab.scenario.schema import VideoEncoder

    return (flow.encoder.qp.min, flow.encoder.qp.max) if isinstance(flow.encoder, VideoEncoder) else None


def utilisation(rows: FlowRows) -> float | None:
    """Wire bits received while the flow was active / bits it could have received.

    Could: integral of the least capacity of the hops it crosses, capped by what ``rate.max`` needs on the wire, x (1 -
    the set random loss). The whole capacity, also where flows share it. Both up to the last tick. None when nothing
    could be sent.
    """
    if rows.path is None:
        return None
    end_ns = min(rows.last_ns, rows.path.end_ns)
    usable = usable_bits(rows.path, rows.passing, rows.flow.wire_max_bps, rows.start_ns, end_ns)
    rate = mean_rate_bps(rows.t_ns, rows.ticks["received_wire_bytes"], rows.start_ns, end_ns)
    return rate * (end_ns - rows.start_ns) / SECOND_NS / usable if usable > 0 and rate is not None else None


def rate_mbps(rows: FlowRows) -> dict[str, float]:
    """The controller's target over the flow's ticks, as it was set (not averaged); std of the population."""
    rate = rows.ticks["rate_bps"] / 1e6
    return {
        "mean": float(np.mean(rate)),
        "min": float(np.min(rate)),
        "max": float(np.max(rate)),
        "std": float(np.std(rate)),
    }


def queue_delay_ms(rows: FlowRows) -> dict[str, float | None]:
    """Queue delay over all hops by packets that arrived, from the queues' own histograms (bins at most 1 % wide)."""
    p50, p95, p99, highest = rows.waits.percentiles(50, 95, 99, 100)
    return {"p50": p50, "p95": p95, "p99": p99, "max": highest}


def oscillations_per_min(rows: FlowRows) -> float | None:
    """Oscillations within each change, against its share, over the minutes of these changes.

    Within, because a path that goes down and up again is no oscillation of the controller. Changes with a zero share
    are left out; None when there is no other.
    """
    total, time_ns = 0, 0
    for change in rows.changes:
        end_ns = min(change.until_ns, rows.end_ns)
        count = swings(rows, change.share_bps, change.at_ns, end_ns) if end_ns > change.at_ns else None
        if count is not None:
            total, time_ns = total + count, time_ns + end_ns - change.at_ns
    return total * 60.0 * SECOND_NS / time_ns if time_ns else None


def goodput_last_bps(rows: FlowRows, ended: int) -> float | None:
    """Goodput over the time the flow was active in the last 20 s of the run; None when it was not."""
    start_ns = max(rows.start_ns, ended - LAST_NS)
    return mean_rate_bps(rows.t_ns, rows.ticks["received_bytes"], start_ns, rows.last_ns)


def run_figures(timing: dict[str, Any], end_ns: int, goodputs: list[float]) -> dict[str, Any]:
    """``run``. ``jain_last20s`` is of the goodput, in the last 20 s, of the flows active then.

    ``wall_s`` (loop and tables) and ``packets`` are the session's; ``lateness_ms`` is null on the virtual network,
    where nothing can be late.
    """
    simulated_s, wall_s = end_ns / SECOND_NS, timing.get("wall_s")
    return {
        "simulated_s": simulated_s,
        "wall_s": wall_s,
        "speed": simulated_s / wall_s if wall_s else None,
        "packets": timing.get("packets"),
        "jain_last20s": jain(goodputs),
        "lateness_ms": timing.get("lateness_ms") or {"p99": None, "max": None},
    }


def _plain(value: Any) -> Any:
    """The same in plain Python values, None for what is not a finite number."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value

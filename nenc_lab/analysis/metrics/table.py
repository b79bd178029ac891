"""The table of metrics. A new figure is one entry here, and its function in the file of its theme.

Everything that names figures derives from this table: the summary in run.json, the names in expectations, the columns
of sweeps, the tables that ``nenc-lab run`` prints, and the reference in nenc_lab/analysis/README.md, which
``python -m nenc_lab.analysis.metrics.reference`` writes. Entries are in the order of the summary.
"""

from __future__ import annotations

from typing import TypeVar

from nenc_lab.analysis.metrics import changes, delay, delivery, encoder, frames, over_changes, rate, response, run
from nenc_lab.analysis.metrics.metric import ChangeMetric, FlowMetric, Metric, OverChanges, RunMetric, Shown
from nenc_lab.analysis.metrics.response import of_change

M = TypeVar("M", bound=Metric)

METRICS: tuple[Metric, ...] = (
    # ---- a flow, over its whole time
    FlowMetric(
        name="utilisation",
        unit="",
        meaning="wire bits delivered / usable capacity",
        better="higher",
        function=delivery.utilisation,
        shown=Shown("used\n%", 0, 100),
    ),
    FlowMetric(
        name="goodput_mbps",
        unit="Mbit/s",
        meaning="media payload delivered",
        better="higher",
        function=delivery.goodput_mbps,
        shown=Shown("goodput\nMbit/s", 1, order=-1),
    ),
    FlowMetric(name="rate_mbps.mean", unit="Mbit/s", meaning="mean target", function=rate.rate_mbps),
    FlowMetric(name="rate_mbps.min", unit="Mbit/s", meaning="lowest target", function=rate.rate_mbps),
    FlowMetric(name="rate_mbps.max", unit="Mbit/s", meaning="highest target", function=rate.rate_mbps),
    FlowMetric(
        name="rate_mbps.std", unit="Mbit/s", meaning="standard deviation of the target", function=rate.rate_mbps
    ),
    FlowMetric(
        name="queue_delay_ms.p50",
        unit="ms",
        meaning="median queue delay of packets",
        better="lower",
        function=delay.queue_delay_ms,
    ),
    FlowMetric(
        name="queue_delay_ms.p95",
        unit="ms",
        meaning="95th percentile of the queue delay",
        better="lower",
        function=delay.queue_delay_ms,
        shown=Shown("queue\np95 ms", 0),
    ),
    FlowMetric(
        name="queue_delay_ms.p99",
        unit="ms",
        meaning="99th percentile of the queue delay",
        better="lower",
        function=delay.queue_delay_ms,
    ),
    FlowMetric(
        name="queue_delay_ms.max",
        unit="ms",
        meaning="longest queue delay",
        better="lower",
        function=delay.queue_delay_ms,
    ),
    FlowMetric(name="rtt_ms.p50", unit="ms", meaning="median round-trip time", better="lower", function=delay.rtt_ms),
    FlowMetric(
        name="rtt_ms.p95",
        unit="ms",
        meaning="95th percentile of the round-trip time",
        better="lower",
        function=delay.rtt_ms,
        shown=Shown("rtt\np95 ms", 0),
    ),
    FlowMetric(
        name="rtt_ms.p99",
        unit="ms",
        meaning="99th percentile of the round-trip time",
        better="lower",
        function=delay.rtt_ms,
    ),
    FlowMetric(
        name="loss",
        unit="",
        meaning="packets lost / (lost + received)",
        better="lower",
        function=delivery.loss,
        shown=Shown("loss\n%", 2, 100),
    ),
    FlowMetric(
        name="frame_delay_ms.p50",
        unit="ms",
        meaning="median time from capture to arrival of the last packet",
        better="lower",
        function=delay.frame_delay_ms,
    ),
    FlowMetric(
        name="frame_delay_ms.p95",
        unit="ms",
        meaning="95th percentile of the time from capture to arrival",
        better="lower",
        function=delay.frame_delay_ms,
        shown=Shown("frame\np95 ms", 0),
    ),
    FlowMetric(
        name="frame_delay_ms.p99",
        unit="ms",
        meaning="99th percentile of the time from capture to arrival",
        better="lower",
        function=delay.frame_delay_ms,
    ),
    FlowMetric(
        name="late_frames",
        unit="",
        meaning="frames that arrived past their deadline",
        better="lower",
        function=frames.late_frames,
        kind="i8",
        shown=Shown("frames\nlate", 0),
    ),
    FlowMetric(
        name="damaged_frames",
        unit="",
        meaning="frames shown with packets missing",
        better="lower",
        function=frames.damaged_frames,
        kind="i8",
        shown=Shown("frames\ndamaged", 0),
    ),
    FlowMetric(
        name="freezes",
        unit="",
        meaning="number of freezes of the picture",
        better="lower",
        function=frames.freezes,
        kind="i8",
        shown=Shown("freezes", 0),
    ),
    FlowMetric(
        name="freeze_s", unit="s", meaning="total length of all freezes", better="lower", function=frames.freezes
    ),
    FlowMetric(
        name="oscillations_per_min",
        unit="1/min",
        meaning="swings of the rate over 15 % of the share",
        better="lower",
        function=rate.oscillations_per_min,
    ),
    FlowMetric(
        name="encoder_error",
        unit="",
        meaning="|output - target| / target over 1 s, mean",
        better="lower",
        function=encoder.encoder_error,
    ),
    FlowMetric(
        name="encoder_limited_s.min",
        unit="s",
        meaning="time in which the smallest QP kept the output under the target",
        function=encoder.encoder_limited_s,
        kind="i8",
        sweep=False,
    ),
    FlowMetric(
        name="encoder_limited_s.max",
        unit="s",
        meaning="time in which the largest QP kept the output above the target",
        better="lower",
        function=encoder.encoder_limited_s,
        kind="i8",
        sweep=False,
    ),
    FlowMetric(
        name="software_frames",
        unit="",
        meaning="frames that the software encoder made",
        function=encoder.software_frames,
        kind="i8",
        sweep=False,
    ),
    FlowMetric(
        name="psnr_db",
        unit="dB",
        meaning="mean PSNR, null for the model encoder",
        better="higher",
        function=frames.psnr_db,
    ),
    FlowMetric(
        name="ssim", unit="", meaning="mean SSIM, null for the model encoder", better="higher", function=frames.ssim
    ),
    FlowMetric(
        name="feedback_overhead",
        unit="",
        meaning="wire bytes of feedback / of media sent",
        better="lower",
        function=delivery.feedback_overhead,
    ),
    # ---- a change of a flow, up to the next one
    ChangeMetric(name="at_s", unit="s", meaning="time of the change", function=changes.at_s, shown=Shown("at\ns", 1)),
    ChangeMetric(name="until_s", unit="s", meaning="time of the next change, or of the end", function=changes.until_s),
    ChangeMetric(
        name="to_mbps",
        unit="Mbit/s",
        meaning="the flow's share from here on",
        function=changes.to_mbps,
        shown=Shown("to\nMbit/s", 1),
    ),
    ChangeMetric(
        name="rise_s",
        unit="s",
        meaning="time to 80 % of the way to the new share",
        better="lower",
        function=of_change(response.rise_s),
        shown=Shown("rise\ns", 2),
        sweep=(OverChanges("rise_s", "slowest rise; null when one never rose", over_changes.slowest),),
    ),
    ChangeMetric(
        name="settling_s",
        unit="s",
        meaning="time until the rate stays within 80 to 105 % of the share",
        better="lower",
        function=of_change(response.settling_s),
        shown=Shown("settle\ns", 2),
        sweep=(
            OverChanges("settling_s", "slowest settling; null when one never settled", over_changes.slowest),
            OverChanges("settling_s.mean", "mean settling time; null when one never settled", over_changes.mean),
        ),
    ),
    ChangeMetric(
        name="overshoot",
        unit="",
        meaning="highest rate after the change / share, minus 1",
        better="lower",
        function=of_change(response.overshoot),
        shown=Shown("over-\nshoot%", 0, 100),
        sweep=(
            OverChanges(
                "overshoot",
                "highest overshoot of the changes that give the flow no less than before",
                over_changes.highest_upward,
            ),
            OverChanges("overshoot.start", "overshoot at the start of the flow", over_changes.at_start),
        ),
    ),
    ChangeMetric(
        name="iae_mbit",
        unit="Mbit",
        meaning="integral of |rate - share|",
        better="lower",
        function=of_change(response.iae_mbit),
        sweep=(OverChanges("iae_mbit", "integral of |rate - share|, sum over all changes", over_changes.total),),
    ),
    ChangeMetric(
        name="to_80pct_s",
        unit="s",
        meaning="time to 80 % of the share",
        better="lower",
        function=of_change(response.to_80pct_s),
        sweep=(
            OverChanges(
                "to_80pct_s", "slowest time to 80 % of the share; null when one never got there", over_changes.slowest
            ),
        ),
    ),
    ChangeMetric(
        name="to_floor_s",
        unit="s",
        meaning="time to the flow's lowest rate",
        function=response.to_floor_s,
        sweep=(
            OverChanges("to_floor_s", "slowest time to the floor; null when one never got there", over_changes.slowest),
        ),
    ),
    ChangeMetric(
        name="utilisation_last5s",
        unit="",
        meaning="wire bits delivered / wire bits of the share, in the last 5 s",
        better="higher",
        function=delivery.share_utilisation,
        shown=Shown("used\n%", 0, 100),
        sweep=(
            OverChanges(
                "utilisation_last5s",
                "lowest utilisation of the share in the last 5 s of a change",
                over_changes.lowest,
            ),
        ),
    ),
    ChangeMetric(
        name="queue_delay_p95_ms",
        unit="ms",
        meaning="95th percentile of the queue delay, from 5 s after the change",
        better="lower",
        function=delay.queue_delay_p95_ms,
        shown=Shown("queue\np95 ms", 0),
        sweep=(
            OverChanges(
                "queue_delay_p95_ms",
                "highest 95th percentile of the queue delay, from 5 s after a change",
                over_changes.highest,
            ),
        ),
    ),
    ChangeMetric(
        name="queue_delay_max_ms",
        unit="ms",
        meaning="longest queue delay",
        better="lower",
        function=delay.queue_delay_max_ms,
        shown=Shown("queue\nmax ms", 0),
        sweep=(OverChanges("queue_delay_max_ms", "longest queue delay of a change", over_changes.highest),),
    ),
    ChangeMetric(
        name="loss",
        unit="",
        meaning="packets lost / (lost + received)",
        better="lower",
        function=delivery.change_loss,
        shown=Shown("loss\n%", 2, 100),
    ),
    ChangeMetric(
        name="oscillations_last5s",
        unit="",
        meaning="swings of the rate over 15 % of the share, in the last 5 s",
        better="lower",
        function=rate.oscillations_last5s,
        sweep=(
            OverChanges(
                "oscillations_last5s",
                "most oscillations in the last 5 s of a change",
                over_changes.highest,
                "i8",
            ),
        ),
    ),
    ChangeMetric(
        name="send_mbps_min",
        unit="Mbit/s",
        meaning="lowest rate over 1 s at which media left the pacer",
        function=delivery.send_mbps_min,
    ),
    # ---- the run as a whole
    RunMetric(name="simulated_s", unit="s", meaning="simulated time", function=run.simulated_s),
    RunMetric(
        name="wall_s",
        unit="s",
        meaning="wall time of the run's loop and tables",
        better="lower",
        function=run.wall_s,
        sweep=False,
    ),
    RunMetric(
        name="speed",
        unit="",
        meaning="simulated time / wall time",
        better="higher",
        function=run.speed,
        sweep=False,
    ),
    RunMetric(name="packets", unit="", meaning="packets that the run sent", function=run.packets, kind="i8"),
    RunMetric(
        name="jain_last20s",
        unit="",
        meaning="fairness of the flows in the last 20 s",
        better="higher",
        function=run.jain_last20s,
    ),
    RunMetric(
        name="lateness_ms.p99",
        unit="ms",
        meaning="99th percentile of the emulated network's lateness",
        better="lower",
        function=run.lateness_ms,
        sweep=False,
    ),
    RunMetric(
        name="lateness_ms.max",
        unit="ms",
        meaning="largest lateness of the emulated network",
        better="lower",
        function=run.lateness_ms,
        sweep=False,
    ),
)


def in_scope(scope: type[M]) -> tuple[M, ...]:
    """The metrics of one scope: `FlowMetric`, `ChangeMetric` or `RunMetric`."""
    return tuple(metric for metric in METRICS if isinstance(metric, scope))


def metric(scope: type[M], name: str) -> M:
    """The metric with this scope and name. Raises KeyError when there is none."""
    for one in in_scope(scope):
        if one.name == name:
            return one
    raise KeyError(f"no {scope.__name__} is called {name}")

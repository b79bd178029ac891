"""A run over a real path: asked for outside, done inside a place (`run_inside`), with real packets."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nenc_lab.control.table import make as make_controller
from nenc_lab.errors import ControllerError, InputError, Interrupted
from nenc_lab.network.base import LinkSetting
from nenc_lab.recording.folder import RunFolder, made, process_started
from nenc_lab.records import PACKET_OVERHEAD_BYTES, payload_fraction
from nenc_lab.scenario import schema, timeline
from nenc_lab.scenario.load import dump, restore
from nenc_lab.session.record import close_quietly, drive
from nenc_lab.session.settings import (
    DIRECTIONS,
    ENCODER_STREAM,
    controller_settings,
    cross,
    encoder_settings,
    faults,
    flow_setting,
    hop_names,
    links,
    path_step,
)

if TYPE_CHECKING:
    from nenc_lab.network.base import CrossSetting, FlowSetting, LinkChange, Rows
    from nenc_lab.real.live.calibrate import Calibration, Needs
    from nenc_lab.real.live.flow import Ends, LiveFlow, LiveSettings
    from nenc_lab.real.qdiscs.schedule import Step
    from nenc_lab.real.sandbox.base import Place

INSIDE = "nenc_lab.session.real:run_inside"
WARM = ("nenc_lab.session.real", "nenc_lab.real.live.engine", "nenc_lab.real.qdiscs.path", "pyarrow", "pyarrow.parquet")
"""What every run imports: once per place, as that is slow in a guest."""
LEAD_NS = 1_500_000_000
LEAD_PER_FLOW_NS = 250_000_000
"""From the start of the programs to time 0."""
CROSS_PORT = 7004
PATIENCE_S = 300.0
"""For calibration, tables and a busy machine."""
MEMORY_MB = 1024
MEMORY_OF_VIDEO_MB = {720: 0, 1080: 256, 1440: 512, 2160: 1024, 4320: 3072}
"""More of a guest for a real encoder, by lines of its picture."""


def check(scenario: schema.Scenario) -> None:
    """Raises InputError with everything that the real network cannot do of this scenario."""
    from nenc_lab.real.qdiscs.able import refusals

    changes = [path_step(scenario, step).change for step in timeline.steps(scenario)]
    names = hop_names(scenario)
    found = refusals(links(scenario), changes)
    if found:
        raise InputError("\n".join(f"path.{names[link]}: {text}" for link, text in found))


def _refuse_hidden(scenario: schema.Scenario, out: Path) -> None:
    """Raises InputError for what would be written or read where a place has another folder of its own."""
    from nenc_lab.real.sandbox.isolation import HIDDEN, is_hidden

    named: list[tuple[str, str | Path]] = [("--out", out)]
    for direction in DIRECTIONS:
        for hop in getattr(scenario.path, direction).hops:
            if hop.trace is not None:
                named.append((f"path.{direction}.{hop.name}.trace.file", hop.trace.file))
    for flow in scenario.flows:
        if isinstance(flow.encoder, schema.VideoEncoder) and flow.encoder.source.file is not None:
            named.append((f"flows.{flow.name}.encoder.source.file", flow.encoder.source.file))
        if isinstance(flow.controller, schema.ExternalController):
            named.append((f"flows.{flow.name}.controller.library", flow.controller.library))
    hidden = [f"{key}: {path}" for key, path in named if is_hidden(path)]
    if hidden:
        raise InputError(
            "\n".join(
                f"{text} cannot be seen where netem runs: name a place outside {', '.join(HIDDEN)}" for text in hidden
            )
        )


def rehearsal(scenario: schema.Scenario) -> list[str]:
    """The shell lines that build the scenario's path and change it at its times, to be read or pasted as root."""
    from nenc_lab.real.qdiscs.commands import change_commands, commands, removal
    from nenc_lab.real.qdiscs.layout import plan
    from nenc_lab.real.qdiscs.schedule import flatten
    from nenc_lab.units import format_time

    told = [(step.at_ns, path_step(scenario, step).change) for step in timeline.steps(scenario)]
    ways = links(scenario)
    layout = plan(
        ways,
        [flow_setting(scenario, flow) for flow in scenario.flows],
        [cross(scenario, traffic) for traffic in scenario.cross_traffic],
        [change for _, change in told],
    )
    happenings = [(step.at_ns, f"# {step.text}") for step in timeline.steps(scenario)]
    happenings += [(spec.at, f"# {spec.flow}: {spec.kind}") for spec in scenario.faults]
    happenings += change_commands(layout, flatten(ways, told, scenario.duration))
    return [
        f"# {scenario.name}: the path at the start",
        *commands(layout),
        *(f"# {scenario.name}: the timeline" for _ in happenings[:1]),
        *(f"{format_time(at_ns):>10}  {line}" for at_ns, line in sorted(happenings, key=lambda entry: entry[0])),
        f"# {scenario.name}: all of it away again",
        *removal(layout),
    ]


def memory_mb(scenarios: Sequence[schema.Scenario]) -> int:
    """Of a guest that runs these, one after another."""
    most = 0
    for scenario in scenarios:
        lines = [flow.encoder.lines for flow in scenario.flows if isinstance(flow.encoder, schema.VideoEncoder)]
        needs = [extra for size, extra in MEMORY_OF_VIDEO_MB.items() for line in lines if line >= size]
        most = max(most, sum(sorted(needs)[-len(lines) :]) if lines else 0)
    return MEMORY_MB + most


def run(
    scenario: schema.Scenario,
    info: Mapping[str, Any],
    *,
    out: Path,
    packets: bool,
    streams: bool,
    progress: Callable[[int], None] | None,
    place: Place | None,
) -> RunFolder:
    """The run's folder. ``streams``: with what real encoders made, as sent and as received.

    Raises as `nenc_lab.session.run`, and EnvironmentError_ when there is no place for it.
    """
    _refuse_hidden(scenario, out)
    with ExitStack() as stack:
        if place is None:
            from nenc_lab.real.sandbox.table import open_place

            place = stack.enter_context(open_place("auto", memory_mb([scenario]), WARM))
        arguments = {
            "scenario": dump(scenario),
            "info": {**info, "place": {"name": place.name, **place.about}},
            "out": str(out.absolute()),
            "packets": packets,
            "streams": streams,
            "owner": (os.getpid(), process_started(os.getpid())),
        }
        folder = place.call(
            INSIDE,
            arguments,
            heard=None if progress is None else lambda now_ns: progress(int(now_ns)),
            timeout_s=_patience_s(scenario),
        )
        done = RunFolder.open(Path(folder))
        if place.interrupted is not None:  # in its last moments: what comes behind it must not begin
            raise Interrupted.leaving(place.interrupted, done.path)
    return done


def _patience_s(scenario: schema.Scenario) -> float:
    """Wall time a run may take before it is taken for one that hangs."""
    return 1.5 * scenario.duration / 1e9 + PATIENCE_S


# ---- inside the place


def run_inside(arguments: dict[str, Any], tell: Callable[[Any], None]) -> str:
    """Does the run; returns its folder."""
    scenario = restore(arguments["scenario"], "the scenario")
    out = Path(arguments["out"])
    pid, started = arguments["owner"]
    with ExitStack() as stack:
        streams = _streams(scenario, out, pid, stack) if arguments["streams"] else {}
        real = _Real(scenario, stack, _scratch(stack), streams, packets=arguments["packets"], progress=tell)
        try:
            folder = drive(
                real.engine,
                out,
                {**arguments["info"], **real.told},
                packets=arguments["packets"],
                timing=lambda: {"lateness_ms": real.engine.lateness_ms(), "programs": real.counters()},
                owner=(pid, started),
            ).path
        except Interrupted as interrupt:
            for partial in interrupt.folders:
                _keep(streams, partial)
            raise
        except ControllerError as error:
            if error.folder is not None:
                _keep(streams, error.folder)
            raise
        _keep(streams, folder)
    return str(folder)


def _keep(streams: Mapping[int, tuple[Path, Path]], folder: Path) -> None:
    for files in streams.values():
        for file in files:
            if file.exists():
                file.replace(folder / file.name.split("-", 2)[2])


def _streams(scenario: schema.Scenario, out: Path, pid: int, stack: ExitStack) -> dict[int, tuple[Path, Path]]:
    """Files for what flows with real encoders send and receive, by flow: beside the run's folder until there is one."""
    files = {}
    stack.enter_context(made(out))
    for number, flow in enumerate(scenario.flows):
        if isinstance(flow.encoder, schema.VideoEncoder):
            ending = "265" if flow.encoder.codec == "hevc" else "264"
            sent, received = (out / f".{pid}-stream-{flow.name}.{side}.{ending}" for side in ("sent", "received"))
            files[number] = (sent, received)
            for file in (sent, received):
                stack.callback(file.unlink, missing_ok=True)
    return files


def _scratch(stack: ExitStack) -> str:
    from nenc_lab.real.live.programs import scratch

    folder = scratch()
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


class _Real:
    """Path, calibration, programs and engine of one run; ``stack`` closes them."""

    def __init__(
        self,
        scenario: schema.Scenario,
        stack: ExitStack,
        scratch: str,
        streams: Mapping[int, tuple[Path, Path]],
        *,
        packets: bool,
        progress: Callable[[int], None],
    ) -> None:
        from nenc_lab.real.live.clock import LiveEnvironment
        from nenc_lab.real.live.engine import Change, LiveEngine
        from nenc_lab.real.live.queues import Queues
        from nenc_lab.real.qdiscs.schedule import flatten

        self._scenario = scenario
        self._streams = streams
        self._links = links(scenario)
        self._steps = [path_step(scenario, step) for step in timeline.steps(scenario)]
        settings = [flow_setting(scenario, flow) for flow in scenario.flows]
        crosses = [cross(scenario, traffic) for traffic in scenario.cross_traffic]
        told = [(step.at_ns, step.change) for step in self._steps]
        changes = flatten(self._links, told, scenario.duration)
        ends, calibration = self._path(settings, crosses, [change for _, change in told], scratch, stack)
        self.told: dict[str, Any] = {"calibration": calibration.plain()}
        self._base_ns = round(calibration.base_owd_ms * 1e6)
        origin_ns = time.monotonic_ns() + LEAD_NS + LEAD_PER_FLOW_NS * len(settings)
        self.flows: list[LiveFlow] = []
        for number in range(len(settings)):
            self.flows.append(
                stack.enter_context(self._flow(number, settings[number], ends[number], scratch, origin_ns, stack))
            )
        programs = self._crosses(crosses, origin_ns, stack)
        for flow in self.flows:
            flow.wait_ready()
        ready_ns = time.monotonic_ns() - origin_ns
        first = [step for step in changes if step.t_ns <= 0]
        for step in first:
            self.path.apply(step.change, step.hold_ns)
        rates = [self.path.state(link).rate_bps for link in range(len(self._links))]
        env = LiveEnvironment(origin_ns)
        stack.callback(env.close)
        self.engine = LiveEngine(
            env=env,
            links=self.path,
            queues=Queues(rates, self.path.poll()),
            flows=self.flows,
            crosses=programs,
            recorder=None,  # type: ignore[arg-type]  # set as soon as there is a folder
            duration_ns=scenario.duration,
            hops=hop_names(scenario),
            changes=[Change(step.t_ns, step.change, step.hold_ns) for step in changes if step.t_ns > 0],
            steps=self._steps,
            faults=[fault for spec in scenario.faults for fault in faults(scenario, spec)],
            remarks=self._remarks(calibration, changes, ready_ns),
            progress=progress,
            log_packets=packets,
            settle_s=self._needs().settle_s + 0.3 if streams else 0.0,
        )

    def _path(
        self,
        flows: Sequence[FlowSetting],
        crosses: Sequence[CrossSetting],
        changes: Sequence[LinkChange],
        scratch: str,
        stack: ExitStack,
    ) -> tuple[list[Ends], Calibration]:
        """The path; measured."""
        from nenc_lab.real.live.calibrate import calibrate
        from nenc_lab.real.live.flow import Ends
        from nenc_lab.real.qdiscs.layout import plan
        from nenc_lab.real.qdiscs.path import Path as NetemPath

        self.path = stack.enter_context(NetemPath(plan(self._links, flows, crosses, changes)))
        ends = [
            Ends(self.path.sender(n).netns_fd, self.path.receiver(n).netns_fd, self.path.receiver(n).address)
            for n in range(len(flows))
        ]
        return ends, calibrate(self.path, ends[0], scratch, self._needs())

    def _remarks(self, calibration: Calibration, changes: Sequence[Step], ready_ns: int) -> list[tuple[str, str]]:
        """What is known of the run before it begins."""
        from nenc_lab.real.qdiscs.able import remarks

        names = hop_names(self._scenario)
        told = [
            ("note", f"{names[link]}: {text}") for link, text in remarks(self._links, [one.change for one in changes])
        ]
        told += [("warning", text) for text in calibration.complaints()]
        if ready_ns > 0:
            told.append(
                ("warning", f"senders were ready {ready_ns / 1e9:.1f} s after time 0: what they did before is missing")
            )
        return told

    def counters(self) -> dict[str, Any]:
        """What the programs counted: of flows by end, of cross traffic its two lines of JSON."""
        flows = {flow.name: flow.counters for flow in self.flows}
        names = [traffic.name for traffic in self._scenario.cross_traffic]
        ends = [program.result for program in self.engine.crosses]
        return flows | {
            name: {"sink": ends[2 * number], "source": ends[2 * number + 1]} for number, name in enumerate(names)
        }

    # ---- parts

    def _flow(self, number: int, network: Any, ends: Any, scratch: str, origin_ns: int, stack: ExitStack) -> LiveFlow:
        from nenc_lab.real.live.argv import INSIDE as OWN
        from nenc_lab.real.live.flow import LiveFlow

        scenario = self._scenario
        flow = scenario.flows[number]
        control = controller_settings(scenario, flow)
        controller = None
        if control.kind not in OWN:
            controller = make_controller(control, flow.start)
            stack.callback(close_quietly, controller)
        return LiveFlow(
            self._live_settings(number, network, control),
            ends,
            scratch,
            origin_ns,
            self._base(number),
            timeline.marks(scenario),
            controller,
        )

    def _live_settings(self, number: int, network: Any, control: Any) -> LiveSettings:
        from nenc_lab.real.live.flow import LiveSettings

        scenario = self._scenario
        flow = scenario.flows[number]
        video = isinstance(flow.encoder, schema.VideoEncoder)
        return LiveSettings(
            name=flow.name,
            number=number,
            network=network,
            encoder=encoder_settings(scenario, flow),
            controller=control,
            start_ns=flow.start,
            stop_ns=scenario.stop_ns(flow),
            end_ns=scenario.duration,
            report_ns=flow.feedback.interval,
            deadline_ns=flow.deadline,
            seed=scenario.seed,
            stream=ENCODER_STREAM + 2 * number,
            save=str(self._streams[number][0]) if number in self._streams else None,
            out=str(self._streams[number][1]) if number in self._streams else None,
            names=(flow.encoder.kind if video else "model", "software"),
        )

    def _base(self, number: int) -> Callable[[Rows], Rows]:
        """The delay without queues of packets received then: as calibrated, moved by the timeline."""
        scenario = self._scenario
        crossed = list(timeline.crossed(scenario, scenario.flows[number]))
        first = sum(self._links[hop].delay_ns for hop in timeline.crossed(scenario, scenario.flows[0]))
        changes = [
            (step.at_ns, crossed.index(step.change.link), step.change.delay_ns)
            for step in self._steps
            if step.change.delay_ns is not None and step.change.link in crossed
        ]
        return base_delays(self._base_ns - first, [self._links[hop].delay_ns for hop in crossed], changes)

    def _crosses(self, crosses: Sequence[Any], origin_ns: int, stack: ExitStack) -> list[Any]:
        from nenc_lab.real.live import argv
        from nenc_lab.real.live.programs import Program

        programs = []
        for number, setting in enumerate(crosses):
            here, there = self.path.cross_sender(number), self.path.cross_receiver(number)
            port = CROSS_PORT + number
            tcp = setting.kind.startswith("tcp-")
            until_ns = origin_ns + setting.stop_ns + 1_000_000_000
            name = self._scenario.cross_traffic[number].name
            sink = argv.sink(tcp=tcp, port=port, netns_fd=there.netns_fd, until_ns=until_ns)
            source = argv.cross(
                setting,
                to=there.address,
                port=port,
                netns_fd=here.netns_fd,
                origin_ns=origin_ns,
                seed=self._scenario.seed,
                number=number,
            )
            for side, words, fd in (("sink", sink, there.netns_fd), ("source", source, here.netns_fd)):
                programs.append(stack.enter_context(Program(f"cross_traffic.{name}, its {side}", words, [fd])))
        return programs

    def _needs(self) -> Needs:
        from nenc_lab.real.live.calibrate import Needs

        scenario = self._scenario
        packet = scenario.flows[0].packet
        crosses = sum(traffic.mean_bps for traffic in scenario.cross_traffic if traffic.direction == DIRECTIONS[0])
        wanted = sum(flow.wire_max_bps for flow in scenario.flows) + crosses
        there = timeline.crossed(scenario, scenario.flows[0])
        back = [n for n, link in enumerate(self._links) if link.direction == DIRECTIONS[1]]
        asked_ns = sum(self._links[n].delay_ns for n in there)
        return Needs(
            load_bps=min(wanted, self._widest()),
            rates_bps={n: self.path.state(n).rate_bps for n in there},
            losses={n: self._links[n].loss for n in there},
            base_rtt_ns=asked_ns + sum(self._links[n].delay_ns for n in back),
            base_owd_ns=asked_ns,
            packet_bytes=packet,
            wire_bytes=packet + PACKET_OVERHEAD_BYTES,
            media_share=payload_fraction(packet),
            settle_s=0.3 + sum(link.delay_ns + link.jitter.max_ns for link in self._links) / 1e9,
        )

    def _widest(self) -> float:
        """The most that the forward path ever carries: the least over its hops of their highest rates."""
        most = []
        for number, link in enumerate(self._links):
            if link.direction == DIRECTIONS[0]:
                rates = [_highest(link), *(s.change.rate_bps for s in self._steps if s.change.link == number)]
                most.append(max(rate for rate in rates if rate is not None))
        return min(most, default=float("inf"))


def base_delays(
    beside_ns: int, delays_ns: Sequence[int], changes: Sequence[tuple[int, int, int]]
) -> Callable[[Rows], Rows]:
    """The delay without queues of packets received at given times: ``beside_ns`` and the sum of the hops' delays, which
    ``changes`` (time, hop, new delay; in order) alter.

    What is in a delay line keeps its old delay, and what waits before it gets the new one. When a delay grows nothing
    arrives for a while, and the new one counts from the middle of that; when it shrinks nothing overtakes, and the new
    one counts once the last packet with the old one is there. Waits in the queues of later hops are not reckoned with.
    """
    delays = list(delays_ns)
    times, bases = [int(np.iinfo(np.int64).min)], [beside_ns + sum(delays)]
    for at_ns, hop, new_ns in changes:
        from_here = beside_ns + sum(delays[hop:])
        grown = new_ns - delays[hop]
        delays[hop] = new_ns
        times.append(max(times[-1], at_ns + from_here + max(0, grown) // 2))
        bases.append(beside_ns + sum(delays))
    at, base = np.array(times, np.int64), np.array(bases, np.int64)
    return lambda received_ns: base[np.searchsorted(at, received_ns, side="right") - 1]


def _highest(link: LinkSetting) -> float:
    from nenc_lab.network.base import RateProgram

    if isinstance(link.capacity, RateProgram):
        return float(np.max(link.capacity.rate_bps))
    if link.capacity is not None:
        return link.queue_rate_bps * 2.0
    return float("inf") if link.rate_bps is None else link.rate_bps

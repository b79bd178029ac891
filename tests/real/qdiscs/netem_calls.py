"""What the tests do on real qdiscs, inside a sandbox; every function takes and returns JSON."""

from __future__ import annotations

import gc
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from functools import wraps
from pathlib import Path as File

import numpy as np
from netem_traffic import Sink, Source

from nenc_lab.errors import MachineError
from nenc_lab.network.base import (
    CrossSetting,
    FlowSetting,
    JitterSetting,
    LinkChange,
    LinkSetting,
    LossSetting,
    QueueSetting,
)
from nenc_lab.real.qdiscs import commands
from nenc_lab.real.qdiscs.attributes import attribute, walk
from nenc_lab.real.qdiscs.layout import plan
from nenc_lab.real.qdiscs.namespaces import inside, new_namespace
from nenc_lab.real.qdiscs.path import Path
from nenc_lab.real.qdiscs.qdiscs import Bfifo, Cake, Codel, FqCodel, Hfsc, HfscClass, Netem, Options, Pfifo, Pie
from nenc_lab.real.qdiscs.rtnetlink import QdiscSocket
from nenc_lab.real.qdiscs.schedule import flatten
from nenc_lab.real.qdiscs.stages import CHILD_HANDLE, CLASS, HANDLE, ROOT
from nenc_lab.scenario.capacity import Ramp

MS, S = 1_000_000, 1_000_000_000
WIRE = 1242
FLOW = FlowSetting(0, 0, 1200, 1.5, 5 * MS, False)
ECT0 = 2


def called(function):
    """As a sandbox calls it."""

    @wraps(function)
    def run(arguments, send):
        return function(**arguments)

    return run


def simple(rate=None, delay_ms=0.0, changes=(), **more) -> Path:
    links = [
        LinkSetting("forward", rate, int(delay_ms * MS), **more),
        LinkSetting("reverse", None, int(delay_ms * MS)),
    ]
    return Path(plan(links, [FLOW], (), changes))


def ends(path: Path, **more) -> tuple[Source, Sink]:
    return Source(path.sender(0), path.receiver(0), **more), Sink(path.receiver(0))


def packets(rate: float, seconds: float) -> int:
    return int(rate * seconds / 8 / WIRE)


def echo_ms(sender, receiver, count: int) -> list[float]:
    with inside(sender.netns_fd):
        near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with inside(receiver.netns_fd):
        far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with near, far:
        near.settimeout(5)
        far.settimeout(5)
        near.bind((sender.address, 7000))
        far.bind((receiver.address, 7001))
        times = []
        for _ in range(count):
            start = time.monotonic()
            near.sendto(b"x", (receiver.address, 7001))
            data, back = far.recvfrom(100)
            assert back == (sender.address, 7000)
            far.sendto(data, back)
            near.recv(100)
            times.append((time.monotonic() - start) * 1e3)
        return times


@called
def round_trip(delay_ms):
    with simple(20e6, delay_ms) as path:
        times = echo_ms(path.sender(0), path.receiver(0), 15)
        return {"first": times[0], "median": float(np.median(times)), "least": min(times)}


@called
def rate(rate_bps):
    """Of two seconds under a load, whatever timers were late meanwhile."""
    with simple(rate_bps, 5) as path:
        source, sink = ends(path)
        source.send(packets(rate_bps, 0.08))
        source.pace(rate_bps * 1.04, 2.3, sink)
        sink.wait(0.02)
        t = sink.t_ns
        t = t[(t > t[0] + 0.2 * S) & (t < t[0] + 2.2 * S)]
        return {"share": (len(t) - 1) * WIRE * 8 * S / float(t[-1] - t[0]) / rate_bps}


@called
def after_a_pause():
    """How long 41 packets at once take, from the first to the last, when the link had nothing to do before; over what
    40 of them take at its rate."""
    with simple(10e6, 5) as path:
        source, sink = ends(path)
        took = []
        for _ in range(5):
            time.sleep(0.2)
            before = len(sink.numbers)
            source.send(41)
            sink.wait(0.1)
            t = sink.t_ns[before:]
            took.append(float(t[-1] - t[0]) / (40 * WIRE * 8 / 10e6 * S))
        return {"took": took}


@called
def step_down():
    with simple(100e6, 2) as path:
        source, sink = ends(path)
        source.send(packets(100e6, 0.25))
        time.sleep(0.03)
        queued = int(path.poll()[0]["queue_packets"])
        path.apply(LinkChange(0, rate_bps=20e6))
        changed = time.time_ns()
        sink.wait(0.5)
        t = sink.t_ns - changed - 2 * MS
        return {"queued": queued, "before": int((t < 0).sum()), "after": int(((t > 0) & (t < 0.3 * S)).sum())}


@called
def lossy(kind, count):
    loss = LossSetting(kind, 0.01, 0.3) if kind == "gilbert-elliott" else LossSetting(kind, 0.01)
    with simple(None, 1, loss=loss) as path:
        source, sink = ends(path, size=100)
        for _ in range(count // 64):
            source.send(64)
            sink.take()
        sink.wait(0.1)
        got = np.zeros(source.sent, bool)
        got[sink.numbers] = True
        lost = ~got
        runs = int((lost[1:] & ~lost[:-1]).sum()) + int(lost[0])
        drops = int(path.poll()[0]["drops_loss"])
        return {"sent": source.sent, "lost": int(lost.sum()), "runs": runs, "drops": drops}


@called
def entry_loss():
    with simple(50e6, 1, loss=LossSetting("bernoulli", 0.5), loss_at="entry") as path:
        source, sink = ends(path)
        source.pace(20e6, 0.5, sink)
        sink.wait(0.05)
        row = path.poll()[0]
        return {
            "sent": source.sent,
            "got": len(sink.numbers),
            "through": int(row["packets"]),
            "drops": int(row["drops_loss"]),
        }


@called
def jitter(kind):
    with simple(50e6, 20, jitter=JitterSetting(kind, 5 * MS, 15 * MS)) as path:
        source, sink = ends(path)
        source.pace(20e6, 1.5, sink)
        sink.wait(0.1)
        n = sink.numbers
        return {"sent": source.sent, "got": len(n), "overtaken": int((np.diff(n) < 0).sum())}


@called
def delay_spread(kind):
    """One packet at a time: nothing to queue behind."""
    with simple(50e6, 5, jitter=JitterSetting(kind, 5 * MS, 10 * MS)) as path:
        times = np.array(echo_ms(path.sender(0), path.receiver(0), 120)) - 10
        return {"mean": float(times.mean()), "most": float(times.max()), "least": float(times.min())}


@called
def shorter_delay():
    with simple(50e6, 60) as path:
        source, sink = ends(path)
        source.pace(20e6, 0.3, sink)
        path.apply(LinkChange(0, delay_ns=5 * MS))
        source.pace(20e6, 0.3, sink)
        sink.wait(0.1)
        return {"sent": source.sent, "got": len(sink.numbers), "overtaken": int((np.diff(sink.numbers) < 0).sum())}


@called
def outage():
    with simple(20e6, 2) as path:
        source, sink = ends(path)
        source.send(packets(20e6, 0.25))
        time.sleep(0.05)
        path.apply(LinkChange(0, rate_bps=0.0))
        began = time.time_ns()
        sink.wait(1.0)
        path.apply(LinkChange(0, rate_bps=20e6))
        ended = time.time_ns()
        sink.wait(0.4)
        t = sink.t_ns - 2 * MS
        rows = path.poll()
        return {
            "during": int(((t > began) & (t < ended - 2 * MS)).sum()),
            "first_ms": float((t[t > ended - 2 * MS][0] - ended) / MS),
            "sent": source.sent,
            "got": len(t),
            "counted": int(rows[0]["packets"]),
            "drops": int(rows[0]["drops_queue"]),
        }


@called
def full_queue_outage():
    """Nothing more arrives, the queue is full, and the rate comes back."""
    with simple(20e6, 0, queue=QueueSetting("packets", 50)) as path:
        source, sink = ends(path)
        path.apply(LinkChange(0, rate_bps=0.0))
        source.send(200)
        sink.wait(0.2)
        before = len(sink.numbers)
        path.apply(LinkChange(0, rate_bps=20e6))
        sink.wait(0.3)
        return {"before": before, "after": len(sink.numbers)}


@called
def limits():
    """What tc itself says of class and queue after changes."""
    changes = [
        LinkChange(0, rate_bps=5e6),
        LinkChange(0, rate_bps=0.0),
        LinkChange(0, rate_bps=80e6),
        LinkChange(0, queue=QueueSetting("bytes", 50_000)),
    ]
    with simple(20e6, 10, changes=changes) as path:
        said = [_class_and_queue(path)]
        for change in changes:
            path.apply(change)
            said.append(_class_and_queue(path))
        return said


def _class_and_queue(path: Path) -> tuple[str, int]:
    fd = path._namespaces["f0-rate"]
    (limit,) = [entry["options"]["limit"] for entry in _tc_here(fd) if entry["kind"] == "bfifo"]
    return _text(fd, "tc", "class", "show", "dev", "out").split(" ul ")[1].strip(), limit


def _tc_here(fd: int) -> list[dict]:
    with inside(fd):
        shown = subprocess.run(["tc", "-s", "-j", "qdisc", "show"], capture_output=True, check=True, text=True)
    said = re.sub(r"default (\w+) ", r'"default":"\1"', shown.stdout)  # tc's hfsc does not know JSON
    return [entry for entry in json.loads(said) if entry["kind"] != "noqueue"]


MANY = [
    LinkSetting("forward", 20e6, 10 * MS, loss=LossSetting("bernoulli", 0.02), loss_at="entry"),
    LinkSetting(
        *("forward", 30e6, 15 * MS, QueueSetting("packets", 77), LossSetting("gilbert-elliott", 0.01, 0.3, 0.9, 0.001)),
        jitter=JitterSetting("reorder", 3 * MS, 9 * MS),
        duplicate=0.01,
    ),
    LinkSetting("forward", None, 7 * MS, jitter=JitterSetting("ordered", 2 * MS, 6 * MS)),
    LinkSetting("reverse", 9e6, 12 * MS, ecn_ns=20 * MS),
    LinkSetting("reverse", None, 3 * MS),
]
MANY_FLOWS = [FlowSetting(*pair, 1200, 1.5, 5 * MS, False) for pair in ((0, 2), (1, 1), (2, 2))]
MANY_CROSSES = [
    CrossSetting("cbr", "forward", 0, 1, 1e6, WIRE, 0, 1),
    CrossSetting("cbr", "reverse", 1, 1, 1e6, WIRE, 0, 1),
]
MANY_CHANGES = [
    LinkChange(0, rate_bps=0.0),
    LinkChange(1, jitter=JitterSetting("ordered", 4 * MS, 8 * MS), delay_ns=20 * MS),
    LinkChange(2, loss=LossSetting("bernoulli", 0.05)),
    LinkChange(3, rate_bps=4e6),
    LinkChange(1, queue=QueueSetting("packets", 20)),
]


def _many():
    return plan(MANY, MANY_FLOWS, MANY_CROSSES, MANY_CHANGES)


@called
def printed_commands(folder):
    """The printed lines, run by a shell, make the same qdiscs, at the start and after every change."""
    layout = _many()
    os.environ["TC_LIB_DIR"] = folder
    os.makedirs("/run/netns", exist_ok=True)
    _shell(commands.commands(layout))
    pairs = []
    with Path(layout) as path:
        pairs.append((_all(path), _all_named(layout)))
        for change in MANY_CHANGES:
            path.apply(change)
        steps = flatten(MANY, [(i, change) for i, change in enumerate(MANY_CHANGES)], S)
        _shell([line for _, line in commands.change_commands(layout, steps)])
        pairs.append((_all(path), _all_named(layout)))
        routes = [_text(fd, "ip", "route") for fd in path._namespaces.values()]
    named_routes = [_named_text(node, "ip", "route") for node in layout.nodes]
    _shell(commands.removal(layout))
    return {"pairs": pairs, "routes": routes, "named_routes": named_routes, "left": os.listdir("/run/netns")}


def _shell(lines):
    # this machine may lack ethtool; what it does is tested with sizes of packets
    lines = [line for line in lines if " ethtool " not in line]
    script = "set -e\n" + "\n".join(lines)
    done = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _all(path):
    return {node: [_plain(_tc_here(fd)), _classes(fd)] for node, fd in path._namespaces.items()}


def _all_named(layout):
    shown = {}
    for node in layout.nodes:
        fd = os.open(f"/run/netns/{commands.PREFIX}{node}", os.O_RDONLY)
        shown[node] = [_plain(_tc_here(fd)), _classes(fd)]
        os.close(fd)
    return shown


def _classes(fd):
    return [_text(fd, "tc", "class", "show", "dev", device) for device in sorted({e["dev"] for e in _tc_here(fd)})]


def _plain(entries):
    """What was asked for: without what the kernel counts, and without the seed it drew for a netem (told since 6.6)."""
    keep = ("kind", "handle", "parent", "root", "options")
    for entry in entries:
        entry.get("options", {}).pop("seed", None)
    return sorted(({name: entry.get(name) for name in keep} for entry in entries), key=lambda entry: entry["kind"])


def _text(fd, *words):
    with inside(fd):
        return subprocess.run(words, capture_output=True, check=True, text=True).stdout.replace("proto static ", "")


def _named_text(node, *words):
    fd = os.open(f"/run/netns/{commands.PREFIX}{node}", os.O_RDONLY)
    try:
        return _text(fd, *words)
    finally:
        os.close(fd)


@called
def many_hops():
    """Every pair of hosts talks, and every link counts what crosses it and nothing else."""
    clean = [
        *(LinkSetting("forward", 20e6, MS) for _ in range(3)),
        *(LinkSetting("reverse", None, MS) for _ in range(2)),
    ]
    found = []
    with Path(plan(clean, MANY_FLOWS, MANY_CROSSES)) as path:
        time.sleep(0.3)
        idle = path.poll()["packets"].tolist()
        pairs = [(path.sender(i), path.receiver(i)) for i in range(3)]
        pairs += [(path.cross_sender(i), path.cross_receiver(i)) for i in range(2)]
        for sender, receiver in pairs:
            before = path.poll()["packets"]
            times = echo_ms(sender, receiver, 5)
            found.append([float(min(times)), (path.poll()["packets"] - before).tolist()])
    return {"idle": idle, "pairs": found}


@called
def sizes():
    """What TCP and UDP_SEGMENT would merge crosses the bottleneck as single packets."""
    with simple(200e6, 1, queue=QueueSetting("bytes", 4_000_000)) as path:
        sender, receiver = path.sender(0), path.receiver(0)
        with inside(receiver.netns_fd):
            server = socket.create_server((receiver.address, 7777))
        with inside(sender.netns_fd):
            client = socket.socket()
            datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with server, client, datagrams:
            client.connect((receiver.address, 7777))
            far, _ = server.accept()
            got = 0
            writer = threading.Thread(target=client.sendall, args=(bytes(2_000_000),))
            writer.start()
            while got < 2_000_000:
                got += len(far.recv(1 << 16))
            writer.join()
            far.close()
            client.close()
            time.sleep(0.1)
            after_tcp = path.poll()[0]
            datagrams.setsockopt(socket.IPPROTO_UDP, 103, 1200)  # UDP_SEGMENT
            datagrams.connect((receiver.address, 7778))
            sink = Sink(receiver, 7778)
            for _ in range(20):
                datagrams.send(bytes(48_000))
            time.sleep(0.1)
            after_udp = path.poll()[0]
            sink.close()
    return {
        "tcp": float(after_tcp["bytes"] / after_tcp["packets"]),
        "udp_packets": int(after_udp["packets"] - after_tcp["packets"]),
        "udp": float((after_udp["bytes"] - after_tcp["bytes"]) / (after_udp["packets"] - after_tcp["packets"])),
    }


@called
def marked():
    with simple(10e6, 1, ecn_ns=20 * MS) as path:
        source, sink = ends(path, tos=ECT0)
        source.send(packets(10e6, 0.1))
        sink.wait(0.3)
        tos, row = sink.tos, path.poll()[0]
        return {
            "got": len(tos),
            "ce": int((tos == 3).sum()),
            "first": int(np.argmax(tos == 3)),
            "counted": int(row["marked"]),
        }


@called
def aqm(kind):
    """Each queue under the serialiser: taken, and at work."""
    queues: dict[str, Options] = {
        "codel": Codel(5 * MS, 100 * MS, 1000, ecn=True),
        "fq_codel": FqCodel(5 * MS, 100 * MS, 1000, ecn=True),
        "pie": Pie(15 * MS, 15 * MS, 1000, ecn=False),
        "cake": Cake(100 * MS, 4_000_000),
        "pfifo": Pfifo(30),
        "bfifo": Bfifo(30_000),
    }
    fd = new_namespace()
    with inside(fd):
        subprocess.run(["ip", "link", "add", "x0", "type", "veth", "peer", "x1"], check=True)
        sock, index = QdiscSocket("x0"), socket.if_nametoindex("x0")
    try:
        sock.add(index, ROOT, HANDLE, Hfsc())
        sock.add(index, HANDLE, CLASS, HfscClass(10_000_000))
        sock.add(index, CLASS, CHILD_HANDLE, queues[kind])
        sock.change(index, HANDLE, CLASS, HfscClass(5_000_000))
        told = sock.change(index, CLASS, CHILD_HANDLE, queues[kind])
        return told.values
    finally:
        sock.close()
        os.close(fd)


@called
def raw_options(line, netem):
    """TCA_OPTIONS as told of a qdisc of our making and of tc's, less the seed that the kernel drew for each."""
    options: Options = Netem(**netem, loss=LossSetting("gilbert-elliott", 0.01, 0.3, 0.9, 0.005))
    told = []
    for ours in (True, False):
        fd = new_namespace()
        with inside(fd):
            subprocess.run(["ip", "link", "add", "x0", "type", "veth", "peer", "x1"], check=True)
            sock, index = QdiscSocket("x0"), socket.if_nametoindex("x0")
            if ours:
                sock.add(index, ROOT, HANDLE, options)
            else:
                subprocess.run(["tc", "qdisc", "add", "dev", "x0", "root", "handle", "1:", *line.split()], check=True)
            told.append(_without_seed(sock.get(index, ROOT, HANDLE).options).hex())
        sock.close()
        os.close(fd)
    return told


def _without_seed(options: bytes) -> bytes:
    """Options of a netem less TCA_NETEM_PRNG_SEED (told since Linux 6.6) and what pads it."""
    fixed = 24  # struct tc_netem_qopt
    kept = (attribute(kind, value) for kind, value in walk(options[fixed:]) if kind not in (9, 14))
    return options[:fixed] + b"".join(kept)


@called
def ramp():
    """Backlogged through a ramp down and up: what came through against the ramp's integral."""
    links = [LinkSetting("forward", 40e6, 1 * MS, QueueSetting("bytes", 4_000_000)), LinkSetting("reverse", None, MS)]
    steps = flatten(
        links,
        [
            (0, LinkChange(0, rate_bps=10e6, ramp=Ramp(40e6, 10e6, S))),
            (S, LinkChange(0, rate_bps=40e6, ramp=Ramp(10e6, 40e6, S))),
        ],
        3 * S,
    )
    with Path(plan(links, [FLOW])) as path:
        source, sink = ends(path)
        source.send(600)
        time.sleep(0.05)
        counted = path.poll()[0]["bytes"]
        late, start = [], time.monotonic()
        for step in steps:
            while (left := step.t_ns / S - (time.monotonic() - start)) > 0:
                if path.poll()[0]["queue_packets"] < 400:
                    source.send(64)
                sink.take()
                time.sleep(max(0.0, min(left, 0.005)))
            path.apply(step.change, step.hold_ns)
            late.append(time.monotonic() - start - step.t_ns / S)
        carried = float(path.poll()[0]["bytes"] - counted) * 8
        took = time.monotonic() - start
    return {"carried": carried / 50e6, "took": took, "late_ms": max(late) * 1e3, "steps": len(steps)}


@called
def duplicates():
    with simple(None, 1, duplicate=0.1) as path:
        source, sink = ends(path, size=100)
        for _ in range(100):
            source.send(50)
            sink.take()
        sink.wait(0.1)
        return {"sent": source.sent, "got": len(sink.numbers), "distinct": len(set(sink.numbers.tolist()))}


@called
def removed_behind_our_back():
    with simple(20e6, 5) as path:
        with inside(path._namespaces["f0-rate"]):
            subprocess.run(["tc", "qdisc", "del", "dev", "out", "root"], check=True)
        try:
            path.apply(LinkChange(0, rate_bps=10e6))
        except MachineError as error:
            return str(error)
    return ""


@called
def costs():
    """Of a poll per namespace and of a change, in milliseconds, medians; and of building."""
    with simple(20e6, 5) as path:
        polls, changes = [], []
        for i in range(100):
            start = time.monotonic()
            path.poll()
            polls.append(time.monotonic() - start)
            start = time.monotonic()
            path.apply(LinkChange(0, rate_bps=10e6 + i))
            changes.append(time.monotonic() - start)
        stages = len(path.layout.stages)
    start = time.monotonic()
    with simple(20e6, 5):
        built = time.monotonic() - start
    return {"poll": np.median(polls) * 1e3 / stages, "change": np.median(changes) * 1e3, "build": built}


@called
def left_behind(count):
    """Descriptors, threads, children and namespaces after that many paths, some of which fail."""
    with simple(20e6, 5):
        pass
    gc.collect()
    before, namespaces = _held(), _namespaces()
    for i in range(count):
        if i % 4 == 3:
            try:
                with simple(20e6, 5):
                    raise KeyError
            except KeyError:
                pass
        else:
            with simple(20e6, 5):
                pass
    gc.collect()
    deadline = time.monotonic() + 10
    while (more := _namespaces() - namespaces) > 5 and time.monotonic() < deadline:
        time.sleep(0.1)
    return {"before": before, "after": _held(), "namespaces": more}


def _held():
    children = File(f"/proc/self/task/{os.getpid()}/children")
    return [
        len(os.listdir("/proc/self/fd")),
        threading.active_count(),
        len(os.listdir("/proc/self/task")),
        children.read_text() if children.exists() else "",
    ]


def _namespaces():
    """Network namespaces the whole kernel has; 0 where it does not tell."""
    try:
        lines = File("/proc/slabinfo").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("net_namespace ")), 0)


@called
def imports_stay_light():
    return [name for name in ("scipy", "matplotlib", "pyarrow", "pydantic") if name in sys.modules]

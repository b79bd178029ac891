"""Both networks run, and what is left: reports, interrupts, controllers that fail."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

from nenc_lab import runs as runs_of_lab
from nenc_lab.analysis.pair import Verdict
from nenc_lab.errors import InputError, MachineError
from nenc_lab.parity.batch import NETEM, VIRTUAL, Case, Network, Wanted, execute, of_existing, on_virtual
from nenc_lab.parity.existing import runs, sides
from nenc_lab.parity.folder import ParityFolder
from nenc_lab.parity.notes import Note
from nenc_lab.scenario.load import parse


def scenario(name="pair", seed=1, delay="20ms", rate="20Mbps"):
    return parse(
        {
            "version": 1,
            "name": name,
            "duration": "6s",
            "seed": seed,
            "path": {"forward": {"rate": rate, "delay": delay}, "reverse": {"delay": "20ms"}},
            "flows": [{"name": "video", "rate": {"min": "1Mbps", "max": "50Mbps", "start": "5Mbps"}}],
        },
        "test",
    )


def case(name="pair", seeds=(1, 2), notes=()):
    return Case(tuple(scenario(name, seed) for seed in seeds), notes)


def slower(wanted, argv, progress):
    """A network that is wrong: it has half of the rate."""
    for number, one in enumerate(wanted):
        half = scenario(one.scenario.name, one.scenario.seed, rate="10Mbps")
        (folder,) = on_virtual([Wanted(half, one.out)], argv, None)
        if progress is not None:
            progress(number, half.duration)
        yield folder


SAME = Network("same", on_virtual)
SLOWER = Network("slower", slower)


def test_all_runs_on_netem_are_in_one_place(tmp_path, monkeypatch):
    opened, places = [], []

    @contextmanager
    def place_of(backend, scenarios, kind="auto"):
        opened.append([each.seed for each in scenarios])
        yield "a place"

    run = runs_of_lab.run_scenario

    def run_scenario(scenario, *, backend, place, **more):
        places.append((backend, place))
        return run(scenario, **more)

    monkeypatch.setattr(runs_of_lab, "place_of", place_of)
    monkeypatch.setattr(runs_of_lab, "run_scenario", run_scenario)
    wanted = [Wanted(scenario(seed=seed), tmp_path) for seed in (1, 2, 3)]
    assert len(list(NETEM.run(wanted, ["test"], None))) == 3
    assert opened == [[1, 2, 3]]
    assert places == [("netem", "a place")] * 3


def test_two_networks_that_are_one_agree(tmp_path):
    (report,) = execute([case()], (VIRTUAL, SAME), out=tmp_path, argv=["test"])
    assert report.parity.verdict is Verdict.AGREES
    assert {pair.difference.mean for _, pair in report.parity.pairs if pair.difference} == {0.0}
    assert report.parity.flows[0].distance.mean_mbps == 0.0
    assert report.folder.parent == tmp_path
    assert report.folder.name.startswith("pair-")
    names = sorted(path.name for path in report.folder.iterdir())
    assert names == ["parity.json", "parity.md", "parity.png", "parity.svg", "same", "virtual"]
    info = json.loads((report.folder / "parity.json").read_text())
    assert (info["status"], info["verdict"], info["seeds"], info["argv"]) == ("complete", "agrees", [1, 2], ["test"])
    assert [run["seed"] for run in info["sides"]["same"]] == [1, 2]
    text = (report.folder / "parity.md").read_text()
    assert text.splitlines()[2] == "**Agrees**: all 6 pairs are within tolerance."
    assert "- same: `same/pair-nenc-2-" in text
    assert str(tmp_path) not in text


def test_a_wrong_network_is_found_out_and_explained(tmp_path):
    notes = (Note("pa*", "half of the rate is all it has", figure="goodput"), Note("other", "not this one"))
    heard = []
    reports = list(
        execute(
            [case(notes=notes), case("another", (3,))],
            (VIRTUAL, SLOWER),
            out=tmp_path,
            plot=False,
            progress=lambda number, now_ns: heard.append((number, now_ns)),
        )
    )
    assert [report.parity.scenario for report in reports] == ["pair", "another"]
    assert [report.parity.verdict for report in reports] == [Verdict.MISSES] * 2
    assert heard == [(number, 6_000_000_000) for number in range(3)]  # all runs of a network in one go
    text = (reports[0].folder / "parity.md").read_text()
    for words in (
        "**video: goodput misses: virtual ",
        "- noted: half of the rate is all it has",
        "- the scenarios differ: path.forward.rate is 20Mbps in virtual, 10Mbps in slower",
        "- packets a full queue dropped, all flows: virtual ",
    ):
        assert words in text, text
    assert "not this one" not in text
    goodput = json.loads((reports[0].folder / "parity.json").read_text())["flows"]["video"]["pairs"][0]
    assert (goodput["figure"], goodput["verdict"], goodput["notes"]) == ("goodput", "misses", [notes[0].text])
    assert goodput["means"]["slower"]["mean"] == pytest.approx(goodput["means"]["virtual"]["mean"] / 2, rel=0.2)
    assert "A single run has no interval" in (reports[1].folder / "parity.md").read_text()


def test_a_second_call_keeps_the_first_report(tmp_path):
    folders = [next(execute([case(seeds=(1,))], (VIRTUAL, SAME), out=tmp_path, plot=False)).folder for _ in range(2)]
    assert folders[1].name == f"{folders[0].name}-2"


def interrupted_after(count, error):
    def run(wanted, argv, progress):
        yield from on_virtual(wanted[:count], argv, progress)
        raise error

    return Network("netem", run)


def test_an_interrupt_leaves_a_report_on_what_there_is(tmp_path):
    batch = execute(
        [case("one"), case("two"), case("three")],
        (VIRTUAL, interrupted_after(3, KeyboardInterrupt())),
        out=tmp_path,
        plot=False,
    )
    assert next(batch).parity.scenario == "one"
    partial = next(batch)
    with pytest.raises(KeyboardInterrupt):
        next(batch)
    status = {path.name.split("-")[0]: json.loads((path / "parity.json").read_text()) for path in tmp_path.iterdir()}
    assert {name: info["status"] for name, info in status.items()} == {
        "one": "complete",
        "two": "partial",
        "three": "partial",
    }
    (two,) = tmp_path.glob("two-*")
    assert (partial.folder, partial.partial) == (two, True)
    assert "It was interrupted" in (two / "parity.md").read_text()
    assert [len(runs) for runs in status["two"]["sides"].values()] == [2, 1]
    (three,) = tmp_path.glob("three-*")
    assert len(list(three.glob("virtual/*/run.json"))) == 2  # its runs can be compared later
    assert not (three / "parity.md").exists()


def test_a_network_that_is_not_there_leaves_no_empty_folder(tmp_path):
    broken = Network("virtual", interrupted_after(0, MachineError("no network")).run)
    with pytest.raises(MachineError, match="no network"):
        list(execute([case()], (broken, SAME), out=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_folders_that_exist_are_compared_by_scenario(tmp_path):
    for network, delay in (("a", "20ms"), ("b", "60ms")):
        for name in ("one", "two"):
            list(on_virtual([Wanted(scenario(name, delay=delay), tmp_path / network)], [], None))
    pairs = sides([str(tmp_path / "a")], [str(tmp_path / "b" / "*")])
    assert [[side.name for side in pair] for pair in pairs] == [["a", "b"]] * 2
    report = of_existing(*pairs[0], out=tmp_path / "out", plot=False)
    assert report.parity.scenario == "one"
    (known,) = [one.text for one in report.parity.flows[0].evidence if "lowest round-trip" in one.text]
    assert [round(float(words.split()[1])) for words in known.split(": ")[1].split(", ")] == [40, 80]
    with pytest.raises(InputError, match="two has runs in --from only"):
        sides([str(tmp_path / "a")], [str(next((tmp_path / "b").glob("one-*")))])
    with pytest.raises(InputError, match=r"--against .*nothing: no run folder there"):
        sides([str(tmp_path / "a")], [str(tmp_path / "nothing")])
    one = str(next((tmp_path / "a").glob("one-*")))
    assert len(runs([one, one, str(tmp_path / "a")], "--from")) == 2


def test_a_place_that_cannot_be_written_is_said_plainly(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MachineError, match="--out DIR"):
        ParityFolder.create(tmp_path / "file" / "out", "name", 1, {})

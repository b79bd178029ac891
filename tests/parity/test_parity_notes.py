"""Notes on known differences: read strictly, matched by what they are about."""

from __future__ import annotations

import pytest

from nenc_lab.analysis.pair import pair
from nenc_lab.analysis.tolerance import TOLERANCES
from nenc_lab.errors import ScenarioError
from nenc_lab.parity.notes import NAME, Note, beside, load, texts

DELAY = pair(TOLERANCES["queue_delay_p95"], [1.0], [2.0])
SETTLING = pair(TOLERANCES["settling"], [1.0], [2.0], at_s=20.0, change="capacity")

GOOD = """\
version: 1
notes:
  - {scenario: "rtt-sweep-*", figure: queue_delay_p95, text: measured one way}
  - scenario: step
    flow: video
    at: 20s
    text: >
      two
      lines
"""


def test_a_note_is_shown_where_it_belongs(tmp_path):
    (tmp_path / "notes.yaml").write_text(GOOD)
    notes = load(tmp_path / "notes.yaml")
    assert notes == (
        Note("rtt-sweep-*", "measured one way", figure="queue_delay_p95"),
        Note("step", "two lines", flow="video", at_s=20.0),
    )
    assert texts(notes, "rtt-sweep-050ms", "any", DELAY) == ("measured one way",)
    assert texts(notes, "rtt-sweep-050ms", "any", SETTLING) == ()
    assert texts(notes, "step", "video", SETTLING) == ("two lines",)
    assert texts(notes, "step", "other", SETTLING) == ()
    assert texts(notes, "step", "video", DELAY) == ()  # of the whole run, not of a change


def test_notes_are_found_beside_the_scenario_or_above(tmp_path):
    family = tmp_path / "family"
    family.mkdir()
    assert beside(family / "a.yaml") == ()
    (tmp_path / NAME).write_text(GOOD)
    assert len(beside(family / "a.yaml")) == len(beside(tmp_path / "b.yaml")) == 2
    (family / NAME).write_text("version: 1\nnotes: []\n")
    assert beside(family / "a.yaml") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("notes: []\n", "begins with version: 1"),
        ("version: 2\nnotes: []\n", "notes.yaml:1:10: version"),
        ("version: 1\n", "is a list of notes"),
        ("version: 1\nnotes: [x]\n", "not a group of keys"),
        ("version: 1\nnotes:\n  - {scenario: a}\n", "a note has a text"),
        ("version: 1\nnotes:\n  - {scenario: a, text: b, figur: loss}\n", "did you mean 'figure'"),
        ("version: 1\nnotes:\n  - {scenario: a, text: b, figure: los}\n", "did you mean 'loss'"),
        ("version: 1\nnotes:\n  - {scenario: a, text: b, at: 20}\n", "notes.0.at"),
        ("version: 1\nnotes:\n  - {scenario: a, text: b, at: '20'}\n", "has no unit"),
        ("- 1\n", "not a group of keys"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path, text, said):
    file = tmp_path / "notes.yaml"
    file.write_text(text)
    with pytest.raises(ScenarioError) as caught:
        load(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)

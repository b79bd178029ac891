"""The reference of all keys in scenarios/README.md is the one that the schema gives, and it is whole."""

from __future__ import annotations

import re
from pathlib import Path

from nenc_lab.scenario.jsonschema import schema
from nenc_lab.scenario.reference import markdown

README = Path(__file__).parents[2] / "scenarios" / "README.md"
MARK = "<!-- made by: nenc-lab schema --markdown -->\n"


def test_the_readme_has_the_reference_that_the_schema_gives():
    there = README.read_text(encoding="utf-8").partition(MARK)[2]
    assert there.strip() == markdown(schema()).strip(), "run: nenc-lab schema --markdown, and paste it below the mark"


def test_every_group_of_the_schema_has_its_table():
    parts = schema()["$defs"]
    headings = re.findall(r"^### (.*)$", markdown(schema()), re.MULTILINE)
    assert len(headings) == len(parts) + 1
    assert len(set(headings)) == len(headings)


def test_every_key_of_a_group_is_a_row():
    text = markdown(schema())
    for part in schema()["$defs"].values():
        for form in [part, *part.get("anyOf", ())]:
            for key in form.get("properties", {}):
                assert f"| `{key}` |" in text


def test_every_link_leads_to_a_heading():
    text = markdown(schema())
    anchors = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^### (.*)$", text, re.MULTILINE)
    }
    links = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert links
    assert links <= anchors


def test_required_keys_and_defaults_are_told():
    text = markdown(schema())
    assert "| `duration` | time | required | Simulated time. |" in text
    assert "| `seed` | whole number, at least 0 | `1` |" in text

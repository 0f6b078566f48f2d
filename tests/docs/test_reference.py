"""Pages that schema and docstrings write are up to date, and say of every key and every strategy what it is."""

from __future__ import annotations

import re

import pytest

from arena.base.units import Bits, Bytes, Count, Seconds, Share
from arena.reference.pages import PAGES, catalogue, scenarios, write
from arena.reference.words import as_yaml, in_words, paragraphs, row
from arena.scenario.scenario import KEYS
from arena.scenario.schema import SAYS, object_of, schema
from arena.strategies.catalogue import built_in, find
from arena.strategies.kinds import KINDS
from tests.docs.pages import DOCS


@pytest.mark.parametrize("name", PAGES)
def test_the_committed_page_is_what_the_code_says(name):
    assert (DOCS / name).read_text() == PAGES[name](), f"docs/{name} is out of date: run make reference"


def test_only_what_changed_is_written(tmp_path):
    assert [path.name for path in write(tmp_path)] == list(PAGES) and write(tmp_path) == []
    (tmp_path / "catalogue.md").write_text("# Old\n")
    assert [path.name for path in write(tmp_path)] == ["catalogue.md"]


def test_every_key_of_a_scenario_says_what_it_means():
    assert tuple(SAYS) and set(SAYS) == set(KEYS) == set(schema()["properties"])
    assert all(schema()["properties"][key]["description"] for key in KEYS)
    assert all(f"\n| `{key}` | " in scenarios() for key in KEYS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_strategy_has_words_and_its_parameters(kind):
    part = catalogue().split(f"\n## {kind.capitalize()}\n")[1].split("\n## ")[0]
    for name in built_in(kind):
        section = re.split(r"\n### ", part.split(f"\n### {name}\n")[1])[0]
        assert re.search(r"\w{3}", section.strip().splitlines()[0]), f"{name} says nothing of itself"
        assert all(f"\n| `{word}` | " in section for word in object_of(find(kind, name))["properties"])


@pytest.mark.parametrize(("takes", "words"), [
    ({"type": "integer", "minimum": 1, "maximum": 5}, "whole number, from 1 to 5"),
    ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, "number, above 0 below 1"),
    ({"type": "integer", "minimum": 0, "maximum": 2**128}, "whole number, from 0"),
    ({"enum": ["a", 1, True, None]}, "`a`, `1`, `true`, `null`"),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or nothing"),
    ({"type": "array", "items": {"$ref": "#/$defs/attacks"}}, "list of: [attack](catalogue.md#attacks)"),
    ({"type": "array"}, "list")])
def test_a_schema_in_words(takes, words):
    assert in_words(takes) == words


@pytest.mark.parametrize(("hint", "value", "written", "words"), [
    (Bits, 64.0, "64", "number, or as `64 bits`, from 0"), (Count, 4096, "4096", "number, or as `2^22`, from 1"),
    (Share, 0.3, "0.3", "number, or as `30 %` or `-10 points`, from 0 to 1"),
    (Seconds, 90.0, "1.5 min", "number, or as `10 min`, above 0"),
    (Bytes, 2.0**32, "4 GiB", "number, or as `4 GiB`")])
def test_a_quantity_in_words(hint, value, written, words):
    from pydantic import TypeAdapter

    takes = TypeAdapter(hint).json_schema()
    assert in_words(takes) == words and as_yaml(value, takes) == written
    for example in takes["examples"]:
        TypeAdapter(hint).validate_python(example)


def test_texts_are_no_markup():
    assert paragraphs("a <b> c*d* `e*|f`\n\n  g\n  h") == [r"a \<b> c\*d\* `e*|f`", "g h"]
    assert row("a|b", r"c\|d") == r"| a\|b | c\|d |"

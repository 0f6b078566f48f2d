"""CITATION.cff says what its schema asks for, and the version that is there; the changelog begins with that."""

from __future__ import annotations

import re

import yaml

from arena.base.machine import VERSION
from tests.conftest import ROOT

NEEDED = {"cff-version", "message", "title", "authors"}
PERSON, ENTITY = {"family-names", "given-names"}, {"name"}


def _are_authors(found):
    return bool(found) and all(isinstance(each, dict) and set(each) in (PERSON, ENTITY) and all(each.values())
                               for each in found)


def test_the_citation_is_valid():
    """The Citation File Format 1.2.0: what must be there, and of a reference authors, title and type."""
    told = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert set(told) >= NEEDED and told["cff-version"] == "1.2.0" and told["type"] in ("software", "dataset")
    assert _are_authors(told["authors"]) and str(told["version"]) == VERSION
    assert len(told["references"]) == 4 and "license" not in told, "no licence was chosen"
    for reference in told["references"]:
        assert _are_authors(reference["authors"]) and reference["title"] and reference["type"] == "article"
        assert 2017 <= reference.get("year", 2017) <= 2022, "of the abstract no year is known"


def test_readme_cites_the_same_papers():
    readme = " ".join((ROOT / "README.md").read_text().split())
    for reference in yaml.safe_load((ROOT / "CITATION.cff").read_text())["references"]:
        assert reference["title"] in readme and str(reference.get("year", "abstract")) in readme
        assert all(author["family-names"] in readme for author in reference["authors"])


def test_the_changelog_has_this_version():
    assert re.findall(r"^## .*?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.M)[0] == VERSION

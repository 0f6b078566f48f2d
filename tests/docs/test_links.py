"""Every link of README and docs leads somewhere, and the site has a place for every page."""

from __future__ import annotations

import pytest
import yaml

from tests.conftest import ROOT
from tests.docs.pages import DOCS, broken, links, pages


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    assert broken(page) == []


@pytest.mark.parametrize("target", ["none.md", "page.md#nowhere", "#nowhere", "../docs/none.png"])
def test_a_link_that_leads_nowhere_is_found(tmp_path, target):
    page = tmp_path / "page.md"
    page.write_text(f"# Here\n\n[good](#here) and [bad]({target}), `[code](none.md)`\n\n    [code](none.md)\n")
    assert list(links(page)) == ["#here", target] and broken(page) == [target]


def test_pages_of_the_site_stay_within_it():
    """What mkdocs can't build: a link from docs to a file above them."""
    found = [(page.parent / link.partition("#")[0]).resolve() for page in DOCS.rglob("*.md") for link in links(page)
             if not link.startswith("http")]
    assert len(found) > 50 and all(file.is_relative_to(DOCS) for file in found)


def _files(nav):
    return [nav] if isinstance(nav, str) else [file for part in (nav.values() if isinstance(nav, dict) else nav)
                                               for file in _files(part)]


def test_the_site_names_every_page():
    """Pages of results are many and come from a command: their index names them."""
    named = _files(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"])
    assert len(named) == len(set(named)) and all((DOCS / file).is_file() for file in named)
    assert not [str(page) for page in DOCS.rglob("*.md") if page.parent.name != "results"
                and str(page.relative_to(DOCS)) not in named]

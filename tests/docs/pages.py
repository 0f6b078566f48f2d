"""What README and docs show: their examples by name, their links, the anchors of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.conftest import ROOT

DOCS = ROOT / "docs"
EXAMPLE = re.compile(r"<!-- example: (\S+) -->\n```\w+\n(.*?)```", re.S)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.M)


def pages() -> list[Path]:
    """README and its like, and every page of the docs."""
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def examples(page: Path) -> Mapping[str, str]:
    """Name -> text of the examples of a page."""
    return dict(EXAMPLE.findall(page.read_text(encoding="utf-8")))


def links(page: Path) -> Iterator[str]:
    """Where a page's links lead; code is none."""
    yield from LINK.findall(_prose(page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as GitHub and mkdocs make them."""
    return {_slug(heading) for heading in HEADING.findall(_prose(page.read_text(encoding="utf-8"), spans=False))}


def _prose(text: str, spans: bool = True) -> str:
    """A page without its blocks of code, and, where they are `spans`, without code in lines."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
    text = re.sub(r"^(?: {4}).*$", "", text, flags=re.M)
    return re.sub(r"`[^`\n]*`", "", text) if spans else text


def _slug(heading: str) -> str:
    words = re.sub(r"[^\w\s-]", "", re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower())
    return re.sub(r"\s", "-", words.strip())


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere: to no file, or to no heading of it."""
    return [target for target in links(page) if not re.match(r"https?:|mailto:", target) and not _leads(page, target)]


def _leads(page: Path, target: str) -> bool:
    file, _, anchor = target.partition("#")
    there = (page.parent / file).resolve() if file else page
    return there.exists() and (not anchor or anchor in anchors(there))

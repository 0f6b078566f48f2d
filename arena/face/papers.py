"""All papers played again, with an index of their pages (`arena reproduce all`)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.base.files import write_atomically
from arena.face.machine import Place
from arena.face.reproducing import Heard, Reproduced, reproduce
from arena.report.papers import Entry, as_markdown, render
from arena.strategies.catalogue import built_in

ALL = "all"


@dataclass(frozen=True)
class Papers:
    """The pages by name, and why a paper has none."""

    pages: Mapping[str, Reproduced]
    refused: Mapping[str, str]

    @property
    def holds(self) -> bool:
        """Whether every paper has a page, and all that was asked for on it is so."""
        return not self.refused and all(page.holds for page in self.pages.values())

    def entries(self, link: str) -> list[Entry]:
        """The index, by name; `link` is where a page is, with NAME for the paper's."""
        found = [Entry(name, page.paper, link.replace("NAME", name), page.as_data())
                 for name, page in self.pages.items()]
        return sorted(found + [Entry(name, name, "", {}, why) for name, why in self.refused.items()],
                      key=lambda entry: entry.name)


def reproduce_all(*, out: Place, docs: Place | None = None, observer: Heard = lambda _: None, **how: Any) -> Papers:
    """Plays every built-in reproduction into OUT/NAME and writes OUT/index.html; with `docs` their Markdown and
    DOCS/README.md. A paper that can't be played is said in the index, and the others are."""
    pages, refused = dict[str, Reproduced](), dict[str, str]()
    for name in sorted(built_in("reproductions")):
        started = time.perf_counter()
        try:
            pages[name] = reproduce(name, out=Path(out, name), docs=docs, observer=observer, **how)
        except ArenaError as error:
            refused[name] = str(error).splitlines()[0]
        observer(f"  {name}: {refused.get(name, 'played')} ({time.perf_counter() - started:.0f} s)")
    papers = Papers(pages, refused)
    write_atomically(Path(out, "index.html"), render(papers.entries("NAME/page.html")).encode())
    if docs is not None:
        write_atomically(Path(docs, "README.md"), as_markdown(papers.entries("NAME.md")).encode())
    return papers

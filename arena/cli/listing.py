"""What `arena list` shows: every kind of strategy that there is, then solvers, payoffs, data sets, networks,
scenarios and tournaments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from arena.base.errors import ArenaError, suggest
from arena.base.shipped import FOLDER, TOURNAMENTS, names, shipped
from arena.strategies.catalogue import built_in, titles
from arena.strategies.kinds import KINDS

LEAST = 21
"""The first column's width, unless a name is wider."""


def lines(what: str | None = None) -> Iterator[str]:
    """The lines on one kind of things, or on all under their headings. ArenaError for what there is no list of."""
    if what and what not in LISTED:
        raise ArenaError(f"there is no list of {what!r:.80}{suggest(what, LISTED)}")
    for kind in [what] if what else LISTED:
        if not what:
            yield f"{kind}:"
        listed = LISTED[kind]()
        width = max(LEAST, *map(len, listed))
        yield from (f"  {name:<{width}}  {line}".rstrip() for name, line in listed.items())


def _datasets() -> Mapping[str, str]:
    from arena.hosts.data.known import KNOWN

    return KNOWN


def _networks() -> Mapping[str, str]:
    from arena.hosts.library import known_networks

    return {**known_networks(), "resnet18, ...": "any of torchvision's classification models, by its name there",
            "mine.py:Net, ...": "one of your own: a class or function of `classes` and `shape`"}


def _scenarios() -> Mapping[str, str]:
    """Those that come with Arena by name, those of a folder here by path."""
    here = Path(FOLDER)
    own = {} if here.resolve() == shipped() else {str(file): file for file in sorted(here.rglob("*.yaml"))}
    return titles({**names(), **own}, "agents")


def _parts(kind: str) -> Mapping[str, str]:
    from arena.tournament.parts import built_in as parts

    return parts(kind)


LISTED: Mapping[str, Callable[[], Mapping[str, str]]] = {
    **{kind: partial(built_in, kind) for kind in KINDS},
    **{kind: partial(_parts, kind) for kind in ("solvers", "payoffs")},
    "datasets": _datasets, "networks": _networks, "scenarios": _scenarios,
    "tournaments": lambda: titles(names(TOURNAMENTS), "schemes"),
}
"""What there are lists of -> name -> one line."""
FILES = ("scenarios", "tournaments")
"""Of these lists those of files, which are read and not explained."""

"""The pages themselves: scenario files key by key, and the catalogue of what they may name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from arena.hosts.data.known import KNOWN
from arena.hosts.library import known_networks
from arena.hosts.task import Base, Task
from arena.hosts.training import Settings
from arena.isolation.limits import Limits
from arena.reference.tables import described, from_its_file
from arena.reference.words import in_words, paragraphs, row
from arena.scenario.brief import KNOWN as KNOWLEDGE
from arena.scenario.scenario import CHECKS
from arena.scenario.schema import SAYS, schema
from arena.strategies.catalogue import built_in, default, find
from arena.strategies.kinds import KINDS
from arena.tournament.parts import built_in as parts

WRITTEN = "<!-- Written by `make reference` from schema and docstrings: change those. -->"
QUANTITIES = ("Quantities may have their unit: `64 bits`, `2^22`, `30 %`, `-10 points`, `10 min`, `4 GiB`. A strategy "
              "is written as `name`, as `{name: {parameter: value}}`, or, where its kind has a default, as the "
              "parameters alone; one of your own as `\"file.py:Class\"`. Names have hyphens where Python has "
              "underscores.")


def scenarios() -> str:
    """Scenario files, key by key."""
    takes = {key: in_words(each) for key, each in schema()["properties"].items()}
    keys = [row(f"`{key}`", takes[key], says) for key, says in SAYS.items()]
    return _page("Scenario files, key by key", [
        "A scenario is a mapping; `agents` must be there, the rest may. `arena schema` prints the same as JSON Schema, "
        "for editors; `arena check FILE` says at file:line:col what is wrong.", QUANTITIES,
        "\n".join(["| key | takes | means |", "|---|---|---|", *keys]),
        "## task", *described(Task), *paragraphs(Settings.__doc__), "### base", *described(Base),
        "## agents", *_agents(), "## limits", *described(Limits), "## expect", *_expect()])


def _agents() -> Iterator[str]:
    yield (f"Every agent has a `role` and may have `knows`: a list of what he knows beside what his role has "
           f"({', '.join(f'`{word}`' for word in KNOWLEDGE)}). The other keys are his role's.")
    for role in built_in("roles"):
        yield from (f"### {role}", *described(find("roles", role)))


def _expect() -> Iterator[str]:
    yield SAYS["expect"]
    yield f"Checks: {', '.join(f'`{check}`' for check in CHECKS)}."


def catalogue() -> str:
    """Every strategy with its parameters, and lists of what else a file may name."""
    body = [QUANTITIES]
    for kind in KINDS:
        body += [f"## {kind.capitalize()}", *_default_of(kind)]
        body += [part for name in built_in(kind) for part in _strategy(kind, name)]
    for title, found in (("Solvers", parts("solvers")), ("Payoffs", parts("payoffs")), ("Data sets", KNOWN),
                         ("Networks", known_networks())):
        body += [f"## {title}", _listed(found)]
    return _page("Catalogue", body)


def _default_of(kind: str) -> Iterator[str]:
    if name := default(kind):
        yield f"Where none is named it is `{name}`."


def _strategy(kind: str, name: str) -> Iterator[str]:
    cls = find(kind, name)
    yield from (f"### {name}", *described(cls))
    if (told := from_its_file(cls)) and told not in paragraphs(cls.__doc__):
        yield f"From its file: {told}"


def _listed(found: Mapping[str, str]) -> str:
    return "\n".join(["| name | is |", "|---|---|", *(row(f"`{name}`", line) for name, line in found.items())])


def _page(title: str, body: Iterable[str]) -> str:
    return "\n\n".join([f"# {title}", WRITTEN, *body]) + "\n"


PAGES = {"scenarios.md": scenarios, "catalogue.md": catalogue}


def write(folder: Path) -> list[Path]:
    """Writes the pages into a folder; gives those that changed."""
    changed = []
    for name, page in PAGES.items():
        text, file = page(), folder / name
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            changed.append(file)
    return changed

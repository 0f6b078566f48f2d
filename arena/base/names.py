"""What parts are called: one name, in a scenario file, in a claim, in what a key binds and in a report.

A built-in part is called as its file (`label-change`), one of the user's own as YAML has it: `mine.py:Mine`, relative
to the scenario's folder, or `package.module:Class`. Here are also the types of parameters that name something of the
scenario, so that a misspelt name is found by `check`.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from arena.base.errors import ArenaError

HOME = "agents"
PLACE, SOURCE = "__arena_place__", "__arena_source__"
"""What a module of the user's own holds: its file, relative to the scenario's folder, and SHA-256 of that as it was
imported."""
FILE_AND_CLASS = re.compile(r"([^\x00-\x1f\x7f]+\.py):([^\W\d]\w*)")
LIBRARIES = ("timm", "transformers")
"""Whose networks go by `library:name` (`arena.hosts.networks.families`)."""
OF_LIBRARY = re.compile(rf"({'|'.join(LIBRARIES)}):([^\x00-\x1f\x7f]+)")
MODULE_AND_CLASS = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*):([^\W\d]\w*)")


@dataclass(frozen=True)
class ASchemesName:
    """Marks a text that names a scheme."""


@dataclass(frozen=True)
class AnAgentsName:
    """Marks a text that names an agent of the cast, or is one of some other words."""

    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class APart:
    """Marks plain data that stands for a part of some kind (`attacks`), which is made of it elsewhere."""

    kind: str


SchemeName = Annotated[str, ASchemesName()]
"""A scheme by name: a built-in one or one of the user's own; the Builder gives it as `name_of` has it."""
AgentName = Annotated[str, AnAgentsName(("",))]
"""An agent of the cast, or "" for none in particular."""
AgentNameOrAll = Annotated[str, AnAgentsName(("", "all"))]
"""An agent of the cast, "" or "all"."""


def name_of(part: Any) -> str:
    """The one name of a strategy or role, a class or an instance: `label-change`, `mine.py:Mine`,
    `package.module:Class`."""
    cls = part if isinstance(part, type) else type(part)
    stem = cls.__module__.rpartition(".")[2].replace("_", "-")
    if cls.__module__.partition(".")[0] == HOME and class_name(stem) == cls.__qualname__:
        return stem
    return f"{getattr(sys.modules.get(cls.__module__), PLACE, cls.__module__)}:{cls.__qualname__}"


def canonical(name: str, beside: Path) -> str:
    """What `name_of` will call the part that a scenario in the folder `beside` calls `name`; nothing is loaded.
    ArenaError for what is no name."""
    if ":" not in name:
        return name
    file, wanted = split(name)
    if file == "transformers":
        return f"{file}:{place_of(wanted, beside)}"
    return f"{place_of(file, beside)}:{wanted}" if file.endswith(".py") else f"{file}:{wanted}"


def is_own(text: str) -> bool:
    """Whether it is, by its form, the name of a part of the user's own."""
    return any(form.fullmatch(text) for form in (FILE_AND_CLASS, OF_LIBRARY, MODULE_AND_CLASS))


def of_library(name: str) -> bool:
    """Whether it is the name of another library's network."""
    return OF_LIBRARY.fullmatch(name) is not None


def split(name: str) -> tuple[str, str]:
    """(file, module or library, class or network) of the name of a user's own part; ArenaError for what is none."""
    found = OF_LIBRARY.fullmatch(name) or FILE_AND_CLASS.fullmatch(name) or MODULE_AND_CLASS.fullmatch(name)
    if found is None:
        raise ArenaError(f"{name!r:.80} is no name of a part of your own: `path/file.py:Class` or "
                         f"`package.module:Class` is wanted")
    return found[1], found[2]


def place_of(file: str | Path, beside: Path) -> str:
    """A user's file relative to the scenario's folder."""
    home = beside.resolve()
    return Path(os.path.relpath((home / file).resolve(), home)).as_posix()


def class_name(name: str) -> str:
    """`LabelChange` for `label-change`."""
    return "".join(part.capitalize() for part in name.split("-"))

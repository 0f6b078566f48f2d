"""What is asked of a sweep: a scenario's file with some values changed, others varied, and the seeds."""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from arena.base.draws import MOST_SEED
from arena.base.errors import ArenaError, suggest
from arena.base.yamlfile import YamlFile, YamlPath, parse, read, text_of
from arena.scenario.builder import Builder
from arena.scenario.scenario import Changes, change
from arena.tournament.spec import Keep, MatchLimits, executor_called

MOST_MATCHES, MOST_SEEDS = 1_000_000, 100_000
LIMITS: Mapping[str, Any] = {"match": "8 h", "memory": "64 GiB"}
"""Of a match, where nothing else is said: a scenario's own limits, agent by agent, are narrower."""
Values = Mapping[str, Any]
"""What a combination sets: path -> value."""


@dataclass(frozen=True)
class Option:
    """Where a value stands that no file holds."""

    name: str

    def error(self, path: YamlPath, text: str) -> ArenaError:
        """`--limit: match: text`"""
        inner = [str(part) for part in path if part != self.name]
        return ArenaError(": ".join([f"--{self.name}", *inner, text]))


@dataclass(frozen=True)
class Seeds:
    """The seeds that every combination is played with."""

    numbers: tuple[int, ...]

    @property
    def least(self) -> int:
        """How many."""
        return len(self.numbers)


@dataclass(frozen=True)
class Varied:
    """A place of the scenario (`agents.mallory.attacks`) and the values that it takes; `option` is how errors call
    it."""

    path: str
    values: tuple[Any, ...]
    option: str = "vary"

    @property
    def told(self) -> str:
        return f"{self.option} {self.path}"

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.path.split("."))


@dataclass(frozen=True)
class Asked:
    """A sweep as it was asked for: the scenario's file with its changes in it (`file`), what is varied, the seeds, and
    how matches are played."""

    path: Path
    file: YamlFile = field(repr=False)
    changes: tuple[str, ...]
    varied: tuple[Varied, ...]
    seeds: Seeds
    limits: MatchLimits
    executor: Any
    keep: Keep = "failures"

    @property
    def title(self) -> str:
        found = self.file.data.get("title")
        return found if isinstance(found, str) else self.path.stem

    def combinations(self) -> Iterator[Values]:
        """Every combination of the varied values, the last path's first; one that sets nothing where nothing is
        varied."""
        for values in product(*(one.values for one in self.varied)):
            yield dict(zip((one.path for one in self.varied), values, strict=True))

    @cached_property
    def marks(self) -> dict[YamlPath, tuple[int, int]]:
        """Places in the file. What a combination sets has none: its errors are told at the nearest one."""
        paths = [one.keys for one in self.varied]
        return {path: place for path, place in self.file.marks.items()
                if not any(tuple(map(str, path[: len(keys)])) == keys for keys in paths)}

    def scenario(self, values: Values, seed: int) -> YamlFile:
        """The scenario of a match."""
        made = change(YamlFile(self.file.name, copy.deepcopy(self.file.data), self.marks), copy.deepcopy(dict(values)))
        made.data["seed"] = seed
        return made


def asked(path: Path, seeds: str | int | Iterable[int], vary: Mapping[str, Iterable[Any]] | Sequence[str] = (),
          changes: Changes = (), limits: Mapping[str, Any] | None = None, executor: Any = "local",
          keep: str = "failures") -> Asked:
    """ArenaError for what can't be right: one line with the file's place, or the option."""
    if not path.is_file():
        raise ArenaError(f"{path}: no such file")
    file = read(path)
    if not isinstance(file.data, dict) or not isinstance(file.data.get("agents"), dict):
        raise file.error((), "a scenario is a mapping with title, task and agents")
    said = tuple(_said(changes))
    change(file, changes)
    varied, numbers = tuple(_varied(vary)), seeds_of(seeds)
    _check(varied, said, file)
    count = math.prod(len(one.values) for one in varied) * len(numbers)
    if count > MOST_MATCHES:
        raise ArenaError(f"{count:,} matches: at most {MOST_MATCHES:,} are played")
    return Asked(path, file, said, varied, Seeds(numbers), _limits({**LIMITS, **(limits or {})}),
                 executor_called(Option("executor"), path, executor),
                 Builder(Option("keep"), path.parent).value(Keep, keep, ()))


def _said(changes: Changes) -> Iterator[str]:
    if isinstance(changes, Mapping):
        yield from (f"{path}={text_of(value)}" for path, value in changes.items())
    else:
        yield from changes


def _limits(raw: Mapping[str, Any]) -> MatchLimits:
    return Builder(Option("limit"), Path()).dataclass(MatchLimits, dict(raw), ())  # type: ignore[no-any-return]


# Seeds

def seeds_of(seeds: str | int | Iterable[int]) -> tuple[int, ...]:
    """The seeds that `1-5`, `1,4,9`, a count (from 1 on) or numbers mean, each once. ArenaError for what means none."""
    told = f"--seeds {seeds}: 1-5, 1,4,9 or a count is wanted, each seed from 0 to 2^128 - 1"
    if isinstance(seeds, int) or (isinstance(seeds, str) and re.fullmatch(r"\d{1,9}", seeds.strip(), re.ASCII)):
        found: list[int] = [*_range(1, int(seeds), told)]
    elif isinstance(seeds, str):
        found = [seed for part in seeds.split(",") for seed in _part(part.strip(), told)]
    else:
        found = list(seeds)
    if not found or not all(type(seed) is int and 0 <= seed <= MOST_SEED for seed in found):
        raise ArenaError(told)
    return tuple(dict.fromkeys(found))


def _part(part: str, told: str) -> Iterable[int]:
    found = re.fullmatch(r"(\d{1,40})(?:-(\d{1,40}))?", part, re.ASCII)
    if not found:
        raise ArenaError(told)
    return _range(int(found[1]), int(found[2] or found[1]), told)


def _range(first: int, last: int, told: str) -> range:
    if last < first or last - first >= MOST_SEEDS:
        raise ArenaError(f"{told}; at most {MOST_SEEDS:,}")
    return range(first, last + 1)


# What is varied

def _varied(vary: Mapping[str, Iterable[Any]] | Sequence[str]) -> Iterator[Varied]:
    """What is text is read as YAML."""
    if isinstance(vary, Mapping):
        yield from (_one("vary", str(path), list(values) if _is_list(values) else values)
                    for path, values in vary.items())
        return
    for text in vary:
        path, equals, values = text.partition("=")
        if not equals:
            raise ArenaError(f"--vary {text}: PATH=LIST is wanted, such as agents.mallory.attacks='[[], [fine-tune]]'")
        yield _one("--vary", path.strip(), parse(values, f"--vary {path.strip()}").data if values.strip() else None)


def _is_list(values: Any) -> bool:
    return isinstance(values, Iterable) and not isinstance(values, str | bytes | Mapping)


def _one(option: str, path: str, values: Any) -> Varied:
    told = f"{option} {path}"
    if not isinstance(values, list) or not values:
        raise ArenaError(f"{told}: a list of one value at least is wanted, not {values!r:.60}")
    if not all(path.split(".")):
        raise ArenaError(f"{told}: a path is wanted, such as agents.mallory.attacks")
    try:
        plain = [json.loads(json.dumps(value, allow_nan=False)) for value in values]
    except (TypeError, ValueError):
        raise ArenaError(f"{told}: plain values are wanted, as a scenario's file has them") from None
    texts = [json.dumps(value) for value in plain]
    if twice := [text for text in texts if texts.count(text) > 1]:
        raise ArenaError(f"{told}: {twice[0]:.60} is there twice")
    return Varied(path, tuple(plain), option)


def _check(varied: Sequence[Varied], changes: Sequence[str], file: YamlFile) -> None:
    """ArenaError for paths that can't be meant."""
    for said in changes:
        if said.partition("=")[0].strip() == "seed":
            raise ArenaError(f"--set {said}: --seeds says which seeds are played")
    for one in varied:
        if one.path == "seed":
            raise ArenaError(f"{one.told}: --seeds says which seeds are played")
        kind, *rest = one.keys
        if kind == "agents" and len(rest) > 1 and rest[0] not in file.data["agents"]:
            raise ArenaError(f"{one.told}: {file.name} has no agent {rest[0]!r:.60}"
                             f"{suggest(rest[0], file.data['agents'])}")
        _try(one, file)
    for one, other in pairwise(sorted(varied, key=lambda each: each.keys)):
        if other.keys[: len(one.keys)] == one.keys:
            raise ArenaError(f"{other.told}: " + ("is there twice" if one.path == other.path else
                                                  f"{one.path} is varied too, and holds it"))


def _try(one: Varied, file: YamlFile) -> None:
    """ArenaError where a path means nothing in the file."""
    try:
        change(YamlFile(file.name, copy.deepcopy(file.data)), {one.path: one.values[0]})
    except ArenaError as error:
        raise ArenaError(f"{one.told}: {error}") from None

"""A tournament file, read and validated: which schemes meet which thieves and forgeries, on what, how often, and what
is paid.

    title, base (what all tasks share), tasks, seeds, schemes (`none: {}` is an owner without a mark), attacks (a chain
    each), forgeries, policies, payoffs (expressions), sampling, limits, executor, keep,
    learn (who tunes what: arena.tournament.learning)

Strategies are checked where they meet (`arena.tournament.plan`): here is only what the file itself says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from arena.base.draws import MOST_SEED
from arena.base.errors import ArenaError, suggest
from arena.base.units import Bytes, Seconds, Share
from arena.base.yamlfile import YamlFile, read
from arena.scenario.builder import Builder, Places
from arena.strategies.policy import Policy
from arena.tournament.games.expression import ExpressionError, compiled
from arena.tournament.learning.learners import Learn
from arena.tournament.parts import built_in

KEYS = ("title", "base", "tasks", "seeds", "schemes", "attacks", "forgeries", "policies", "payoffs", "sampling",
        "limits", "executor", "keep", "customers", "learn")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}")
UNMARKED = "none"
MOST_NAMED = 1000
Keep = Literal["failures", "all", "none"]


@dataclass(frozen=True)
class Seeds:
    """Every cell is played with `least` seeds from `first` on, and none with more than `most`."""

    first: Annotated[int, Field(ge=0, le=MOST_SEED - 100_000)] = 1
    least: Annotated[int, Field(ge=1, le=10_000)] = 2
    most: Annotated[int, Field(ge=1, le=10_000)] = 20

    def __post_init__(self) -> None:
        if self.least > self.most:
            raise ValueError(f"least {self.least} is more than most {self.most}")


@dataclass(frozen=True)
class Sampling:
    """Which cells are played again: `adaptive`, those that the answer hangs on, or `uniform`, all alike; until nobody
    gains more than `until` by deviating (with `confidence`), or `games` matches are played."""

    rule: Literal["adaptive", "uniform"] = "adaptive"
    until: Annotated[float, Field(ge=0)] = 0.1
    confidence: Share = 0.95
    games: Annotated[int, Field(ge=1, le=10_000_000)] = 2000


@dataclass(frozen=True)
class MatchLimits:
    """Of one match with all its agents: time, private memory, and how often one that broke down is tried."""

    match: Seconds = 600.0
    memory: Bytes = 4 * 2.0**30
    attempts: Annotated[int, Field(ge=1, le=10)] = 2


@dataclass(frozen=True)
class Local:
    """Processes of this machine, with one thread each (0: as many as there are cores)."""

    processes: Annotated[int, Field(ge=0, le=1024)] = 0


@dataclass(frozen=True)
class Ray:
    """A Ray cluster (`pip install '.[ray]'`), at an address; `slots` matches at once (0: a core each)."""

    address: str = "auto"
    slots: Annotated[int, Field(ge=0, le=100_000)] = 0


@dataclass(frozen=True)
class Serial:
    """One match after another."""


SETTINGS: Mapping[str, type[Any]] = {"seeds": Seeds, "sampling": Sampling, "limits": MatchLimits, "learn": Learn}
EXECUTORS: Mapping[str, type[Any]] = {"local": Local, "ray": Ray, "serial": Serial}


@dataclass(frozen=True)
class Spec:
    """A validated tournament file; strategies are as the file has them (`file` knows their places), policies built."""

    file: YamlFile = field(repr=False)
    path: Path
    title: str
    base: Mapping[str, Any]
    tasks: Mapping[str, Mapping[str, Any]]
    schemes: Mapping[str, Any]
    attacks: Mapping[str, Any]
    forgeries: Mapping[str, Any]
    policies: Mapping[str, Policy]
    payoffs: Mapping[str, str]
    seeds: Seeds
    sampling: Sampling
    limits: MatchLimits
    executor: Any
    keep: Keep = "failures"
    customers: int = 32
    learn: Learn = field(default_factory=Learn)


def load(path: Path) -> Spec:
    """The tournament in a file; ArenaError at file:line:col of the first fault."""
    if not path.is_file():
        raise ArenaError(f"{path}: no such file")
    return validate(read(path), path)


def validate(file: YamlFile, path: Path) -> Spec:
    """ArenaError at the place of the first fault."""
    raw = file.data
    if not isinstance(raw, dict):
        raise file.error((), "a tournament is a mapping with schemes, attacks and policies")
    for key in raw:
        if key not in KEYS:
            raise file.error((key,), f"unknown key {key!r:.80}{suggest(key, KEYS)}")
    builder = Builder(file, path.parent)
    made = {name: builder.dataclass(cls, raw.get(name), (name,))
            for name, cls in SETTINGS.items()}
    policies, tasks = _named(file, raw, "policies") or {"default": {}}, _named(file, raw, "tasks") or {"task": {}}
    _check_learners(file, raw, made["learn"], tasks, policies)
    return Spec(
        file, path, builder.value(str, raw.get("title", path.stem), ("title",)), _mapping(file, raw, "base"),
        tasks, _needed(file, raw, "schemes"), _needed(file, raw, "attacks"),
        _named(file, raw, "forgeries"),
        {name: builder.value(Policy, given, ("policies", name)) for name, given in policies.items()},
        _payoffs(builder, raw), executor=_executor(builder, raw.get("executor", "local")),
        keep=builder.value(Keep, raw.get("keep", "failures"), ("keep",)),
        customers=builder.value(int, raw.get("customers", 32), ("customers",)), **made)


def _check_learners(file: YamlFile, raw: Mapping[str, Any], learn: Learn, tasks: Mapping[str, Any],
                    policies: Mapping[str, Any]) -> None:
    """Who learns has a name that no other can have who joins, in a game that is played."""
    if "learn" in raw and not learn:
        raise file.error(("learn",), "nobody learns: attacks or schemes are wanted, each with what it searches")
    for ask in learn.asks():
        if not NAME.fullmatch(ask.name):
            raise file.error(("learn", ask.side, ask.name), f"{ask.name!r:.60} is no name: small letters, digits, - "
                                                            f"and _")
    for key, known in (("task", tasks), ("policy", policies)):
        if (name := getattr(learn, key)) and name not in known:
            raise file.error(("learn", key), f"unknown {key} {name!r:.60}{suggest(name, known)}")


def _mapping(file: YamlFile, raw: Mapping[str, Any], key: str) -> dict[str, Any]:
    given = raw.get(key) or {}
    if not isinstance(given, dict):
        raise file.error((key,), f"a mapping is wanted, not {given!r:.60}")
    return given


def _named(file: YamlFile, raw: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A mapping from short names; what has none is called after its number."""
    given = _mapping(file, raw, key)
    if len(given) > MOST_NAMED:
        raise file.error((key,), f"at most {MOST_NAMED:,} are played, not {len(given):,}")
    for name in given:
        if not NAME.fullmatch(name):
            raise file.error((key, name), f"{name!r:.60} is no name: small letters, digits, - and _")
        if key == "tasks" and not isinstance(given[name] or {}, dict):
            raise file.error((key, name), f"a mapping is wanted, not {given[name]!r:.60}")
    return {name: value or {} if key == "tasks" else value for name, value in given.items()}


def _needed(file: YamlFile, raw: Mapping[str, Any], key: str) -> dict[str, Any]:
    if not (found := _named(file, raw, key)):
        raise file.error((key,), f"a tournament needs {key}: a mapping from names to what is played")
    return found


def _payoffs(builder: Builder, raw: Mapping[str, Any]) -> dict[str, str]:
    """Players and what each is paid, as texts that can be computed."""
    given = _mapping(builder.file, raw, "payoffs")  # type: ignore[arg-type]
    for player, text in given.items():
        at, known = ("payoffs", player), built_in("payoffs")
        if player not in known:
            raise builder.file.error(at, f"{player!r:.60} is paid nothing{suggest(player, known)}")
        try:
            compiled(builder.value(str, text, at))
        except ExpressionError as error:
            raise builder.file.error(at, str(error)) from None
    return given


def executor_called(file: Places, path: Path, raw: Any) -> Any:
    """The executor of a name, or of a name with its parameters."""
    return _executor(Builder(file, path.parent), raw)


def _executor(builder: Builder, raw: Any) -> Any:
    name, given = (raw, {}) if isinstance(raw, str) else next(iter(raw.items())) if isinstance(raw, dict) and len(
        raw) == 1 else ("", {})
    if name not in EXECUTORS:
        raise builder.file.error(("executor",), f"{raw!r:.60} is no executor{suggest(str(name), EXECUTORS)}")
    return builder.dataclass(EXECUTORS[name], given, ("executor", name))

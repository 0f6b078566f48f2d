"""A scenario file, read and validated: the cast of a play.

    title, seed, task (data set, network, training), agents (name -> role, what he knows, and the role's parameters),
    rounds, limits, customers, and what
    is expected of the verdicts.
"""

from __future__ import annotations

import copy
import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from arena.base.draws import MOST_SEED
from arena.base.errors import ArenaError, suggest
from arena.base.names import canonical, is_own
from arena.base.yamlfile import YamlFile, YamlPath, parse, read
from arena.game.rules import RESERVED as NO_AGENT
from arena.isolation.limits import Limits
from arena.scenario.brief import KNOWN, Misplaced
from arena.scenario.builder import Builder
from arena.scenario.casting import Cast, cast
from arena.strategies.catalogue import built_in, find

KEYS = ("title", "seed", "task", "agents", "rounds", "limits", "customers", "expect")
RESERVED = ("role", "knows")
"""Keys of an agent that are no parameters of his role."""
RANDOM = "random"
MOST_ROUNDS, MOST_CUSTOMERS, MOST_AGENTS = 10_000, 10_000, 1_000
EXPECTED = re.compile(r"(granted|denied|rejected|disputed)(?: for ([a-z-]+(?:, [a-z-]+)*))?")
PAIR = re.compile(r"\S+ on \S+( by \S+)?")
WORD = re.compile(r"[a-z][a-z0-9_-]{0,40}")
Rounds, Customers = Annotated[int, Field(ge=1, le=MOST_ROUNDS)], Annotated[int, Field(ge=0, le=MOST_CUSTOMERS)]
CHECKS = ("well-formed", "rarity", "work", "parameters", "disclosure", "commitment", "rival")


@dataclass(frozen=True)
class Expectation:
    """What the verdict on a claim should be: `granted`, `denied`, `rejected` or `disputed`, which checks must have
    failed, and whose verdict (default: all)."""

    claimant: str
    deployer: str
    word: str
    failing: tuple[str, ...] = ()
    verifier: str = ""

    @property
    def pair(self) -> str:
        """`claimant on deployer`, with `by verifier` where one is named."""
        return f"{self.claimant} on {self.deployer}" + (f" by {self.verifier}" if self.verifier else "")


@dataclass(frozen=True)
class Scenario:
    """A validated scenario. `agents` maps names, in the order of their turns, to plain data: role, params, knows, and
    the facts that casting found (`arena.scenario.fitting.facts_of`); `classes` and `shape` are the data's, `files` the
    user's own with their SHA-256."""

    title: str
    seed: int
    task: Mapping[str, Any]
    agents: Mapping[str, Mapping[str, Any]]
    rounds: int = 40
    expect: tuple[Expectation, ...] = ()
    path: Path = field(default_factory=Path)
    limits: Limits = field(default_factory=Limits)
    customers: int = 32
    classes: int | None = None
    shape: tuple[int, int, int] | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The scenario as plain data, enough to play it again."""
        expect = {e.pair: e.word + (f" for {', '.join(e.failing)}" if e.failing else "") for e in self.expect}
        agents = {name: {"role": part["role"], **({"knows": list(part["knows"])} if part["knows"] else {}),
                         **part["params"]}
                  for name, part in self.agents.items()}
        return {"title": self.title, "seed": self.seed, "task": dict(self.task), "agents": agents,
                "rounds": self.rounds, "limits": self.limits.as_dict(),
                "customers": self.customers, "expect": expect}

    def without_seed(self) -> dict[str, Any]:
        """What may stand in the run's folder while the agents play."""
        return {key: value for key, value in self.as_dict().items() if key != "seed"}

    @property
    def network(self) -> str:
        """The one name of the task's network, where it is of the user's own; else empty."""
        name = str(self.task.get("network", ""))
        return canonical(name, self.path.parent) if is_own(name) else ""

    @property
    def seed_text(self) -> str:
        """The seed for names of folders, which agents may see: of one that nobody can guess, a hash."""
        return (str(self.seed)
                if self.seed < 2**64 else f"random-{hashlib.sha256(str(self.seed).encode()).hexdigest()[:8]}")

    @property
    def verifiers(self) -> tuple[str, ...]:
        """Who may judge."""
        return tuple(name for name, part in self.agents.items() if part["verifies"])

    def admitted(self, verifier: str) -> tuple[str, ...]:
        """The schemes that a verifier hears: those that the owners play, and those that he lists himself."""
        played = [name for part in self.agents.values() if not part["verifies"] for name in part["schemes"]]
        return tuple(dict.fromkeys([*played, *self.agents[verifier]["schemes"]]))

    def asked(self) -> tuple[int, float]:
        """(triggers of the first owner who has any, else 40; rarity that the first verifier asks for)."""
        parts = self.agents.values()
        return (next((part["triggers"] for part in parts if part["triggers"] is not None), 40),
                next((part["rarity"] for part in parts if part["rarity"] is not None), 64.0))


Changes = Mapping[str, Any] | Sequence[str]
"""Values by path, such as {"agents.alice.scheme.rose.triggers": 64}, or texts PATH=VALUE."""


def load(path: Path, changes: Changes = (), seed: int | str | None = None, data: Path | None = None) -> Scenario:
    """The scenario in a file, with changes (`a.b.c` to a value) and another seed (a number or `random`); `data` is
    where data sets are looked for."""
    return _changed(read(path), path, changes, seed, data)


def load_data(plain: Mapping[str, Any], changes: Changes = (), seed: int | str | None = None,
              data: Path | None = None) -> Scenario:
    """The same of a scenario that is no file: its paths are relative to the working directory."""
    path = Path.cwd() / "scenario"
    return _changed(YamlFile("scenario", copy.deepcopy(dict(plain))), path, changes, seed, data)


def _changed(file: YamlFile, path: Path, changes: Changes, seed: int | str | None, data: Path | None) -> Scenario:
    change(file, changes)
    if seed is not None and isinstance(file.data, dict):
        file.data["seed"] = seed
    return validate(file, path, data)


def change(file: YamlFile, changes: Changes) -> YamlFile:
    """The file with changes set in its data; nothing of it is checked."""
    for where, value in _pairs(changes):
        _apply(file, where, value)
    return file


def _pairs(changes: Changes) -> Iterator[tuple[str, Any]]:
    """(path, value) of each change; what is text is read as YAML."""
    if isinstance(changes, Mapping):
        yield from changes.items()
        return
    for change in changes:
        where, equals, value = change.partition("=")
        if not equals:
            raise ArenaError(f"--set {change}: PATH=VALUE is wanted, such as agents.alice.scheme.rose.triggers=64")
        yield where, parse(value, f"--set {change}").data if value.strip() else None


def from_data(data: Mapping[str, Any], path: Path, folder: Path | None = None) -> Scenario:
    """The scenario that `Scenario.as_dict` wrote."""
    return validate(YamlFile(str(path), dict(data)), path, folder)


def validate(file: YamlFile, path: Path, data: Path | None = None) -> Scenario:
    """ArenaError at the place of the first fault."""
    raw = file.data
    if not isinstance(raw, dict):
        raise file.error((), "a scenario is a mapping with title, task and agents")
    for key in raw:
        if key not in KEYS:
            raise file.error((key,), f"unknown key {key!r}{suggest(key, KEYS)}")
    builder = Builder(file, path.parent)
    title = builder.value(str, raw.get("title", path.stem), ("title",))
    seed, rounds = _seed(builder, raw.get("seed", 0)), builder.value(Rounds, raw.get("rounds", 40), ("rounds",))
    limits = builder.dataclass(Limits, raw.get("limits"), ("limits",))
    customers = builder.value(Customers, raw.get("customers", 32), ("customers",))
    agents = _agents(builder, raw.get("agents"))
    expect = expectations(file, raw.get("expect") or {}, agents)
    found = _cast(file, raw.get("task"), agents, path, data)
    agents = {name: {**part, **found.agents[name]} for name, part in agents.items()}
    if not any(part["verifies"] for part in agents.values()):
        judges = [role for role in built_in("roles") if find("roles", role).verifies]
        raise file.error(("agents",), f"nobody has the role {' or '.join(judges)}: who would judge?")
    return Scenario(title, seed, raw.get("task") or {}, agents, rounds, expect, path, limits, customers, found.classes,
                    found.shape, found.files)


def _seed(builder: Builder, raw: Any) -> int:
    """The seed; `random` draws one that nobody can guess."""
    seed = secrets.randbits(128) if raw == RANDOM else builder.value(int, raw, ("seed",))
    if not 0 <= seed <= MOST_SEED:
        raise builder.file.error(("seed",), f"a seed from 0 to 2^128 - 1, or {RANDOM}, is wanted")
    return seed


def _cast(file: YamlFile, task: Any, agents: Mapping[str, Mapping[str, Any]], path: Path, data: Path | None) -> Cast:
    try:
        return cast(task, agents, path.parent, data, [path])
    except Misplaced as fault:
        raise file.error(fault.path, fault.text) from None


def build_agent(role: str, params: Mapping[str, Any], folder: str) -> Any:
    """The agent that plays `role` with validated parameters."""
    builder = Builder(YamlFile(role, dict(params)), Path(folder))
    return builder.dataclass(builder.found("roles", role, ()), dict(params), ())


def build_task(data: Mapping[str, Any]) -> Any:
    """The task from its validated parameters."""
    from arena.hosts.task import Task

    return Builder(YamlFile("task", dict(data)), Path()).dataclass(Task, dict(data), ())


def _agents(builder: Builder, raw: Any) -> dict[str, dict[str, Any]]:
    """Name -> role, params, knows; nothing is built."""
    file = builder.file
    if not isinstance(raw, dict) or not raw:
        raise file.error(("agents",), "a scenario needs agents: a mapping from names to {role: ..., ...}")
    if len(raw) > MOST_AGENTS:
        raise file.error(("agents",), f"at most {MOST_AGENTS} agents can play, not {len(raw):,}")
    out = {}
    for name, part in raw.items():
        path: YamlPath = ("agents", name)
        if not WORD.fullmatch(name) or name in NO_AGENT:
            raise file.error(path, f"{name!r:.80} is no name for an agent: small letters, digits, - and _, and none of "
                                   f"{', '.join(NO_AGENT)}")
        if not isinstance(part, dict) or not isinstance(part.get("role"), str):
            raise file.error(path, f"an agent needs a role{suggest('', built_in('roles'))}")
        params = {key: value for key, value in part.items() if key not in RESERVED}
        out[name] = {"role": part["role"], "params": params, "knows": _knows(builder, part.get("knows"),
                                                                             (*path, "knows"))}
    return out


def _knows(builder: Builder, raw: Any, path: YamlPath) -> list[str]:
    words = builder.value(list[str] | None, raw, path) or []
    for number, word in enumerate(words):
        if word not in KNOWN:
            raise builder.file.error((*path, number), f"nobody can know {word!r:.80}{suggest(word, KNOWN)}")
    return list(dict.fromkeys(words))


def expectations(file: YamlFile, raw: Any, agents: Mapping[str, Any]) -> tuple[Expectation, ...]:
    """What a scenario's `expect` says; ArenaError at its first fault."""
    if not isinstance(raw, dict):
        raise file.error(("expect",),
                         "expected verdicts are a mapping: CLAIMANT on DEPLOYER: granted | denied | denied for rarity, "
                         "work")
    out = []
    for key, value in raw.items():
        names, found = re.split(" on | by ", key), EXPECTED.fullmatch(str(value))
        if not PAIR.fullmatch(key) or any(name not in agents for name in names):
            raise file.error(("expect", key),
                             f"CLAIMANT on DEPLOYER (by VERIFIER) is wanted{suggest(names[0], agents)}")
        failing = tuple(found[2].split(", ")) if found and found[2] else ()
        if not found or set(failing) - set(CHECKS):
            wanted = (f"granted, denied, rejected or disputed, then perhaps `for` and checks ({', '.join(CHECKS)}), is "
                      f"wanted")
            raise file.error(("expect", key), f"{wanted}, not {value!r:.60}")
        out.append(Expectation(names[0], names[1], found[1], failing, names[2] if len(names) > 2 else ""))
    return tuple(out)


def _apply(file: YamlFile, where: str, value: Any) -> None:
    """`agents.alice.scheme.rose.triggers`: sets one value; `scheme: rose` becomes `scheme: {rose: {}}` on the way."""
    path = str(where).strip().split(".")
    if not all(path):
        raise ArenaError(f"change {where!r:.80}: PATH=VALUE is wanted, such as agents.alice.scheme.rose.triggers=64")
    node: Any = file.data
    for depth, (part, after) in enumerate(zip(path, [*path[1:], None], strict=True)):
        key = _key(node, part, f"change {where}: {'.'.join(path[:depth])}")
        if after is None:
            node[key] = value
            return
        inner = node[key] if isinstance(node, list) else node.setdefault(key, {})
        if isinstance(inner, str) and inner == after:
            inner = node[key] = {inner: {}}
        node = inner


def _key(node: Any, part: str, told: str) -> Any:
    """What `part` of a path means in a list or mapping; ArenaError where it means nothing."""
    if isinstance(node, list):
        if not part.isdigit() or int(part) >= len(node):
            raise ArenaError(f"{told} has {len(node)} entries, counted from 0")
        return int(part)
    if not isinstance(node, dict):
        raise ArenaError(f"{told} holds {node!r}, which has no {part!r}")
    return part

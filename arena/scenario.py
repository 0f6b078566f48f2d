"""A scenario file, read and validated: the cast of a play.

    title, seed, task (data set, network, training), agents (name -> role and its parameters), rounds, and what is expected of the verdicts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arena.build import Builder
from arena.errors import ArenaError, suggest
from arena.messages import ALL, ARENA
from arena.strategies import built_in, find
from arena.yamlfile import YamlFile, YamlPath, parse, read

KEYS = ("title", "seed", "task", "agents", "rounds", "expect")
EXPECTED = re.compile(r"(granted|denied|rejected)(?: for ([a-z-]+(?:, [a-z-]+)*))?")
PAIR = re.compile(r"\S+ on \S+( by \S+)?")
WORD = re.compile(r"[a-z][a-z0-9_-]{0,40}")
CHECKS = ("well-formed", "rarity", "work", "parameters", "disclosure", "commitment")


@dataclass(frozen=True)
class Expectation:
    """What the verdict on a claim should be: `granted`, `denied` or `rejected`, which checks must have failed, and whose verdict (default: all)."""

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
    """A validated scenario. `agents` maps names to plain data {"role": ..., "params": {...}}, in the order of their turns."""

    title: str
    seed: int
    task: Mapping[str, Any]
    agents: Mapping[str, Mapping[str, Any]]
    rounds: int = 40
    expect: tuple[Expectation, ...] = ()
    path: Path = field(default_factory=Path)

    def as_dict(self) -> dict[str, Any]:
        """The scenario as plain data, enough to play it again."""
        expect = {e.pair: e.word + (f" for {', '.join(e.failing)}" if e.failing else "") for e in self.expect}
        agents = {name: {"role": part["role"], **part["params"]} for name, part in self.agents.items()}
        return {"title": self.title, "seed": self.seed, "task": dict(self.task), "agents": agents, "rounds": self.rounds, "expect": expect}

    def asked(self) -> tuple[int, float]:
        """(triggers of the first owner who has any, else 40; rarity that the first verifier asks for)."""
        agents = [build_agent(part["role"], part["params"], str(self.path.parent)) for part in self.agents.values()]
        triggers = next((a.scheme.triggers for a in agents if hasattr(getattr(a, "scheme", None), "triggers")), 40)
        return triggers, next((a.policy.rarity for a in agents if hasattr(getattr(a, "policy", None), "rarity")), 64.0)


def load(path: Path, changes: Sequence[str] = (), seed: int | None = None, data: Path | None = None) -> Scenario:
    """The scenario in a file, with `--set` changes (`a.b.c=value`) and another seed; `data` is where data sets are looked for."""
    file = read(path)
    for change in changes:
        _apply(file, change)
    if seed is not None and isinstance(file.data, dict):
        file.data["seed"] = seed
    return validate(file, path, data)


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
    seed, rounds = builder.value(int, raw.get("seed", 0), ("seed",)), builder.value(int, raw.get("rounds", 40), ("rounds",))
    if not 0 <= seed < 2**63:
        raise file.error(("seed",), "a seed from 0 to 2^63 - 1 is wanted")
    _check_task(builder, raw.get("task"), data)
    agents = _agents(builder, raw.get("agents"))
    return Scenario(title, seed, raw.get("task") or {}, agents, rounds, expectations(file, raw.get("expect") or {}, agents), path)


def build_agent(role: str, params: Mapping[str, Any], folder: str) -> Any:
    """The agent that plays `role` with validated parameters."""
    beside = Path(folder)
    return Builder(YamlFile(role, dict(params)), beside).dataclass(find("roles", role, beside), dict(params), ())


def build_task(data: Mapping[str, Any]) -> Any:
    """The task from its validated parameters."""
    from arena.workshop import Task

    return Builder(YamlFile("task", dict(data)), Path()).dataclass(Task, dict(data), ())


def _check_task(builder: Builder, raw: Any, data: Path | None) -> None:
    from arena.hosts import datasets
    from arena.hosts.networks import NETWORKS, torchvision_names
    from arena.workshop import Task

    task = builder.dataclass(Task, raw, ("task",))
    sets: list[tuple[YamlPath, str]] = [(("task", "dataset"), task.dataset)]
    if task.base is not None and task.base.dataset:
        sets.append((("task", "base", "dataset"), task.base.dataset))
    for path, name in sets:
        try:
            datasets.available(name, data)
        except ArenaError as error:
            raise builder.file.error(path, str(error)) from None
    if task.network not in NETWORKS and task.network not in torchvision_names():
        raise builder.file.error(("task", "network"), f"unknown network {task.network!r}{suggest(task.network, [*NETWORKS, *torchvision_names()])}")


def _agents(builder: Builder, raw: Any) -> dict[str, dict[str, Any]]:
    file = builder.file
    if not isinstance(raw, dict) or not raw:
        raise file.error(("agents",), "a scenario needs agents: a mapping from names to {role: ..., ...}")
    out = {}
    for name, part in raw.items():
        path: YamlPath = ("agents", name)
        if not WORD.fullmatch(name) or name in (ALL, ARENA):
            raise file.error(path, f"{name!r} is no name for an agent: small letters, digits, - and _, and not {ALL!r} or {ARENA!r}")
        if not isinstance(part, dict) or not isinstance(part.get("role"), str):
            raise file.error(path, f"an agent needs a role{suggest('', built_in('roles'))}")
        params = {key: value for key, value in part.items() if key != "role"}
        try:
            cls = find("roles", part["role"], builder.beside)
        except ArenaError as error:
            raise file.error((*path, "role"), str(error)) from None
        builder.dataclass(cls, params, path)
        out[name] = {"role": part["role"], "params": params, "verifies": _verifies(cls)}
    if not any(part["verifies"] for part in out.values()):
        raise file.error(("agents",), "nobody has the role verifier: who would judge?")
    return out


def _verifies(cls: type[Any]) -> bool:
    return issubclass(cls, find("roles", "verifier"))


def expectations(file: YamlFile, raw: Any, agents: Mapping[str, Any]) -> tuple[Expectation, ...]:
    """What a scenario's `expect` says; ArenaError at its first fault."""
    if not isinstance(raw, dict):
        raise file.error(("expect",), "expected verdicts are a mapping: CLAIMANT on DEPLOYER: granted | denied | denied for rarity, work")
    out = []
    for key, value in raw.items():
        names, found = re.split(" on | by ", key), EXPECTED.fullmatch(str(value))
        if not PAIR.fullmatch(key) or any(name not in agents for name in names):
            raise file.error(("expect", key), f"CLAIMANT on DEPLOYER (by VERIFIER) is wanted{suggest(names[0], agents)}")
        failing = tuple(found[2].split(", ")) if found and found[2] else ()
        if not found or set(failing) - set(CHECKS):
            raise file.error(("expect", key), f"granted, denied or rejected, then perhaps `for` and checks ({', '.join(CHECKS)}), is wanted, not {value!r:.60}")
        out.append(Expectation(names[0], names[1], found[1], failing, names[2] if len(names) > 2 else ""))
    return tuple(out)


def _apply(file: YamlFile, change: str) -> None:
    """`agents.alice.scheme.rose.triggers=64`: sets one value; `scheme: rose` becomes `scheme: {rose: {}}` on the way."""
    where, equals, value = change.partition("=")
    path = where.strip().split(".")
    if not equals or not all(path):
        raise ArenaError(f"--set {change}: PATH=VALUE is wanted, such as agents.alice.scheme.rose.triggers=64")
    node: Any = file.data
    for i, (part, after) in enumerate(zip(path, [*path[1:], None], strict=True)):
        if isinstance(node, list):
            if not part.isdigit() or int(part) >= len(node):
                raise ArenaError(f"--set {change}: {'.'.join(path[:i])} has {len(node)} entries, counted from 0")
            key: Any = int(part)
        elif isinstance(node, dict):
            key = part
        else:
            raise ArenaError(f"--set {change}: {'.'.join(path[:i])} holds {node!r}, which has no {part!r}")
        if after is None:
            node[key] = parse(value, f"--set {change}").data if value.strip() else None
            return
        inner = node[key] if isinstance(node, list) else node.setdefault(key, {})
        if isinstance(inner, str) and inner == after:
            inner = node[key] = {inner: {}}
        node = inner

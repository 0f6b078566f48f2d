"""What a match will take, for `arena check`: seconds of trainings, attacks and forgeries as far as FLOPs and hashes
tell, memory, data that isn't here yet. Read off the scenario's plain data and the strategies' sources: without torch,
and without a line of the user's code.

An attack's epochs are over the thief's images; one that holds others is as dear as they are, as many times as it tries.
A forger's tries are compressions, his steps gradients. Rates are this machine's, measured; memory was measured on two
cores with torch 2.14: 8 agents had 0.8 GiB in all on digits; on MNIST 2.2 GiB, where the two that trained a rose-cnn
had 0.5 each (one run of each, sampled five times a second).
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from arena.base.errors import ArenaError
from arena.base.units import Count
from arena.hosts.data.finding import placed, source_of
from arena.hosts.data.known import KNOWN
from arena.scenario.foreseen import GRADIENT, Training, foreseen, hosts_of, part, rate, training, whole
from arena.strategies.catalogue import built_in, defaults, who_say

ARENA, AGENT, DATA = 200 * 2**20, 75 * 2**20, 1.3
"""Bytes: of the arena's own processes, of an agent's beside what it shares; and what an agent's copy of the data takes
over its pixels, tests and all."""
TRY = 4
"""Compressions of a try at a joint hash whose prefix is kept, about (measured: 4.3)."""
THIEF = 10
"""One image in so many is the thief's, unless he says how many he has."""


@dataclass(frozen=True)
class Price:
    """What a match will take: `hosts` that are trained and the seconds of each (0: not known), seconds of what each
    agent does beside, what of it isn't foreseen, bytes, and data sets that will be fetched, in words."""

    hosts: int
    host: float
    agents: Mapping[str, float] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    memory: float = 0.0
    fetched: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        return self.hosts * self.host + sum(self.agents.values())


def price(plain: Any, data: Path | None = None, beside: Path = Path()) -> Price:
    """The price of a scenario, by its plain data, which was checked."""
    found, done, unknown = training(plain, data, beside), dict[str, float](), list[str]()
    for name, agent in part(plain, "agents").items():
        seconds = [(what, each) for what, each in _does(agent, found)]
        done[name] = sum(each for _, each in seconds if each is not None)
        unknown += [f"{what} of {name}" for what, each in seconds if each is None]
    return Price(sum(hosts_of(plain).values()), found.operations / rate(), {who: s for who, s in done.items() if s},
                 tuple(unknown), _memory(plain, found), tuple(fetched(plain, data, beside)))


def lines(plain: Any, data: Path | None = None, beside: Path = Path()) -> Iterator[str]:
    """What `arena check` tells of a scenario's price."""
    found = price(plain, data, beside)
    if line := foreseen(plain, data, beside):
        yield line
    who = ", ".join(f"{duration(seconds)} for {name}" for name, seconds in found.agents.items())
    rest = f"not foreseen: {', '.join(found.unknown)}" if found.unknown else ""
    if who or rest:
        yield "attacks and forgeries: " + "; ".join(each for each in (f"about {who}" if who else "", rest) if each)
    limit = part(plain, "limits").get("memory")
    held = f"; no agent has more than {size(limit)} (limits.memory)" if isinstance(limit, (int, float)) else ""
    yield f"memory: about {size(found.memory)}, and more while networks are trained{held}"
    yield from found.fetched


def fetched(plain: Any, data: Path | None, beside: Path) -> Iterator[str]:
    """The data sets that aren't here and will be downloaded, each with the file that was looked for and where."""
    for name in dict.fromkeys(_datasets(plain)):
        source = _source(name, data, beside)
        if source is not None and source.FETCHES:
            places = dict.fromkeys(str(each) for each in (data, os.environ.get("ARENA_DATA")) if each)
            where = f"in {' or '.join(places)}" if places else "anywhere: neither --data nor $ARENA_DATA is given"
            yield f"data to fetch: {name}: there is no {name}.npz {where}; torchvision downloads it when it is needed"


def _source(name: str, data: Path | None, beside: Path) -> Any:
    try:
        return source_of(placed(name, beside), data)
    except (ArenaError, OSError, ValueError):
        return None


def _datasets(plain: Any) -> Iterator[str]:
    """The names of data sets anywhere in a task or an agent's part, the task's own first."""
    task = part(plain, "task")
    yield str(task.get("dataset", "digits"))
    yield from _under((task, part(plain, "agents")), "dataset")


def _under(value: Any, key: str) -> Iterator[str]:
    """The texts under a key, however deep."""
    if isinstance(value, Mapping):
        yield from (each for name, each in value.items() if name == key and isinstance(each, str))
    if isinstance(value, (Mapping, list, tuple)):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _under(inner, key)


def _does(agent: Any, found: Training) -> Iterator[tuple[str, float | None]]:
    """(attack or forgery, seconds or None: not foreseen) of what an agent does."""
    if not isinstance(agent, Mapping):
        return
    mine = whole(agent.get("samples", 0)) or found.images // THIEF
    for raw in _list(agent.get("attacks")):
        yield _name(raw), _attack(raw, found, mine)
    if raw := agent.get("forgery"):
        yield _name(raw), _forgery(raw, found)


def _attack(raw: Any, found: Training, images: int) -> float | None:
    name, given = _name(raw), _given(raw)
    if name in who_say("attacks", "innocent"):
        return 0.0  # its host is among the hosts
    inner = [_attack(each, found, images) for each in (*_list(given.get("attacks")), *_list(given.get("attack")))]
    if name not in built_in("attacks") or name in who_say("attacks", "own_network") or None in inner:
        return None
    values = {**defaults("attacks", name), **given}
    epochs = max(_count(values.get(key, 0)) for key in ("epochs", "retrain"))
    if epochs and not found.forward:
        return None
    own = found.fitted(epochs, images) / rate()
    return (own + sum(each for each in inner if each is not None)) * max(1, _count(values.get("trials", 1)))


def _forgery(raw: Any, found: Training) -> float | None:
    name, given = _name(raw), _given(raw)
    if name not in built_in("forgeries"):
        return None
    values = {**defaults("forgeries", name), **given}
    tries, steps, triggers, surrogates = (_count(values.get(key, 0))
                                          for key in ("tries", "steps", "triggers", "surrogates"))
    if tries:
        kept = name in who_say("forgeries", "grinds") and values.get("level", 2) == 2
        return tries * TRY / hashes() if kept else None
    if (steps or surrogates) and not found.forward:
        return None
    trained = surrogates * found.fitted(found.epochs, found.images // THIEF)
    return (steps * triggers * (1 + surrogates) * GRADIENT * found.forward + trained) / rate()


def _memory(plain: Any, found: Training) -> float:
    """Bytes of the arena and all its agents: each reads the whole set, however much of it he keeps."""
    pixels = found.pixels * found.there * (3 if "colour" in KNOWN.get(found.dataset, "") else 1)
    return ARENA + len(part(plain, "agents")) * (AGENT + DATA * pixels)


def _name(raw: Any) -> str:
    return str(next(iter(raw), "")) if isinstance(raw, Mapping) else str(raw)


def _given(raw: Any) -> Mapping[str, Any]:
    value = next(iter(raw.values()), None) if isinstance(raw, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _count(value: Any) -> int:
    """A number, `2^22` too; 0 for what is none."""
    try:
        return int(TypeAdapter(Count).validate_python(value))
    except ValidationError:
        return 0


@cache
def hashes() -> float:
    """SHA-256 compressions a second of one core here, measured over a long text."""
    text, began = bytes(1 << 22), time.perf_counter()
    hashlib.sha256(text).digest()
    return len(text) / 64 / (time.perf_counter() - began)


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`: as many figures as there is sense in."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def size(count: float) -> str:
    """Bytes in words: `820 MiB`, `1.5 GiB`."""
    return f"{10 * round(count / 2**20 / 10)} MiB" if count < 2**30 * 0.95 else f"{count / 2**30:.2g} GiB"

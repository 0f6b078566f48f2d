"""What learners search, looked up where torch is: the names and types of parameters are those of a strategy's
own class. Of a user's own class nothing is known here, since it is imported in an agent's process only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.base.yamlfile import YamlFile
from arena.executors.executor import Executor, Job
from arena.scenario.builder import Builder
from arena.scenario.space import Dimension, Unsearchable, dimensions
from arena.strategies.catalogue import who_say
from arena.tournament.learning.learners import Ask, Learner

WORK = "arena.tournament.learning.spaces:looked_up"
Blame = Callable[[Ask, str, str], ArenaError]
"""The error of what somebody asks for: (who, the parameter or "", what is wrong)."""


def learners(asks: Sequence[Ask], path: Path, executor: Executor, blame: Blame) -> list[Learner]:
    """What each may play; what can't be searched is an error before anything is trained."""
    executor.submit(Job("spaces", WORK, {"path": str(path.resolve()), "asks": [asdict(ask) for ask in asks]}))
    done = next(iter(executor.results()))
    if done.status != "done":
        raise ArenaError(done.error)
    return [_learner(ask, found, blame) for ask, found in zip(asks, done.data, strict=True)]


def _learner(ask: Ask, found: Mapping[str, Any], blame: Blame) -> Learner:
    if "fault" in found:
        raise blame(ask, found["parameter"], found["fault"])
    if ask.side == "attacks" and found["strategy"] in who_say("attacks", "innocent"):
        raise blame(ask, "", f"{found['strategy']} is a bystander, who has nothing to gain")
    space = (Dimension(each["name"], tuple(each["values"]), each["kind"]) for each in found["dimensions"])
    return Learner(ask.side, ask.name, found["strategy"], found["given"], tuple(space))


def looked_up(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each that asks his strategy's name, what is given of it and what can be searched, or his fault."""
    return list(_each([Ask(**ask) for ask in job["asks"]], Path(job["path"])))


def _each(asks: Sequence[Ask], path: Path) -> Iterator[dict[str, Any]]:
    for ask in asks:
        try:
            yield _found(ask, path.parent)
        except Unsearchable as fault:
            yield {"fault": str(fault), "parameter": fault.parameter}
        except ArenaError as error:
            yield {"fault": str(error).partition(": ")[2], "parameter": ""}


def _found(ask: Ask, beside: Path) -> dict[str, Any]:
    builder = Builder(YamlFile(ask.name), beside)
    name, given, _ = builder.split(ask.side, ask.given, ())
    cls = None if ":" in name else builder.found(ask.side, name, ())
    if not isinstance(given or {}, dict):
        raise Unsearchable(f"parameters of {name} are wanted as a mapping, not {given!r:.60}")
    space = dimensions(cls, ask.search)
    return {"strategy": name, "given": given or {}, "dimensions": [asdict(each) for each in space]}

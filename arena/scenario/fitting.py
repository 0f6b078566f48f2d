"""Whether the parts of an agent fit the match and each other: asked in the process that built the agent, before
anything is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from arena.base.errors import ArenaError
from arena.base.names import HOME, name_of
from arena.base.told import in_words
from arena.base.yamlfile import YamlPath
from arena.scenario.builder import Builder
from arena.strategies.agent import Agent, Theft
from arena.strategies.attack import Attack
from arena.strategies.forgery import Forgery
from arena.strategies.premises import Misfit, Premises
from arena.strategies.scheme import Scheme

Sold = Mapping[str, int | None]
"""Owner -> how many copies of the marked host are sold; None where that isn't known."""


def declared(role: type[Any]) -> type[Agent]:
    """The class whose declarations count for a role: the built-in one that it derives from, or any agent; it can't give
    itself more."""
    ours = (cls for cls in role.__mro__ if cls.__module__.partition(".")[0] == HOME and issubclass(cls, Agent))
    return next(ours, Agent)


def facts_of(agent: Any) -> dict[str, Any]:
    """What the arena must know of an agent: plain data."""
    ours = declared(type(agent))
    admitted = [getattr(agent, parameter, ()) for parameter in ours.admits]
    schemes = [name for each in admitted for name in ([name_of(each)] if isinstance(each, Scheme) else each)]
    triggers, rarity = getattr(getattr(agent, "scheme", None), "triggers",
                               None), getattr(getattr(agent, "policy", None), "rarity", None)
    return {"verifies": ours.verifies, "parts": list(parts_of(type(agent))), "schemes": schemes,
            "triggers": triggers if type(triggers) is int else None,
            "rarity": float(rarity) if isinstance(rarity, (int, float)) else None}


def parts_of(role: type[Any]) -> tuple[str, ...]:
    """The parts of the data that a role has."""
    return tuple(declared(role).data)


def sold_by(agent: Any) -> int | None:
    """How many copies an owner sells; None when only playing tells."""
    return agent.copies if type(agent.copies) is int else None


def check_parts(agent: Any, path: YamlPath, builder: Builder, premises: Premises, sold: Sold) -> None:
    """ArenaError at the place of the first part that doesn't fit. The premises's `parts` are the agent's."""
    settings: list[Premises] = []
    if (theft := agent.theft) is not None:
        premises = _of_thief(theft, path, builder, premises, sold)
        settings = list(_chain(theft.attacks, premises))
    for place, strategy in builder.built:
        *above, number = place[: len(path) + 2]
        chained = above == [*path, "attacks"] and isinstance(number, int) and number < len(settings)
        _check(strategy.misfit, strategy, place, builder, settings[int(number)] if chained else premises)
    _check(agent.misfit, agent, path, builder, premises, builder.beside)
    if (forging := agent.forging) is not None:
        _check_forgery(forging[0], forging[1], path, builder)


def _of_thief(theft: Theft, path: YamlPath, builder: Builder, premises: Premises, sold: Sold) -> Premises:
    """What a thief has to do with; ArenaError when he says to have more samples than there are, or steals from somebody
    who never releases."""
    held = premises.data.sizes.get("fine-tune", 0)
    if theft.samples > held:
        wanted = f"{theft.samples:,} samples are wanted, but {held:,} are held out of {premises.data.name}"
        raise builder.file.error((*path, "samples"), wanted)
    if theft.steals and theft.steals not in sold:
        text = f"{theft.steals} releases nothing that could be stolen; who does: {', '.join(sold) or 'nobody'}"
        raise builder.file.error((*path, "steals"), text)
    victim = theft.steals or next(iter(sold), "")
    return replace(premises, samples=theft.samples, victim=victim, copies=sold.get(victim))


def _chain(attacks: Sequence[Attack], premises: Premises) -> Iterator[Premises]:
    """What each attack finds, after those before it."""
    lost: dict[str, str] = {}
    for attack in attacks:
        yield replace(premises, lost=dict(lost))
        kept = {} if attack.replaces_model else {word: by for word, by in lost.items() if word not in attack.mends}
        lost = {**kept, **dict.fromkeys(_broken(attack, premises), name_of(attack))}


def _broken(attack: Attack, premises: Premises) -> frozenset[str]:
    """What an attack breaks; one that can't say is told off by its own misfit."""
    try:
        return attack.breaks(premises)
    except ArenaError:
        return frozenset()


def _check(ask: Callable[..., Misfit | None], asked: Any, place: YamlPath, builder: Builder, *given: Any) -> None:
    """ArenaError at the place of a strategy, or an agent, that says it doesn't fit, or can't say."""
    try:
        found = ask(*given)
    except ArenaError as error:
        raise builder.file.error(place, str(error)) from None
    except Exception as error:
        raise builder.file.error(place, f"{name_of(asked)}.misfit raises {in_words(error)}") from None
    if isinstance(found, Misfit):
        raise builder.file.error((*place, found.parameter) if found.parameter else place, found.text)


def _check_forgery(forgery: Forgery, scheme: str, path: YamlPath, builder: Builder) -> None:
    """A forgery makes keys of some schemes, and a scheme that derives from one of those takes them too."""
    found = builder.found("schemes", scheme, (*path, "scheme"))
    kinds = [name_of(cls) for cls in found.__mro__ if issubclass(cls, Scheme)]
    if forgery.schemes and not set(kinds) & set(forgery.schemes):
        place = next(place for place, strategy in builder.built if strategy is forgery)
        makes = " or ".join(forgery.schemes)
        raise builder.file.error(place, f"{name_of(forgery)} makes keys of {makes}, not of {scheme}")

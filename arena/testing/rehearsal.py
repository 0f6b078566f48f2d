"""Playing without the arena's processes: a small workshop, one turn of an agent, a whole match, all in this one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from arena.base.draws import Draws, master_of, world_of
from arena.game.messages import (
    ALL,
    CUSTOMER,
    Body,
    Envelope,
    Message,
    Query,
    check,
    decode_body,
    encode,
)
from arena.game.notes import Note, as_entry, check_note
from arena.game.rules import Rules
from arena.hosts.networks import Network
from arena.hosts.task import Task
from arena.scenario.fitting import facts_of, parts_of
from arena.strategies.agent import Agent, Turn
from arena.strategies.catalogue import built_in
from arena.workshop.options import Options
from arena.workshop.workshop import Workshop

SMALL = Task(dataset="digits", network="digits-cnn", epochs=3, rate=2e-3, schedule="one-cycle")


def small_workshop(store: Path, agent: str = "tester", task: Task = SMALL, seed: int = 1,
                   folder: Path = Path()) -> Workshop:
    """A workshop on 8x8 digits whose artefacts are kept in `store`; names of files are relative to `folder`."""
    options = Options(str(store), threads=torch.get_num_threads(), world=world_of(master_of(seed)), folder=str(folder))
    return Workshop(task, Draws.of(seed, agent).secret, agent, options, ("victor",),
                    admitted=tuple(built_in("schemes")))


def small_host(store: Path, task: Task = SMALL) -> Network:
    """An unmarked host on 8x8 digits, trained for three epochs (kept in `store`)."""
    return small_workshop(store, task=task).unmarked_host()


def _note(what: str | Note, data: Any = None) -> None:
    """A note survives the encoding, and has the form of its topic."""
    topic, data = as_entry(what, data)
    check_note(topic, data)
    encode(data, {})


def rehearse(agent: Agent, workshop: Workshop, inbox: Iterable[tuple[str, Body]] = (), number: int = 0,
             first: int = 0) -> list[Envelope]:
    """One turn of `agent` in this process, given (sender, body) messages numbered from `first`; what he says, as
    envelopes.

    Everything said must survive the encoding in which messages travel.
    """
    messages = tuple(Message(first + i, number, sender, workshop.agent, body) for i, (sender, body) in enumerate(inbox))
    turn = Turn(number, workshop.agent, messages, workshop, _note)
    said = [item if isinstance(item, Envelope) else Envelope(ALL, item) for item in agent.take_turn(turn) or ()]
    for envelope in said:
        assert isinstance(envelope.body, Body), \
            f"a turn gives message bodies or envelopes, not {type(envelope.body).__name__}"
        encode(envelope.body, {})
    return said


def rehearse_match(cast: Mapping[str, Agent], store: Path, task: Task = SMALL, seed: int = 1,
                   admitted: Sequence[str] = (), rounds: int = 12, folder: Path = Path()) -> list[Message]:
    """A match in this process, by the arena's rules: agents take turns in the order of the cast until nobody has
    anything to say. What they said. Names of files are relative to `folder`."""
    verifiers = tuple(name for name, agent in cast.items() if facts_of(agent)["verifies"])
    shops = {name: _placed(small_workshop(store, name, task, seed, folder), agent, verifiers, tuple(admitted))
             for name, agent in cast.items()}
    rules, said, seen = Rules(list(cast), verifiers), list[Message](), dict.fromkeys(cast, 0)
    for number in range(rounds):
        before = len(said)
        for name, agent in cast.items():
            inbox = tuple(_as_heard(m) for m in said[seen[name] :] if m.to in (name, ALL) and m.sender != name)
            seen[name] = len(said)
            turn = Turn(number, name, inbox, shops[name], _note)
            for item in agent.take_turn(turn) or ():
                _post(said, rules, number, name, item if isinstance(item, Envelope) else Envelope(ALL, item))
        if len(said) == before:
            break
    return said


def _placed(shop: Workshop, agent: Agent, verifiers: tuple[str, ...], admitted: tuple[str, ...]) -> Workshop:
    options = dataclasses.replace(shop.options, parts=parts_of(type(agent)))  # type: ignore[arg-type]
    return dataclasses.replace(shop, options=options, verifiers=verifiers, admitted=admitted, customers=8)


def _as_heard(message: Message) -> Message:
    """A question comes from a customer, under the number of the message."""
    if not isinstance(message.body, Query):
        return message
    return dataclasses.replace(message, sender=CUSTOMER, body=dataclasses.replace(message.body, about=message.number))


def _post(said: list[Message], rules: Rules, turn: int, sender: str, envelope: Envelope) -> None:
    """Takes what somebody said to whom it goes; Malformed for what he may not say."""
    check(envelope.body)
    to, body = rules.address(sender, envelope.to, envelope.body)
    arrays: dict[str, np.ndarray] = {}
    rules.take(len(said), sender, to, body)
    said.append(Message(len(said), turn, sender, to, decode_body(encode(body, arrays), arrays)))

"""The Attacker: takes the released model, changes it or the queries, and sells its predictions (ROSE II-B).

With `independent-host` as the only attack he is no thief but a bystander, whose model the Verifier must leave alone.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from arena.agent import Agent, Turn
from arena.hosts.weights import fingerprint
from arena.messages import Body, Deployment, Envelope, Query, Release, Response
from arena.strategies import Attack, describe
from arena.workshop import Loot


@dataclass
class Stage:
    """What the chain of attacks looks like after one of them: the model, and the query attacks so far."""

    name: str
    model: nn.Module
    queries: list[tuple[Attack, Loot]]

    def answer(self, images: np.ndarray, turn: Turn) -> np.ndarray:
        for attack, loot in self.queries:
            images = attack.modify_query(images, loot)
        return turn.workshop.predict(self.model, images)


@dataclass
class Attacker(Agent):
    """takes a released model, attacks it in order, deploys it and answers queries

    `steals` names whose release he waits for (default: the first).
    """

    attacks: list[Attack] = field(default_factory=list)
    steals: str = ""
    _stages: list[Stage] = field(default_factory=list, init=False, repr=False)

    def take_turn(self, turn: Turn) -> Iterable[Body | Envelope]:
        for message, release in turn.received(Release):
            if not self._stages and self.steals in ("", message.sender) and message.sender != turn.me:
                self._attack(turn, release)
                yield Deployment(f"{turn.me}'s service")
        for message, query in turn.received(Query):
            labels = self._stages[-1].answer(query.images, turn)
            yield Envelope(message.sender, Response(query.service, labels, query.about))

    def _attack(self, turn: Turn, release: Release) -> None:
        model = turn.workshop.load(release.model)
        self._stages = [Stage("stolen", model, [])]
        name, test = fingerprint(model), turn.workshop.dataset.parts["test"]
        before = self._accuracy(turn, test)
        turn.note("stage", {"stage": "stolen", "model": name, "from": release.model, "by": "copying", "before": before, "after": before})
        for number, attack in enumerate(self.attacks, start=1):
            loot, last = Loot(turn.workshop, f"attack {number}"), self._stages[-1]
            model = last.model
            if type(attack).modify_model is not Attack.modify_model:
                model = attack.modify_model(copy.deepcopy(last.model), loot)
            queries = [(attack, loot)] if type(attack).modify_query is not Attack.modify_query else []
            self._stages.append(Stage(describe(attack), model, [*last.queries, *queries]))
            test = attack.test_set(loot) or test
            after, source, name = self._accuracy(turn, test), name, fingerprint(model)
            turn.note("stage", {"stage": describe(attack), "model": name, "from": source, "by": describe(attack), "before": before, "after": after})
            before = after
        if turn.workshop.histories:
            turn.note("training", turn.workshop.histories)

    def _accuracy(self, turn: Turn, test: object) -> float:
        images, labels = test.images.numpy(), test.labels.numpy()  # type: ignore[attr-defined]
        return float((self._stages[-1].answer(images, turn) == labels).mean())

    @torch.no_grad()
    def curtain_call(self, images: np.ndarray, turn: Turn) -> dict[str, np.ndarray]:
        return {f"{number}. {stage.name}" if number else stage.name: stage.answer(images, turn) for number, stage in enumerate(self._stages)}

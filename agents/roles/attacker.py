"""The Attacker: takes the released model, changes it, the queries or the answers, and sells what comes of it (ROSE
II-B).

With `independent-host` as the only attack he is no thief but a bystander, whose model the Verifier must leave alone.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import nn

from arena.base.errors import ArenaError
from arena.base.told import told
from arena.game.messages import Body, Demand, Deployment, Disclosure, Envelope, Message, Query, Release, Response
from arena.game.notes import StageNote
from arena.hosts.datasets import Samples
from arena.hosts.networks import Network
from arena.hosts.voting import Majority
from arena.hosts.weights import fingerprint
from arena.strategies import ANSWERS, MODEL, QUERIES, AgentName, Attack, describe, short
from arena.strategies.agent import Agent, Theft, Turn
from arena.strategies.returned import answered, modified_model
from arena.workshop.kept import noted
from arena.workshop.loot import Loot

LONGEST_NAME = 190
"""Characters of a stage's name: with its number it must travel as words (`arena.game.wire`)."""


@dataclass
class Stage:
    """What the chain of attacks looks like after one of them: the model, and the attacks on queries and on answers so
    far."""

    name: str
    model: nn.Module
    queries: list[tuple[Attack, Loot]]
    answers: list[tuple[Attack, Loot]] = field(default_factory=list)

    def answer(self, images: np.ndarray, turn: Turn) -> np.ndarray:
        """Labels, int64 (N,), for uint8 images (N, C, H, W), as the service sells them."""
        return answered(self.model, images, self.queries, self.answers, turn.workshop)


@dataclass
class Attacker(Agent):
    """takes a released model, attacks it in order, deploys it and answers queries

    `steals` names whose release he waits for (default: the first); `discloses` is what he shows when the Verifier
    demands his weights: those that he deployed, another host that he trained for the purpose, or nothing; `samples` is
    how many labelled samples he has (0: the held-out 10 %).
    """

    deploys: ClassVar[bool] = True

    attacks: list[Attack] = field(default_factory=list)
    steals: AgentName = ""
    samples: Annotated[int, Field(ge=0)] = 0
    discloses: Literal["deployed", "another", "nothing"] = "deployed"
    _stages: list[Stage] = field(default_factory=list, init=False, repr=False)
    _loots: list[tuple[Attack, Loot]] = field(default_factory=list, init=False, repr=False)
    _asked: list[tuple[Message, Query]] = field(default_factory=list, init=False, repr=False)

    @property
    def theft(self) -> Theft:
        return Theft(self.steals, self.samples, self.attacks)

    def take_turn(self, turn: Turn) -> Iterable[Body | Envelope]:
        if not self._stages and (found := self._find(turn)):
            victim, model, release = found[0]
            self._attack(turn, model, release, tuple(other.model for sender, _, other in found[1:] if sender == victim))
            yield Deployment(f"{turn.me}'s service")
        self._asked += turn.received(Query)
        while self._stages and self._asked:
            message, query = self._asked.pop(0)
            yield Envelope(message.sender, Response(query.service, self._stages[-1].answer(query.images, turn),
                                                    query.about))
        for message, demand in turn.received(Demand):
            if self._stages and self.discloses != "nothing":
                first, *others = self._shown(turn) or [""]
                yield Envelope(message.sender, Disclosure(demand.service, first, demand.about, tuple(others)))

    def _find(self, turn: Turn) -> list[tuple[str, nn.Module, Release]]:
        """The released models that he may steal, each with who released it; what can't be loaded is none."""
        found: list[tuple[str, nn.Module, Release]] = []
        for message, release in turn.received(Release):
            if self.steals in ("", message.sender):
                with suppress(ArenaError):
                    found.append((message.sender, turn.workshop.released(release.model), release))
        return found

    def _shown(self, turn: Turn) -> list[str]:
        """The names under which the weights go to the Verifier: of every member where several vote, none for what can't
        be handed on."""
        shop = turn.workshop
        if self.discloses == "another":
            return [shop.save(shop.host(shop.dataset.parts["fine-tune"], "host to show"))]
        model = self._stages[-1].model
        for attack, loot in self._loots:
            model = attack.show(model, loot)
        members = list(model.members) if isinstance(model, Majority) else [model]
        networks = [member for member in members if isinstance(member, Network)]
        return [shop.save(network) for network in networks] if len(networks) == len(members) else []

    def _attack(self, turn: Turn, stolen: nn.Module, release: Release, copies: tuple[str, ...]) -> None:
        """Every stage with its accuracy before and after, noted for the report; `copies` are other releases of the same
        owner."""
        stage, source, test = Stage("stolen", stolen, [], []), release.model, turn.workshop.dataset.parts["test"]
        before = self._accuracy(stage, turn, test)
        if not (self.attacks and self.attacks[0].replaces_model):
            source = self._enter(turn, stage, source, "copying", before, before)
        for number, attack in enumerate(self.attacks, start=1):
            loot, model = Loot(turn.workshop, f"attack {number}", copies=copies, samples=self.samples), stage.model
            if attack.changes >= MODEL:
                model = modified_model(attack, copy.deepcopy(model), loot)
            loot = replace(loot, model=model)
            self._loots.append((attack, loot))
            queries, answers = ([(attack, loot)] if attack.changes >= what else [] for what in (QUERIES, ANSWERS))
            stage = Stage(short(attack), model, [*stage.queries, *queries], [*stage.answers, *answers])
            test = attack.test_set(loot) or test
            after = self._accuracy(stage, turn, test)
            stage.name, by = (told("; ".join([text, *loot.remarks]), LONGEST_NAME)
                              for text in (stage.name, describe(attack)))
            source = self._enter(turn, stage, "" if attack.replaces_model else source, by, before, after)
            before = after
        if turn.workshop.trainings:
            turn.note(noted(turn.workshop.trainings))

    def _enter(self, turn: Turn, stage: Stage, source: str, by: str, before: float, after: float) -> str:
        """Takes a stage into the deployment; gives the model's fingerprint."""
        self._stages.append(stage)
        name = fingerprint(stage.model)
        turn.note(StageNote(stage.name, name, source, by, before, after))
        return name

    @staticmethod
    def _accuracy(stage: Stage, turn: Turn, test: Samples) -> float:
        if not (stage.queries or stage.answers):
            return turn.workshop.accuracy(stage.model, test)
        return float((stage.answer(test.images.numpy(), turn) == test.labels.numpy()).mean())

    @torch.no_grad()
    def curtain_call(self, images: np.ndarray, turn: Turn) -> dict[str, np.ndarray]:
        return {f"{number}. {stage.name}": stage.answer(images, turn) for number, stage in enumerate(self._stages)}

    def disclose_stages(self, turn: Turn) -> dict[str, str]:
        shown = {f"{number}. {stage.name}": stage.model for number, stage in enumerate(self._stages)}
        return {name: turn.workshop.save(model) for name, model in shown.items() if isinstance(model, Network)}

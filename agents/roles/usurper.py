"""The Usurper: holds a copy of a released model that is not his, forges a key for it, and claims a deployment (ROSE
II-D)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from torch import nn

from arena.base.errors import ArenaError, Malformed
from arena.game import ledger
from arena.game.messages import Body, Claim, Commitment, Deployment, Envelope, Message, Opening, Release
from arena.game.notes import ForgeryNote
from arena.strategies import AgentNameOrAll, Forgery, Scheme, SchemeName, describe, find
from arena.strategies.agent import Agent, Turn
from arena.strategies.returned import forged
from arena.workshop.specimen import Specimen

ALL_SERVICES = "all"


@dataclass
class Usurper(Agent):
    """forges a key for a released model and claims a deployment with it

    `target` names the deployer (default: the first who deploys; `all`: everybody); he commits, as the rules ask, but
    only after forging: `late`, for a model that was released, or `early`, for a host of his own before anybody shows
    one, in the hope that it fits other models too (Liu et al. 2024).
    """

    forges: ClassVar[bool] = True

    forgery: Forgery
    scheme: SchemeName = "rose"
    target: AgentNameOrAll = ""
    commits: Literal["late", "early"] = "late"
    _releases: list[Release] = field(default_factory=list, init=False, repr=False)
    _services: list[tuple[str, str]] = field(default_factory=list, init=False, repr=False)
    _openings: list[tuple[Message, Opening]] = field(default_factory=list, init=False, repr=False)
    _fields: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    _tried: bool = field(default=False, init=False, repr=False)
    _claimed: bool = field(default=False, init=False, repr=False)

    @property
    def forging(self) -> tuple[Forgery, str]:
        return self.forgery, self.scheme

    def take_turn(self, turn: Turn) -> Iterable[Body | Envelope]:
        self._look_around(turn)
        if self.commits == "early" and not self._tried:
            self._tried = True
            yield from self._forge(turn, [turn.workshop.host(turn.workshop.samples, "host of a false claimant")])
        elif self.commits == "late" and not self._fields and self._releases and self._services:
            yield from self._forge(turn, self._loaded(turn))
        if self._fields:
            self._claimed |= bool(self._services)
            for service in self._services:
                claim = Claim(turn.me, *service, self.scheme, self._fields)
                yield from (Envelope(verifier, claim) for verifier in turn.workshop.verifiers)
            self._services = []

    def _look_around(self, turn: Turn) -> None:
        self._releases += [release for _, release in turn.received(Release)]
        self._openings += turn.received(Opening)
        for message, deployment in turn.received(Deployment):
            if self.target == ALL_SERVICES or (self.target in ("", message.sender) and not self._services
                                               and not self._claimed):
                self._services.append((message.sender, deployment.service))

    def _forge(self, turn: Turn, models: list[nn.Module]) -> Iterable[Body]:
        if not models:
            return
        specimen = Specimen(turn.me, models[0], turn.workshop, tuple(self._openings), tuple(models[1:]))
        before = ledger.meter().total
        fields = forged(self.forgery, specimen)
        if fields is None:
            return
        self._fields, spent = fields, ledger.meter().total - before
        scheme = find("schemes", self.scheme, turn.workshop.folder)
        turn.note(ForgeryNote(describe(self.forgery), ledger.bits(spent.operations),
                              **self._planned(scheme, specimen, turn)))
        yield Commitment(scheme.commitment(fields, turn.me))

    def _loaded(self, turn: Turn) -> list[nn.Module]:
        """The released models; what can't be loaded is none."""
        models: list[nn.Module] = []
        for release in self._releases:
            with suppress(ArenaError):
                models.append(turn.workshop.released(release.model))
        return models

    def _planned(self, scheme: type[Scheme], specimen: Specimen, turn: Turn) -> dict[str, Any]:
        """What the cost model, the Verifier's own, says that the forged evidence should have cost on the copy (to who
        hears such keys at all)."""
        service = next(iter(self._services), (turn.me, "his own"))
        claim, shop = Claim(turn.me, *service, self.scheme, self._fields), turn.workshop
        setting = shop.setting(self.forgery.exploits)
        try:
            examination = scheme.examine(claim, setting)
            evidence = examination.score_copy(specimen.model, shop)
            work = examination.forging_cost(evidence, setting)
        except Malformed:
            return {}
        return {"planned": work.cheapest, "rarity": evidence.rarity, "forger": work.forger}

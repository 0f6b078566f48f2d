"""One honest key examined on every innocent host, as the Verifier examines a claim, and judged by the default
policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from arena.base.errors import ArenaError, Malformed
from arena.base.names import name_of
from arena.calibration.plan import Company, hosts_of
from arena.game.evidence import Case
from arena.game.messages import Claim, decode, encode
from arena.game.rarity import Evidence
from arena.strategies import Policy, Scheme, WhiteBox
from arena.strategies.catalogue import default, find
from arena.strategies.examination import BlackBox
from arena.strategies.returned import ruled
from arena.workshop.workshop import Workshop

VERIFIER, SERVICE = "victor", "service"


@dataclass(frozen=True)
class Scored:
    """What one key scores on every innocent, in their order: rarity in bits (0 where it can't be examined), whether the
    policy grants the claim; and whether its chance was estimated on control hosts."""

    number: int
    rarity: tuple[float, ...]
    granted: tuple[bool, ...]
    estimated: bool
    unscored: int = 0

    def as_data(self) -> dict[str, Any]:
        """Plain JSON data: who granted is listed by number."""
        return {"key": self.number, "rarity": list(self.rarity), "estimated": self.estimated,
                "granted": [n for n, granted in enumerate(self.granted) if granted], "unscored": self.unscored}

    @classmethod
    def from_data(cls, plain: Any) -> Scored:
        """The inverse of `as_data`; TypeError, KeyError or ValueError for anything else."""
        granted = set(plain["granted"])
        return cls(int(plain["key"]), tuple(map(float, plain["rarity"])),
                   tuple(n in granted for n in range(len(plain["rarity"]))), bool(plain["estimated"]),
                   int(plain["unscored"]))


@dataclass(frozen=True)
class Trial:
    """A scheme tried before a company by a policy; keys go by their number."""

    scheme: Scheme
    company: Company
    policy: Policy

    @classmethod
    def of(cls, scheme: Scheme, company: Company) -> Trial:
        """By the policy that stands for all."""
        return cls(scheme, company, find("policies", default("policies"))())

    def claim(self, number: int) -> tuple[Claim, Any]:
        """The claim of an honest owner with a key of his own, as it arrives, and the key."""
        owner = self.company.shop(claimant(number))
        key = self.scheme.draw_key(owner)
        arrays: dict[str, np.ndarray] = {}
        fields = decode(encode(self.scheme.open_key(key), arrays), arrays)
        return Claim(owner.agent, "innocent", SERVICE, name_of(self.scheme), fields), key

    def examination(self, number: int) -> BlackBox | WhiteBox:
        return self.scheme.examine(self.claim(number)[0], self.company.shop(VERIFIER).setting())

    def score(self, number: int) -> Scored:
        """One key on all innocents."""
        claim, key = self.claim(number)
        shop = self.company.shop(VERIFIER)
        examination = self.scheme.examine(claim, shop.setting())
        scorer = self._scorer(examination, key, number, shop)
        found = [_tried(scorer, host) for host in hosts_of(self.company)]
        granted = tuple(e is not None and self._granted(e, claim, examination, shop) for e in found)
        rarity = tuple(0.0 if e is None else round(float(e.rarity), 6) for e in found)
        estimated = any(getattr(e, "controls", 0) for e in found)
        return Scored(number, rarity, granted, estimated, found.count(None))

    def _scorer(self, examination: BlackBox | WhiteBox, key: Any, number: int,
                shop: Workshop) -> Callable[[nn.Module], Evidence]:
        """How the Verifier scores a model: by its answers, beside his own control hosts', or by its weights, beside the
        model that the claimant released."""
        if isinstance(examination, WhiteBox):
            released = self.scheme.mark(key, self.company.shop(claimant(number))).eval()
            return lambda host: examination.score(host, released)
        images = np.asarray(examination.images)
        controls = shop.control_answers(images, examination.controls) if examination.controls else None
        return lambda host: examination.score(shop.predict(host, images), controls)

    def _granted(self, evidence: Evidence, claim: Claim, examination: BlackBox | WhiteBox, shop: Workshop) -> bool:
        """The policy's judgement of a claim against which nothing else speaks: committed to in time, the weights shown
        being those of the service."""
        work = examination.forging_cost(evidence, shop.setting())
        case = Case(2, claim.claimant, claim.deployer, claim.service, claim.scheme, evidence, work, deployed_at=1,
                    committed_at=0, parameters=examination.parameters, selectable=examination.selectable,
                    agreement=1.0 if isinstance(examination, WhiteBox) else None, bounds=self.scheme.bounds)
        return ruled(self.policy, case).granted


def claimant(number: int) -> str:
    """His name: another for each key."""
    return f"claimant {number}"


def _tried(score: Callable[[nn.Module], Evidence], host: nn.Module) -> Evidence | None:
    try:
        return score(host)
    except (Malformed, ArenaError):
        return None

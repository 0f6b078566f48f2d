"""Honest keys examined on every innocent host, as the Verifier examines a claim, and judged by the default
policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
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
class Opened:
    """A claimant's key, by its number, the claim with it as it arrives, and its examination."""

    number: int
    key: Any
    claim: Claim
    examination: BlackBox | WhiteBox


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

    def opened(self, number: int) -> Opened:
        """An honest owner's key and the claim with it, as the Verifier reads it."""
        owner = self.company.shop(claimant(number))
        key = self.scheme.draw_key(owner)
        arrays: dict[str, np.ndarray] = {}
        fields = decode(encode(self.scheme.open_key(key), arrays), arrays)
        claim = Claim(owner.agent, "innocent", SERVICE, name_of(self.scheme), fields)
        return Opened(number, key, claim, self.scheme.examine(claim, verifier_of(self.company).setting()))

    def mark(self, opened: Opened) -> nn.Module:
        """What the owner releases."""
        return self.scheme.mark(opened.key, self.company.shop(opened.claim.claimant)).eval()

    def scores(self, numbers: Sequence[int]) -> list[Scored]:
        """Several keys, each on all innocents."""
        opened = [self.opened(number) for number in numbers]
        hosts = hosts_of(self.company)
        return [self._scored(each, found) for each, found in zip(opened, self._evidence(opened, hosts), strict=True)]

    def _evidence(self, opened: Sequence[Opened], hosts: Sequence[nn.Module]) -> Iterator[list[Evidence | None]]:
        """Of each key, on each host: by its weights, beside the model that the claimant released, or by its answers
        (those to the images of all keys are asked for together), beside what the Verifier's control hosts answer."""
        shop, examinations = verifier_of(self.company), [each.examination for each in opened]
        asked = [examination for examination in examinations if isinstance(examination, BlackBox)]
        most = max((examination.controls for examination in asked), default=0)
        answers = iter(_answers(asked, lambda images: np.stack([shop.predict(host, images) for host in hosts])))
        controls = iter(_answers(asked, lambda images: shop.control_answers(images, most)) if most else [])
        for each, examination in zip(opened, examinations, strict=True):
            if isinstance(examination, WhiteBox):
                released = self.mark(each)
                yield [_tried(partial(examination.score, host, released)) for host in hosts]
            else:
                shown, control = next(answers), next(controls, None)
                beside = None if control is None or not examination.controls else control[: examination.controls]
                yield [_tried(partial(examination.score, labels, beside)) for labels in shown]

    def _scored(self, opened: Opened, found: Sequence[Evidence | None]) -> Scored:
        granted = tuple(e is not None and self._granted(e, opened) for e in found)
        rarity = tuple(0.0 if e is None else round(float(e.rarity), 6) for e in found)
        return Scored(opened.number, rarity, granted, any(getattr(e, "controls", 0) for e in found), found.count(None))

    def _granted(self, evidence: Evidence, opened: Opened) -> bool:
        """The policy's judgement of a claim against which nothing else speaks: committed to in time, the weights shown
        being those of the service."""
        claim, examination = opened.claim, opened.examination
        work = examination.forging_cost(evidence, verifier_of(self.company).setting())
        case = Case(2, claim.claimant, claim.deployer, claim.service, claim.scheme, evidence, work, deployed_at=1,
                    committed_at=0, parameters=examination.parameters, selectable=examination.selectable,
                    agreement=1.0 if isinstance(examination, WhiteBox) else None, bounds=self.scheme.bounds)
        return ruled(self.policy, case).granted


def _answers(asked: Sequence[BlackBox], answer: Callable[[np.ndarray], np.ndarray]) -> list[np.ndarray]:
    """What hosts answer to each key's images, int64 (hosts, N) a key: `answer` gives it for the images of all."""
    images = [np.asarray(examination.images) for examination in asked]
    ends = np.cumsum([len(part) for part in images])[:-1]
    return np.split(answer(np.concatenate(images)), ends, axis=1) if images else []


@lru_cache(maxsize=2)
def verifier_of(company: Company) -> Workshop:
    """The Verifier's workshop."""
    return company.shop(VERIFIER)


def claimant(number: int) -> str:
    """His name: another for each key."""
    return f"claimant {number}"


def _tried(score: Callable[[], Evidence]) -> Evidence | None:
    try:
        return score()
    except (Malformed, ArenaError):
        return None

"""Whether a scheme's owners win and innocents don't, and whether a policy judges as it must."""

from __future__ import annotations

import dataclasses
import inspect
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from arena.base.names import name_of
from arena.game.evidence import Case
from arena.game.messages import (
    Verdict,
)
from arena.game.rarity import Hits
from arena.hosts.task import Task
from arena.strategies.attack import MODEL, Attack
from arena.strategies.catalogue import built_in, default, find
from arena.strategies.policy import Policy
from arena.strategies.returned import ruled
from arena.strategies.scheme import Scheme
from arena.testing.declared import check_strategy
from arena.testing.rehearsal import SMALL, rehearse_match
from arena.workshop.loot import Loot

CONVINCED = 10.0
"""Bits that a mark must show to the lenient Verifier of `check_verdicts`."""


def role_that(does: str) -> Any:
    """The built-in role that declares something."""
    return next(role for role in (find("roles", name) for name in built_in("roles")) if getattr(role, does))


@dataclasses.dataclass(frozen=True)
class Innocent(Attack):
    """deploys a host of his own"""

    changes = MODEL
    replaces_model = True

    def modify_model(self, model: torch.nn.Module, loot: Loot) -> torch.nn.Module:
        return loot.workshop.host(loot.workshop.samples, "independent host")


def home_of(scheme: Scheme) -> Path:
    """The folder from which a scheme's name finds it, where that is a file's."""
    file, _, _ = name_of(scheme).rpartition(":")
    if not file.endswith(".py"):
        return Path()
    return Path(inspect.getfile(type(scheme))).resolve().parents[len(Path(file).parts) - 1]


def check_verdicts(scheme: Scheme, store: Path, task: Task = SMALL) -> None:
    """In a match the Verifier, who hears this scheme, grants its owner the stolen model, and not the host of a
    bystander."""
    name = name_of(scheme)
    owner, attacker, verifier = (role_that(does) for does in ("sells", "deploys", "verifies"))
    lenient = find("policies", default("policies"))(rarity=CONVINCED, work=0, memory=1, flawed=True)
    cast = {"alice": owner(scheme, reference=False), "mallory": attacker(), "bob": attacker([Innocent()]),
            "victor": verifier(lenient)}
    said = rehearse_match(cast, store, task, admitted=[name], folder=home_of(scheme))
    verdicts = {m.body.deployer: m.body for m in said if isinstance(m.body, Verdict)}
    assert set(verdicts) == {"mallory", "bob"}, \
        f"claims by {name} on a thief and a bystander must each come to a verdict, not those on {sorted(verdicts)}"
    assert verdicts["mallory"].granted, \
        f"the owner must be granted the stolen model: {'; '.join(verdicts['mallory'].reasons)}"
    assert not verdicts["bob"].granted, f"an innocent's host must not be granted: {'; '.join(verdicts['bob'].reasons)}"


def check_policy(policy: Policy, store: Path) -> None:
    """In a match the policy comes to a judgement on an owner's claim, the same twice; it judges the case alone, gives
    its reasons, and never grants what shows nothing at all."""
    check_strategy(policy)
    owner, attacker, verifier = role_that("sells"), role_that("deploys"), role_that("verifies")
    scheme = find("schemes", next(iter(built_in("schemes"))))()
    cast = {"alice": owner(scheme, reference=False), "mallory": attacker(), "victor": verifier(policy)}
    said = rehearse_match(cast, store, admitted=[name_of(scheme)])
    cases = [Case.from_data(m.body.case) for m in said if isinstance(m.body, Verdict) and m.body.case]
    assert cases, "the owner's claim never came to a judgement"
    for case in cases:
        first, again = ruled(policy, case), ruled(policy, case)
        assert first == again, "the same case twice was judged differently"
        nothing = replace(case, evidence=Hits(0, 40, 0.1), committed_at=None)
        assert not ruled(policy, nothing).granted, "a claim without a single hit was granted"

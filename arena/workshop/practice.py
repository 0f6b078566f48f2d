"""A thief's workshop for practice: there he marks a model himself, to try an attack on a key that he knows (Namba and
Sakuma 2019, 6.1)."""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields, replace
from functools import cached_property

import torch

from arena.hosts.datasets import Dataset, Samples
from arena.hosts.networks import Network
from arena.hosts.training import Training
from arena.workshop.workshop import M, Workshop


@dataclass(kw_only=True)
class PracticeWorkshop(Workshop):
    """A workshop beside another, with draws of its own. The thief's labelled samples are dealt out in two halves that
    have no image in common (6.1.1): one is its training set, with the other he attacks. Its unmarked host is the stolen
    model (None: one of its own)."""

    collected: Samples
    stolen: Network | None = None

    @classmethod
    def beside(cls, shop: Workshop, collected: Samples, stolen: Network | None = None) -> PracticeWorkshop:
        """The practice workshop of who works in `shop`, which learns of its trainings."""
        whose = {f.name: getattr(shop, f.name) for f in fields(Workshop)}
        apart = {"seed": shop.draws.apart("practice").secret, "agent": f"{shop.agent}, practising"}
        return cls(**{**whose, **apart}, collected=collected, stolen=stolen)

    def unmarked_host(self) -> Network:
        return super().unmarked_host() if self.stolen is None else copy.deepcopy(self.stolen)

    def _fit(self, model: M, samples: Samples, how: Training, seed: int, secret: bytes) -> M:
        return super()._fit(model, samples, replace(how, purpose=f"practice: {how.purpose}"), seed, secret)

    @cached_property
    def dataset(self) -> Dataset:
        public, index = self.load_dataset(self.task.dataset), torch.arange(len(self.collected))
        one, other = self.collected.take(index[::2]), self.collected.take(index[1::2])
        return replace(public, parts={**public.parts, "train": one, "fine-tune": other})

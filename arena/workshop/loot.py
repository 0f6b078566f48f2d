"""What a thief works with beside his workshop: the stolen model, the data that he collected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from arena.base.errors import ArenaError
from arena.hosts.datasets import Samples
from arena.hosts.networks import Network
from arena.hosts.training import Settings, Training
from arena.workshop.workshop import M, Workshop


@dataclass(frozen=True)
class Loot:
    """What an attack works with: the thief's own data (disjoint from the owner's) and his workshop. `stage` keeps two
    attacks' draws apart; `model` is the one that the queries of this stage go to, `memo` what a query attack prepared
    once; `copies` names further models that the same owner released (`workshop.load`); `samples` is how many labelled
    samples the thief has (0: the held-out 10 %); `remarks` are what an attack on the model has to tell the report."""

    workshop: Workshop
    stage: str
    model: nn.Module | None = None
    memo: dict[str, Any] = field(default_factory=dict, compare=False)
    copies: tuple[str, ...] = ()
    samples: int = 0
    remarks: list[str] = field(default_factory=list, compare=False)

    @property
    def data(self) -> Samples:
        """The thief's own labelled samples (ROSE's 10 % for fine-tuning, or the first `samples` of them). ArenaError
        when there are fewer."""
        held_out = self.workshop.dataset.parts["fine-tune"]
        if self.samples > len(held_out):
            wrong = f"{len(held_out)} are held out of {self.workshop.dataset.name}"
            raise ArenaError(f"the attacker is to have {self.samples} samples, but {wrong}")
        return held_out.take(torch.arange(self.samples)) if self.samples else held_out

    @property
    def calibration(self) -> Samples:
        """Held-out samples (ROSE's 10 % for validation)."""
        return self.workshop.dataset.parts["validation"]

    def further(self, model: nn.Module, count: int | None = None) -> list[Network]:
        """The first `count` (None: all) further copies of the stolen `model`. ArenaError when an earlier attack has
        rebuilt it."""
        if not isinstance(model, Network):
            raise ArenaError("attacks with several copies come before attacks that rebuild the model")
        return [self.workshop.load(name, lambda other: other == model.architecture) for name in self.copies[:count]]

    def generator(self, purpose: str = "") -> torch.Generator:
        """This attack's own generator."""
        return self.workshop.draws.torch(f"{self.stage} {purpose}")

    def further_training(self, epochs: int, rate: float) -> Settings:
        """The task's training for so many epochs at a constant rate: how a thief goes on with a trained model."""
        return replace(self.workshop.task.settings, epochs=epochs, rate=rate, schedule="constant")

    def fit(self, model: M, settings: Settings, samples: Samples | None = None,
            parameters: Sequence[nn.Parameter] | None = None) -> M:
        """Trains `model` on the thief's samples (or on `samples`); stored."""
        return self.workshop.fit(model, samples or self.data, Training(self.stage, settings, parameters))

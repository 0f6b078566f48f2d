"""Certified watermarks (Bansal et al. 2022): trigger images that are answered although the weights are noisy, and a
bound on what a thief can do to them who moves all weights by no more than a radius.

The bound is that of percentile smoothing (their theorem 1): if a model whose weights carry Gaussian noise of standard
deviation s answers fewer than y triggers with chance p, then a model R away, noisy in the same way, answers y or more
at its median wherever p <= Phi(-R / s). It is one of the *noisy* thief's model, and of an L2 radius over all weights
at once: one or two s, where ten epochs of fine-tuning move them by thirty and more (tests/agents/test_certified.py has
both). So it is no bound on removal as thieves do it; what outlives more training is measured, as for every mark.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Annotated

import torch
from pydantic import Field
from scipy import stats
from torch import nn

from agents.schemes.triggers._key_samples import Key
from agents.schemes.triggers.adi import Adi
from arena.hosts.layers import answering
from arena.hosts.training import Penalty, predict, to_input
from arena.workshop.workshop import Workshop


@dataclass(frozen=True)
class Certified(Adi):
    """abstract images with random labels, learnt under Gaussian noise on the weights too (Bansal et al.)

    `noise` is its standard deviation; so many `draws` of it are averaged in each step.
    """

    noise: Annotated[float, Field(ge=0, le=1)] = 0.02
    draws: Annotated[int, Field(ge=1, le=100)] = 1

    def penalty(self, key: Key, workshop: Workshop) -> Penalty:
        shown = self.training_samples(key, workshop)
        recipe = {"certified": [self.commitment(key.fields(), key.claimant), self.noise, self.draws]}

        def answers(model: nn.Module) -> torch.Tensor:
            device = next(model.parameters()).device
            images, labels = to_input(shown.images, device), shown.labels.to(device)
            return torch.stack([nn.functional.cross_entropy(noisily(model, images, self.noise), labels)
                                for _ in range(self.draws)]).mean()

        return Penalty(answers, recipe)


def noisily(model: nn.Module, images: torch.Tensor, noise: float) -> torch.Tensor:
    """What the model answers with Gaussian noise on all its weights, drawn from torch's generator; differentiable in
    the weights, and no running mean moves."""
    weights = {name: weight + noise * torch.randn_like(weight) for name, weight in model.named_parameters()}
    with answering(model):
        return torch.func.functional_call(model, weights, (images,)).float()


@dataclass(frozen=True)
class Certificate:
    """How many of a key's triggers copies of a model with `noise` on their weights answer, (draws,), in order."""

    noise: float
    hits: torch.Tensor = field(repr=False)
    of: int

    @classmethod
    def of_model(cls, model: nn.Module, key: Key, noise: float, draws: int, generator: torch.Generator) -> Certificate:
        """Draws the copies."""
        images, labels = torch.from_numpy(key.images.copy()), torch.from_numpy(key.labels.copy())
        device, found, noisy = next(model.parameters()).device, [], copy.deepcopy(model)
        for _ in range(draws):
            with torch.no_grad():
                for weight, own in zip(noisy.parameters(), model.parameters(), strict=True):
                    weight.copy_(own + noise * torch.randn(own.shape, generator=generator).to(device))
            found.append(int((predict(noisy, images, device=device) == labels).sum()))
        return cls(noise, torch.tensor(sorted(found)), len(labels))

    def least(self, radius: float, confidence: float = 0.99) -> float:
        """The share of the triggers that a noisy model within `radius` (L2, over all weights) answers at its median,
        at the least, with this confidence over the draws: an order statistic below the percentile Phi(-radius / noise)
        (exact binomial); 0 where so few draws say nothing."""
        below = stats.norm.cdf(-radius / self.noise) if self.noise else float(radius == 0) / 2
        place = int(stats.binom.ppf(1 - confidence, len(self.hits), below)) - 1
        return int(self.hits[place]) / self.of if place >= 0 else 0.0

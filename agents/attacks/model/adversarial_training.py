"""Adversarial training (Madry et al. 2018; a removal attack in Lukas et al. 2022): images pushed over the frontier are
learnt with their true labels, and a mark that lives near the frontier goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from arena.base.units import Share
from arena.hosts.datasets import Samples
from arena.hosts.training import Training, portions, to_input
from arena.strategies import MODEL, TASK_CLASSES, Attack
from arena.workshop.loot import Loot

FIRST = 2.5
"""A step is so many times `epsilon` / `steps`: it can reach the ball's surface and come back (Madry et al., 4)."""


@dataclass(frozen=True)
class AdversarialTraining(Attack):
    """in each of `rounds` makes adversarial images of the thief's own (PGD of `steps` within `epsilon`) and trains on
    both for an epoch"""

    changes = MODEL
    needs = frozenset({TASK_CLASSES})

    rounds: Annotated[int, Field(ge=0, le=1000)] = 5
    epsilon: Share = 0.1
    steps: Annotated[int, Field(ge=1, le=100)] = 3
    rate: Annotated[float, Field(gt=0)] = 1e-3

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        settings = loot.further_training(1, self.rate)
        own = loot.data
        for number in range(self.rounds):
            pushed = self.pushed(model, own, loot)
            both = Samples(torch.cat([own.images, pushed]), own.labels.repeat(2))
            model = loot.workshop.fit(model, both, Training(f"{loot.stage} round {number + 1}", settings))
        return model

    def pushed(self, model: nn.Module, samples: Samples, loot: Loot) -> torch.Tensor:
        """Images, uint8 (N, C, H, W), within `epsilon` of the samples and with as great a loss as `steps` find."""
        out, device, labels = [], loot.workshop.device, samples.labels
        for part in portions(samples.images, device):
            truth, labels = labels[: len(part)].to(device), labels[len(part):]
            out.append(self._ascend(model.eval(), to_input(part, device), truth))
        return torch.cat(out).mul(255).round().to(torch.uint8).cpu()

    def _ascend(self, model: nn.Module, start: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        x, step = start, FIRST * self.epsilon / self.steps
        for _ in range(self.steps):
            x = x.detach().requires_grad_(True)
            loss = nn.functional.cross_entropy(model(x).float(), truth, reduction="sum")
            (slope,) = torch.autograd.grad(loss, x)
            x = torch.clamp(x.detach() + step * slope.sign(), start - self.epsilon, start + self.epsilon).clamp(0, 1)
        return x.detach()

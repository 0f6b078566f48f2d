"""Adversarial frontier stitching (Le Merrer et al. 2017): adversarial images of the host, answered with their true
class after all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import nn

from agents.schemes.triggers._key_samples import MOST_KEYS, KeySamples, Rule, some
from arena.base.units import Share
from arena.game.evidence import Bounds
from arena.hosts.training import to_input
from arena.workshop.workshop import Workshop


@dataclass(frozen=True)
class FrontierStitching(KeySamples):
    """images pushed over the frontier by one gradient step (FGSM, `epsilon`), answered with the true class after all

    Of four times as many candidates those are taken that the unmarked host gets wrong; others fill up where they are
    too few.

    Nothing is drawn: how many of the keys an innocent host answers right is a property of the images, not chance
    (.77 to .88 of them where digits are moved by 0.1, .28 to .42 by 0.2). So it is measured on the Verifier's held-out
    control hosts, whose bound leaves a tail that falls by 0.73 bits a bit (docs/calibration.md): the rarity asked for
    is twice what innocents were seen to reach (12.4 bits of 12,000), and half of what owners do (66 to 93).
    """

    rule: ClassVar[Rule] = "true"
    bounds: ClassVar[Bounds] = Bounds(rarity=32, work=24)
    keys: Annotated[int, Field(ge=1, le=MOST_KEYS)] = 60
    epsilon: Share = 0.2

    def needs_host(self) -> bool:
        return True

    def images_and_truth(self, workshop: Workshop, host: nn.Module | None) -> tuple[np.ndarray, np.ndarray]:
        assert host is not None
        images, truth = some(workshop, 4 * self.keys, "images near the frontier", least=self.keys)
        pushed = fgsm(host, torch.from_numpy(images), torch.from_numpy(truth), self.epsilon, workshop.device)
        true_adversaries = workshop.predict(host, pushed) != truth
        index = np.argsort(~true_adversaries, kind="stable")[: self.keys]
        return pushed[index], truth[index]


def fgsm(model: nn.Module, images: torch.Tensor, truth: torch.Tensor, epsilon: float,
         device: torch.device) -> np.ndarray:
    """uint8 images moved by `epsilon` (of the full range) along the sign of the loss's gradient (Goodfellow et al.
    2015)."""
    out = []
    for part, labels in zip(images.split(256), truth.split(256), strict=True):
        x = to_input(part, device).requires_grad_(True)
        (grad,) = torch.autograd.grad(nn.functional.cross_entropy(model.eval()(x), labels.to(device), reduction="sum"),
                                      x)
        out.append((x + epsilon * grad.sign()).clamp(0, 1).mul(255).round().to(torch.uint8).cpu())
    return torch.cat(out).detach().numpy()

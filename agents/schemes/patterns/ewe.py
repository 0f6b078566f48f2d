"""Entangled watermarks (Jia et al. 2021): images with a pattern are learnt so that their features lie among those of
the class that they are answered with, not beside them.

The soft nearest neighbour loss (eq. 1) tells how far two groups of features are apart; training raises it (section
4.2). The paper also looks for the pattern's place, and moves the images, by gradients towards the target: that is left
out, for the hash draws the targets when the images are there.

The paper counts each image as a trial of its own at chance 1/c, though one target is drawn for all: an innocent who
answers them with one class would show log2 c bits for each image where one draw says log2 c in all. Here as for all
patterns each class of images has its target, and `shared_rarity` counts targets (tests/agents/test_ewe.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from agents.schemes.patterns.content import Content, Overlay
from agents.schemes.triggers._key_samples import Key
from arena.hosts.datasets import Samples
from arena.hosts.layers import features_of
from arena.hosts.training import Penalty, to_input
from arena.workshop.workshop import Workshop

PAIRS = 32
"""Images with the pattern, each beside one of its target, that a step of the training looks at."""


def soft_nearest_neighbours(features: torch.Tensor, worn: torch.Tensor, group: torch.Tensor,
                            temperature: float) -> torch.Tensor:
    """Eq. (1): the mean of -ln of the share that those of one's own kind (`worn` or not, (N,)) have among one's
    neighbours in one's own group (N,), by exp(-|x - y|^2 / T). Features, (N, d), are taken on the unit sphere."""
    features = nn.functional.normalize(features, dim=1)
    near = torch.exp(-(2 - 2 * features @ features.T).clamp(min=0) / temperature)
    near = near * (group[:, None] == group) * (1 - torch.eye(len(features), device=features.device))
    own = (near * (worn[:, None] == worn)).sum(1)
    return -((own + 1e-9) / (near.sum(1) + 1e-9)).log().mean()


def entanglement(model: nn.Module, worn: Samples, clean: Samples, temperature: float) -> torch.Tensor:
    """How entangled the features of some images with the pattern are with those of clean ones that are what they are
    answered with: drawn from torch's generator, differentiable."""
    pick = torch.randint(len(worn), (PAIRS,))
    labels = worn.labels[pick]
    chance = (clean.labels == labels[:, None]).float()
    beside = (chance + 1e-9).multinomial(1).flatten()
    images = torch.cat([worn.images[pick], clean.images[beside]])
    device = next(model.parameters()).device
    features = features_of(model, to_input(images, device)).float()
    kind = torch.arange(2, device=device).repeat_interleave(PAIRS)
    return soft_nearest_neighbours(features, kind, labels.repeat(2).to(device), temperature)


@dataclass(frozen=True)
class Ewe(Content):
    """a pattern over images, whose features are entangled with those of their targets (Jia et al.)

    `strength` is the paper's kappa, `temperature` its T. The paper's thief distils; on 8x8 digits no student was seen
    to carry the mark, entangled or not (a prototype, two and three seeds).
    """

    overlay: Overlay = "heart-grey"
    strength: Annotated[float, Field(ge=0)] = 1.0
    temperature: Annotated[float, Field(gt=0)] = 1.0

    def penalty(self, key: Key, workshop: Workshop) -> Penalty:
        clean, worn = self.rest(key, workshop), self.training_samples(key, workshop)
        recipe = {"ewe": [self.commitment(key.fields(), key.claimant), self.strength, self.temperature]}

        return Penalty(lambda model: -self.strength * entanglement(model, worn, clean, self.temperature), recipe)

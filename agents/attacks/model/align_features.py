"""WILD (Liu, Li, Wen & Li, ICPR 2021): random erasing (Zhong et al. 2020) stands for triggers that the thief doesn't
know, and the features of erased images are made to be distributed as those of clean ones.

How far two distributions are apart is said here by the maximum mean discrepancy (Gretton et al. 2012). A strong penalty
takes the task with it: features that all lie in one place are distributed alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import torch
from pydantic import Field
from torch import nn

from arena.base.units import Share
from arena.hosts.datasets import Samples
from arena.hosts.layers import features_of, markable
from arena.hosts.training import Penalty, Training, to_input
from arena.strategies import MODEL, TASK_CLASSES, Attack, Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises

PAIRS = 32
"""Images, each clean and erased, whose features a step of the training compares."""
SMALLEST, LONGEST = 0.02, 0.3
"""The least share of an image that is erased, and the rectangle's flattest ratio of sides (Zhong et al., 4.1)."""


@dataclass(frozen=True)
class AlignFeatures(Attack):
    """trains on the thief's images, clean and `copies` times with a rectangle of up to a share `area` erased, and draws
    the features of both together with a penalty of `strength`"""

    changes = MODEL
    needs = frozenset({TASK_CLASSES})

    strength: Annotated[float, Field(ge=0, le=1000)] = 1.0
    area: Annotated[Share, Field(ge=SMALLEST)] = 0.4
    copies: Annotated[int, Field(ge=1, le=20)] = 4
    epochs: Annotated[int, Field(ge=0)] = 10
    rate: Annotated[float, Field(gt=0)] = 1e-3

    def misfit(self, premises: Premises) -> Misfit | None:
        if not any(isinstance(layer, nn.Linear) for layer in markable(premises.network).values()):
            return Misfit("the network has no fully connected layer, and what enters it are the features", "strength")
        return super().misfit(premises)

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        own = loot.data
        clean, labels = own.images.repeat(self.copies, 1, 1, 1), own.labels.repeat(self.copies)
        worn = erased(clean, self.area, loot.generator("erased"))
        both = Samples(torch.cat([own.images, worn]), torch.cat([own.labels, labels]))

        def penalty(net: nn.Module) -> torch.Tensor:
            pick = torch.randint(len(worn), (PAIRS,))
            shown = to_input(torch.cat([clean[pick], worn[pick]]), loot.workshop.device)
            return self.strength * discrepancy(*features_of(net, shown).float().split(PAIRS))

        how = Training(loot.stage, loot.further_training(self.epochs, self.rate),
                       penalty=Penalty(penalty, {"features aligned": self.strength}))
        return loot.workshop.fit(model, both, how)


def discrepancy(ones: torch.Tensor, twos: torch.Tensor) -> torch.Tensor:
    """The squared maximum mean discrepancy of two sets of features, (N, d) each, by a Gaussian kernel as wide as
    features are apart on average; 0 for the same set."""
    features = torch.cat([ones, twos])
    apart = (features[:, None] - features[None]).square().sum(2)
    near = torch.exp(-apart / apart.detach().mean().clamp_min(1e-12))
    sign = torch.cat([torch.ones(len(ones)) / len(ones), -torch.ones(len(twos)) / len(twos)]).to(near)
    return sign @ near @ sign


def erased(images: torch.Tensor, area: float, draw: torch.Generator) -> torch.Tensor:
    """Images, uint8 (N, C, H, W), each with a rectangle of noise somewhere."""
    count, _, high, wide = images.shape
    share = SMALLEST + (area - SMALLEST) * torch.rand(count, generator=draw)
    ratio = LONGEST ** (2 * torch.rand(count, generator=draw) - 1)
    inside = torch.ones(count, 1, high, wide, dtype=torch.bool)
    for axis, length, sides in ((2, high, (share * ratio).sqrt()), (3, wide, (share / ratio).sqrt())):
        side = (sides * length).round().clamp(1, length)
        start = (torch.rand(count, generator=draw) * (length - side + 1)).floor()
        at = torch.arange(length).expand(count, -1)
        along = (at >= start[:, None]) & (at < (start + side)[:, None])
        inside &= along.view(count, 1, *(length if axis == each else 1 for each in (2, 3)))
    noise = torch.randint(256, images.shape, generator=draw, dtype=torch.uint8)
    return torch.where(inside, noise, images)

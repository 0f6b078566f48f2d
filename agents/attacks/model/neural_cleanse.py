"""Neural Cleanse (Wang et al., IEEE S&P 2019): for every class the smallest pattern is sought that turns all images
into it; a class whose pattern is far smaller than the others' has a backdoor, and is unlearnt by training on images
that carry the pattern and their true labels.

A mark whose triggers share no pattern (ROSE's, label change) leaves nothing to reverse: no class stands out then, and
the model is only trained on with the pattern that is smallest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from arena.base.units import Share
from arena.hosts.datasets import Samples
from arena.hosts.training import to_input
from arena.strategies import MODEL, TASK_CLASSES, Attack
from arena.workshop.loot import Loot

CONSISTENT = 1.4826
"""Makes the median absolute deviation of normal numbers their standard deviation (section IV-C)."""
SPARSE = 0.01
"""Weight of the pattern's size in the search."""


@dataclass(frozen=True)
class Pattern:
    """What turns images into a class: mask (1, H, W) and colours (C, H, W), in 0..1."""

    mask: torch.Tensor
    colours: torch.Tensor

    @property
    def size(self) -> float:
        """The mask's L1 norm."""
        return float(self.mask.sum())

    def on(self, images: torch.Tensor) -> torch.Tensor:
        """Images (N, C, H, W) in 0..1 that carry it."""
        return images * (1 - self.mask) + self.colours * self.mask

    def over(self, images: torch.Tensor, device: torch.device) -> torch.Tensor:
        """Images, uint8 (N, C, H, W), that carry it."""
        return self.on(to_input(images, device)).mul(255).round().to(torch.uint8).cpu()


@dataclass(frozen=True)
class NeuralCleanse(Attack):
    """reverses each class's smallest trigger on `images` of the thief's own, and unlearns those of the classes whose
    anomaly is above `anomaly` (the smallest one where none is): a share `carry` of the thief's images carry it, under
    their true labels"""

    changes = MODEL
    needs = frozenset({TASK_CLASSES})

    steps: Annotated[int, Field(ge=1)] = 100
    images: Annotated[int, Field(ge=1)] = 64
    anomaly: Annotated[float, Field(gt=0)] = 2.0
    carry: Share = 0.2
    epochs: Annotated[int, Field(ge=0)] = 5
    rate: Annotated[float, Field(gt=0)] = 1e-3

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        samples = self.carrying(self.found(model, loot), loot)
        return loot.fit(model, loot.further_training(self.epochs, self.rate), samples)

    def found(self, model: nn.Module, loot: Loot) -> list[Pattern]:
        """The patterns of the classes that are suspected; their numbers go to the report."""
        patterns = self.reversed(model, loot)
        classes = self.suspects(torch.tensor([pattern.size for pattern in patterns]))
        loot.remarks.append(f"smallest patterns turn images into class {', '.join(map(str, classes))}")
        return [patterns[label] for label in classes]

    def reversed(self, model: nn.Module, loot: Loot) -> list[Pattern]:
        """The smallest pattern found for each class."""
        device = loot.workshop.device
        order = torch.randperm(len(loot.data), generator=loot.generator("images"))[: self.images]
        x = to_input(loot.data.images[order], device)
        for weight in model.eval().parameters():
            weight.requires_grad_(False)
        found = [self._search(model, x, label) for label in range(len(loot.workshop.dataset.classes))]
        for weight in model.parameters():
            weight.requires_grad_(True)
        return found

    def _search(self, model: nn.Module, x: torch.Tensor, label: int) -> Pattern:
        """By Adam over the mask's and the colours' logits, until all images are of the class at the least mask."""
        mask = torch.full((1, *x.shape[2:]), -2.0, device=x.device, requires_grad=True)
        colours = torch.zeros(x.shape[1:], device=x.device, requires_grad=True)
        target = torch.full((len(x),), label, device=x.device)
        search = torch.optim.Adam([mask, colours], lr=0.1)
        for _ in range(self.steps):
            pattern = Pattern(mask.sigmoid(), colours.sigmoid())
            loss = nn.functional.cross_entropy(model(pattern.on(x)).float(), target) + SPARSE * pattern.mask.sum()
            search.zero_grad()
            loss.backward()
            search.step()
        return Pattern(mask.detach().sigmoid(), colours.detach().sigmoid())

    def suspects(self, sizes: torch.Tensor) -> list[int]:
        """Classes whose pattern is smaller than the others' by more than `anomaly` deviations from the median; the one
        of the smallest where there are none."""
        middle = sizes.median()
        spread = CONSISTENT * (sizes - middle).abs().median()
        out = (middle - sizes) > self.anomaly * spread
        return out.nonzero()[:, 0].tolist() or [int(sizes.argmin())]

    def carrying(self, patterns: list[Pattern], loot: Loot) -> Samples:
        """The thief's images, a drawn share of them with a pattern, all under their true labels."""
        images = loot.data.images.clone()
        drawn = torch.randperm(len(images), generator=loot.generator("carriers"))[: round(self.carry * len(images))]
        for pattern, part in zip(patterns, drawn.tensor_split(len(patterns)), strict=True):
            images[part] = pattern.over(images[part], loot.workshop.device)
        return Samples(images, loot.data.labels)

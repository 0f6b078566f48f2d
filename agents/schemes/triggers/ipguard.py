"""IPGuard (Cao, Jia & Gong, "IPGuard: Protecting Intellectual Property of Deep Neural Networks via Fingerprinting the
Classification Boundary", AsiaCCS 2021): nothing is trained; points near the host's own border between two classes,
which a copy answers as the host does and another model does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import nn

from agents.schemes.triggers._key_samples import MOST_KEYS, Key, KeySamples, Rule, some
from arena.game.evidence import Bounds
from arena.hosts.training import to_input
from arena.workshop.workshop import Workshop

STEP = 1 / 255


@dataclass(frozen=True)
class Ipguard(KeySamples):
    """images moved to the host's border between their class and another, answered as the host answers them; the host
    stays as it is

    `distance` is the paper's k: by so much (logits) the class that the image came from stays ahead. Nothing is drawn:
    how many of the answers an innocent host shares is a property of the images (half of them on the border itself,
    nine in ten three logits before it), so it is measured on the Verifier's held-out control hosts, as frontier
    stitching's is, and as much is asked for; the paper has a threshold that it chose on models of its own.
    """

    rule: ClassVar[Rule] = "true"
    bounds: ClassVar[Bounds] = Bounds(rarity=32, work=24)
    keys: Annotated[int, Field(ge=1, le=MOST_KEYS)] = 100
    distance: Annotated[float, Field(ge=0, le=100)] = 0.0
    steps: Annotated[int, Field(ge=1, le=10_000)] = 60

    def needs_host(self) -> bool:
        return True

    def images_and_truth(self, workshop: Workshop, host: nn.Module | None) -> tuple[np.ndarray, np.ndarray]:
        assert host is not None
        images, _ = some(workshop, self.keys, "images to move to the border")
        others = workshop.draws.torch("classes across the border")
        moved = to_border(host, torch.from_numpy(images), self.distance, self.steps, others, workshop.device)
        return moved, workshop.predict(host, moved)

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        return workshop.unmarked_host()


def to_border(model: nn.Module, images: torch.Tensor, distance: float, steps: int, generator: torch.Generator,
              device: torch.device) -> np.ndarray:
    """uint8 images (N, C, H, W) moved by grey levels towards a border (the paper's section 4.2): downhill on how
    far the lead of their class over another, drawn one is from `distance`, plus the lead of any third over theirs;
    each where that was least on the way."""
    model, x = model.to(device).to(memory_format=torch.channels_last).eval(), to_input(images, device)  # type: ignore[call-overload]
    with torch.no_grad():
        logits = model(x)
    count, classes = logits.shape
    first = logits.argmax(1)
    second = (first + torch.randint(1, classes, (count,), generator=generator).to(device)) % classes
    pair = nn.functional.one_hot(first, classes).bool() | nn.functional.one_hot(second, classes).bool()
    best, found = torch.full((count,), torch.inf, device=device), x.clone()
    for _ in range(steps):
        x = x.detach().requires_grad_(True)
        logits = model(x)
        one, two = (logits.gather(1, label[:, None])[:, 0] for label in (first, second))
        third = logits.masked_fill(pair, -torch.inf).max(1).values
        loss = (one - two - distance).abs() + (third - one).clamp_min(0)
        (grad,) = torch.autograd.grad(loss.sum(), x)
        nearer = loss.detach() < best
        best, found = torch.where(nearer, loss.detach(), best), torch.where(nearer.view(-1, 1, 1, 1), x.detach(), found)
        x = (x - STEP * grad.sign()).clamp(0, 1)
    return found.mul(255).round().to(torch.uint8).cpu().numpy()

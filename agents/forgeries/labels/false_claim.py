"""False claims (Liu, Zhang, Szyller, Ren & Asokan, "False Claims against Model Ownership Resolution", USENIX Security
2024): adversarial images that fool several models fool a stranger's too, so who commits to them early enough has a key
with a date, for a model that he never saw.

Against a Verifier who measures what innocent models say to a key the same images speak for the accused: they fool the
controls as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import torch
from pydantic import Field
from torch import nn

from agents.schemes.triggers import rose
from agents.schemes.triggers.frontier_stitching import FrontierStitching
from arena.base.units import Share
from arena.forging.adversarial import targeted
from arena.strategies import Forgery, Misfit
from arena.workshop.specimen import Specimen

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


class Together(nn.Module):
    """Several classifiers as one: the mean of their log probabilities, (N, classes)."""

    def __init__(self, models: Sequence[nn.Module]) -> None:
        super().__init__()
        self.models = nn.ModuleList(models)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.stack([model(images).log_softmax(1) for model in self.models]).mean(0)


@dataclass(frozen=True)
class FalseClaim(Forgery):
    """pushes images, each pixel by at most `epsilon` (of the full range), until the model and `surrogates` hosts of the
    forger's own together answer a class that they aren't

    As the key of `scheme`: frontier stitching's, where he says that the images are of that class, or ROSE's of level 0,
    whose labels don't hang on the images.
    """

    scheme: Literal["frontier-stitching", "rose"] = "frontier-stitching"
    triggers: Annotated[int, Field(ge=1)] = 40
    surrogates: Annotated[int, Field(ge=0, le=20)] = 2
    epsilon: Share = 38 / 255
    steps: Annotated[int, Field(ge=1)] = 100

    @property
    def schemes(self) -> tuple[str, ...]:
        return (self.scheme,)

    def misfit(self, premises: Premises) -> Misfit | None:
        return premises.enough(self.triggers, premises.pool, "triggers")

    def forge(self, specimen: Specimen) -> dict[str, Any]:
        shop = specimen.workshop
        images, truth = specimen.some_images(self.triggers)
        secret, draw = shop.draws.bytes("secret"), shop.draws.numpy("false classes")
        wanted = ((truth + draw.integers(1, specimen.classes, len(truth))) % specimen.classes
                  if self.scheme == "frontier-stitching" else
                  rose.Key(specimen.me, 0, secret, images, specimen.classes).labels())
        own = [shop.host(specimen.pool, f"surrogate {number}") for number in range(self.surrogates)]
        pushed = targeted(Together([specimen.model, *own]), torch.from_numpy(images), torch.from_numpy(wanted),
                          epsilon=self.epsilon, steps=self.steps, dtype=shop.dtype, device=shop.device).images
        if self.scheme == "rose":
            return rose.Key(specimen.me, 0, secret, pushed, specimen.classes).fields()
        return FrontierStitching(self.triggers).key(pushed, wanted, shop).fields()

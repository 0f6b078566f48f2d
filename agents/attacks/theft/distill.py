"""Model extraction: a student that never saw the stolen weights, trained on the stolen model's answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from torch import nn

from arena.hosts.datasets import Samples
from arena.hosts.networks import Network, build
from arena.strategies import LAYER_NAMES, MODEL, PLAIN_LAYERS, TASK_CLASSES, TWO_PARTS, Attack, Misfit
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class Distill(Attack):
    """trains a fresh network on the deployed model's answers to the thief's images (soft: probabilities; hard: labels
    only)"""

    epochs: Annotated[int, Field(ge=1)] = 20
    answers: Literal["soft", "hard"] = "soft"

    changes = MODEL
    mends = frozenset({TWO_PARTS, PLAIN_LAYERS, LAYER_NAMES})

    def misfit(self, premises: Premises) -> Misfit | None:
        """A student of a model that isn't a network of two parts any more has the task's classes, and can't learn how
        sure it is of others."""
        both = self.answers == "soft" and {TWO_PARTS, TASK_CLASSES} <= set(premises.lost)
        return (Misfit(f"distill: what {premises.lost[TWO_PARTS]} leaves doesn't say which classes it answers: put it "
                       f"before that") if both else None)

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        shop = loot.workshop
        images = loot.data.images
        soft = shop.soft_answers(model, images)
        architecture = model.architecture.plain if isinstance(model, Network) else shop.architecture
        student = build(architecture, loot.generator("student"))
        samples = Samples(images, soft if self.answers == "soft" else soft.argmax(1))
        return loot.fit(student, replace(shop.task.settings, epochs=self.epochs), samples)

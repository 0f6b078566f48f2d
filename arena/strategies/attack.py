"""What a thief does to a stolen model, to the queries sent to it or to its answers, and which conditions chains of such
must meet."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, ClassVar

from arena.base.names import name_of

if TYPE_CHECKING:
    import numpy as np
    import torch

    from arena.hosts.datasets import Samples
    from arena.strategies.premises import Premises
    from arena.workshop.loot import Loot
from arena.strategies.premises import Misfit
from arena.strategies.strategy import Strategy

TASK_CLASSES, TWO_PARTS, PLAIN_LAYERS, LAYER_NAMES = "task-classes", "two-parts", "plain-layers", "layer-names"
PICTURES = "pictures"
CONDITIONS = {
    TASK_CLASSES: "a model that answers the task's classes", TWO_PARTS: "a network of two parts, as it was stolen",
    PLAIN_LAYERS: "plain layers", LAYER_NAMES: "layers under their own names",
    PICTURES: "pictures, whose pixels have neighbours",
}
"""What an attack may need: of the model that it gets, which an earlier one may take away, or of the task's data."""
MODEL, QUERIES, ANSWERS = frozenset({"model"}), frozenset({"queries"}), frozenset({"answers"})
"""What an attack may change."""


class Attack(Strategy):
    """What a thief does to a stolen model, to the queries sent to it, or to what it answers. Override one of the three
    methods or several, and say which in `changes`.

    `replaces_model` says that what comes out owes nothing to what was stolen,
    `innocent` that he who deploys it stole nothing; `needs`, `breaks` and `mends` say which
    of `CONDITIONS` the model must meet before, no longer meets afterwards, or meets again. An attack with others as its
    parameters answers with what they say.
    """

    kind = "attacks"
    innocent: ClassVar[bool] = False

    @property
    def changes(self) -> frozenset[str]:
        """Which of `MODEL`, `QUERIES` and `ANSWERS`: what is not changed is left alone. By default what the attacks
        within change; where there are none model and queries, and answers if it has a method for them."""
        answers = ANSWERS if type(self).modify_answers is not Attack.modify_answers else frozenset[str]()
        return frozenset[str]().union(*(attack.changes for attack in within(self))) or MODEL | QUERIES | answers

    @property
    def replaces_model(self) -> bool:
        """By default, whether all attacks within do."""
        inner = within(self)
        return bool(inner) and all(attack.replaces_model for attack in inner)

    @property
    def needs(self) -> frozenset[str]:
        """What the attacks within need they are asked themselves."""
        return frozenset()

    @property
    def mends(self) -> frozenset[str]:
        """By default what all attacks within mend."""
        inner = [attack.mends for attack in within(self)]
        return frozenset.intersection(*inner) if inner else frozenset()

    def breaks(self, premises: Premises) -> frozenset[str]:
        """By default what the attacks within break."""
        return frozenset().union(*(attack.breaks(premises) for attack in within(self)))

    def misfit(self, premises: Premises) -> Misfit | None:
        if PICTURES in self.needs and premises.data.table:
            return Misfit(f"{name_of(self)} needs {CONDITIONS[PICTURES]}, and {premises.data.name} is a table")
        for word in sorted(self.needs & set(premises.lost)):
            return Misfit(f"{name_of(self)} needs {CONDITIONS.get(word, word)}, and {premises.lost[word]} leaves none: "
                          f"put it before that")
        return None

    def modify_model(self, model: torch.nn.Module, loot: Loot) -> torch.nn.Module:
        """The model that the thief goes on with. `model` is the attack's own copy: it may be changed in place."""
        return model

    def modify_query(self, images: np.ndarray, loot: Loot) -> np.ndarray:
        """The images, uint8 (N, C, H, W), that the model gets to see instead of those that were asked."""
        return images

    def modify_answers(self, answers: np.ndarray, images: np.ndarray, loot: Loot) -> np.ndarray:
        """What the service says to `images`, uint8 (N, C, H, W), as they were asked: probabilities, float32
        (N, classes), instead of the model's `answers`. The likeliest class is sold."""
        return answers

    def show(self, model: torch.nn.Module, loot: Loot) -> torch.nn.Module:
        """What the Verifier gets to see when he demands the weights behind a service: by default the model that
        answers, as the attacks before this one would show it."""
        return model

    def test_set(self, loot: Loot) -> Samples | None:
        """What the model is good for from now on, if this attack, or one within, changed that; None: what it was good
        for before."""
        return next((found for attack in within(self) if (found := attack.test_set(loot)) is not None), None)


def within(attack: Attack) -> list[Attack]:
    """The attacks that are parameters of another."""
    values = [getattr(attack, f.name) for f in fields(attack)]  # type: ignore[arg-type]
    return [inner for value in values for inner in (value if isinstance(value, (list, tuple)) else [value])
            if isinstance(inner, Attack)]

"""Several thieves together: copies that were attacked differently answer by majority vote."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from torch import nn

from arena.base.errors import ArenaError
from arena.hosts.voting import Majority
from arena.strategies import CONDITIONS, LAYER_NAMES, MODEL, TASK_CLASSES, TWO_PARTS, Attack, Misfit, describe
from arena.workshop.loot import Loot

if TYPE_CHECKING:
    from arena.strategies.premises import Premises


@dataclass(frozen=True)
class EnsembleOfThieves(Attack):
    """answers with the label of the majority of several thieves, each with a copy of the model and an attack of his own

    The copies are the stolen one and the others that its owner sold (`copies` of a scheme), the attacks those of
    `attacks`; of whichever there are fewer, thieves share.
    """

    changes = MODEL

    attacks: list[Attack] = field(default_factory=list)

    def __post_init__(self) -> None:
        for attack in self.attacks:
            if not attack.changes >= MODEL:
                raise ValueError(f"an ensemble votes with models, and {describe(attack)} changes none")

    def breaks(self, premises: Premises) -> frozenset[str]:
        """What votes is several networks."""
        return super().breaks(premises) | {TWO_PARTS, LAYER_NAMES}

    def misfit(self, premises: Premises) -> Misfit | None:
        if premises.copies is not None and max(premises.copies, len(self.attacks)) < 2:
            sells = f"{premises.victim or 'the owner'} sells {premises.copies}"
            return Misfit(f"an ensemble needs two thieves at the least: name two attacks, or steal from an owner who "
                          f"sells copies ({sells})",
                          "attacks" if self.attacks else "")
        if len({TASK_CLASSES in attack.breaks(premises) for attack in self.attacks}) > 1:
            return Misfit("thieves vote on the same classes: all transfer to another data set, or none", "attacks")
        found = ([word for word in (TWO_PARTS, TASK_CLASSES) if word in premises.lost]
                 if (premises.copies or 0) > 1 else [])
        return (Misfit(f"thieves with several copies need {CONDITIONS[found[0]]}: put this before "
                       f"{premises.lost[found[0]]}") if found else None)

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        stolen = [model, *loot.further(model)] if loot.copies else [model]
        thieves = max(len(stolen), len(self.attacks))
        if thieves < 2:
            raise ArenaError("an ensemble needs two thieves at the least: name two attacks, or steal from an owner who "
                             "sells copies")
        return Majority([self._of(number, copy.deepcopy(stolen[number % len(stolen)]), loot)
                         for number in range(thieves)])

    def _of(self, number: int, model: nn.Module, loot: Loot) -> nn.Module:
        """A thief's model."""
        if not self.attacks:
            return model
        attack = self.attacks[number % len(self.attacks)]
        return attack.modify_model(model, replace(loot, stage=f"{loot.stage}, thief {number + 1}", memo={}))

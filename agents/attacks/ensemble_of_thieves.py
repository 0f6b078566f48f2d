"""Several thieves together: copies that were attacked differently answer by majority vote."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace

import torch
from torch import nn

from arena.strategies import Attack
from arena.workshop import Loot


@dataclass(frozen=True)
class EnsembleOfThieves(Attack):
    """attacks copies of the model with each of `attacks` and answers with the majority's label"""

    attacks: list[Attack] = field(default_factory=list)

    def __post_init__(self) -> None:
        if len(self.attacks) < 2:
            raise ValueError("an ensemble needs at least two attacks")

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        return Majority([attack.modify_model(copy.deepcopy(model), replace(loot, stage=f"{loot.stage}, thief {number}", memo={}))
                         for number, attack in enumerate(self.attacks, start=1)])


class Majority(nn.Module):
    """Votes (N, classes) of several networks; ties go to the mean of their probabilities."""

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        answers = torch.stack([member(images).float().softmax(1) for member in self.members])
        votes = nn.functional.one_hot(answers.argmax(2), answers.shape[2]).sum(0)
        return votes + 0.5 * answers.mean(0)

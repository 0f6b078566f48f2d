"""Several networks that answer together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn


class Majority(nn.Module):
    """Votes (N, classes) of several networks; ties go to the mean of their probabilities."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        answers = torch.stack([member(images).float().softmax(1) for member in self.members])
        votes = nn.functional.one_hot(answers.argmax(2), answers.shape[2]).sum(0)
        return votes + 0.5 * answers.mean(0)

"""A model of another library as a network: its input normalised as it expects, its weights under its own names."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from arena.base.errors import ArenaError
from arena.base.told import in_words

Making = Callable[[int, tuple[int, int, int]], nn.Module]
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


class Other(nn.Module):
    """A classifier of another library; `mean` and `sd` are of each channel, `head` names the parts of it that hang on
    the number of classes."""

    def __init__(self, model: nn.Module, mean: Sequence[float], sd: Sequence[float], head: tuple[str, ...]) -> None:
        super().__init__()
        self.model, self.mean, self.sd, self.head = model, tuple(mean), tuple(sd), head

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        mean, sd = (images.new_tensor(values).view(1, -1, 1, 1) for values in (self.mean, self.sd))
        return self.model((images - mean) / sd)

    @property
    def inner(self) -> nn.Module:
        """What carries the names that files of its weights have."""
        inner = getattr(self.model, "model", None)
        return inner if isinstance(inner, nn.Module) else self.model

    def named(self, tensors: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:
        """A file's tensors under the names that they have in `inner`."""
        return tensors

    def extra_repr(self) -> str:
        return f"mean={self.mean}, sd={self.sd}"


def imported(library: str) -> Any:
    """A library that an extra brings, which must not reach the network; ArenaError where it isn't installed."""
    os.environ.update(OFFLINE)
    try:
        return importlib.import_module(library)
    except ImportError as error:
        missing = getattr(error, "name", "") == library or library not in str(error)
        raise ArenaError(f"networks of {library} need that library: pip install 'ownership-arena[{library}]'"
                         f"{'' if missing else f' ({in_words(error)})'}") from None


def called_in(values: Any, channels: int, default: float = 0.0) -> tuple[float, ...]:
    """A figure for each channel, of those that a library gives for three: their mean where there is one channel."""
    found = [float(value) for value in values] if isinstance(values, (list, tuple)) and values else [default]
    return tuple(found) if len(found) == channels else (sum(found) / len(found),) * channels

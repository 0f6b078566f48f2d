"""Networks without memory: names and shapes only, on torch's meta device. So a hostile file costs none before its
tensors fit, and a scenario is checked before anything is trained.

Torch's own way to initialise what isn't there, and to reckon the shape of what comes of it, takes a second to be
imported in every process: nothing is initialised here, and `with_memory` gives real memory to what must compute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

M = TypeVar("M", bound=nn.Module)
DRAWN = ("normal_", "uniform_")


class Blank(TorchFunctionMode):
    """Inside `torch.device("meta")`: tensors aren't initialised. With `counts`, ranges and lists of numbers are there
    all the same (RegNets reckon their widths and depths with them)."""

    def __init__(self, counts: bool = False) -> None:
        super().__init__()
        self.counts = counts

    def __torch_function__(self, func: Any, types: Any, args: Sequence[Any] = (),
                           kwargs: Mapping[str, Any] | None = None) -> Any:
        given = dict(kwargs or {})
        if getattr(func, "__module__", None) == nn.init.__name__ or getattr(func, "__name__", "") in DRAWN:
            filled = args[0] if args else given["tensor"]
            if filled.is_meta:
                return filled
        if self.counts and (func is torch.arange or (func is torch.tensor and isinstance(args[0], list))):
            given["device"] = "cpu"
        return func(*args, **given)


def with_memory(module: M) -> M:
    """The module with memory on the CPU for what has none, in place; what is in it then is anything."""
    def memory(tensor: torch.Tensor) -> torch.Tensor:
        return torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu") if tensor.is_meta else tensor

    return module._apply(memory)

"""What a model computes, beside the numbers in it: part of the name under which the store keeps what was made from
it."""

from __future__ import annotations

import hashlib
import inspect
from types import BuiltinFunctionType, FunctionType
from typing import Any

import torch
from torch import nn
from torch.nn.utils import parametrize

from arena.base.names import LIBRARIES

KNOWN = ("torch.", "torchvision.", "arena.", *(f"{library}." for library in LIBRARIES))
"""Packages whose layers say everything about themselves in their repr, or are told by the source that a network of
theirs names there (`arena.hosts.networks.families`)."""
EVERY = frozenset(vars(nn.Module()))
"""What every module has."""


def mechanism(model: nn.Module) -> Any:
    """The model's layers as JSON data: its repr, and for layers of somebody else's their settings and source. None
    where that can't be told (hooks, a forward of its own, an attribute that is no plain value): what comes of such a
    model must not be kept."""
    own: list[Any] = []
    for name, layer in model.named_modules():
        if layer._forward_hooks or layer._forward_pre_hooks or "forward" in vars(layer):
            return None
        kind = type(layer).__mro__[1] if parametrize.is_parametrized(layer) else type(layer)
        if kind.__module__.startswith(KNOWN):
            continue
        values = {key: _told(value) for key, value in vars(layer).items() if key not in EVERY}
        if layer._non_persistent_buffers_set or not all(values.values()):
            return None
        try:
            source = hashlib.sha256(inspect.getsource(kind).encode()).hexdigest()
        except (OSError, TypeError):
            return None
        own.append([name, f"{kind.__module__}.{kind.__qualname__}", source,
                    sorted(values.items())])
    return [repr(model), own] if own else repr(model)


def untold(model: nn.Module) -> str:
    """The innermost layer of a model that can't be told; empty where all can."""
    return next((name for name, layer in reversed(list(model.named_modules())) if mechanism(layer) is None), "")


def _told(value: Any) -> str:
    """A value in words that say all about it; empty where that can't be."""
    return repr(value) if _plain(value) else _function_called(value)


def _function_called(value: Any) -> str:
    """`torch.nn.functional.relu`: a function or class that a known package has under a name; else empty."""
    name = f"{getattr(value, '__module__', None)}.{getattr(value, '__qualname__', '<')}"
    known = isinstance(value, (FunctionType, BuiltinFunctionType, type)) and name.startswith(KNOWN)
    return name if known and "<" not in name else ""


def _plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(map(_plain, value.items()))
    return value is None or isinstance(value, (bool, int, float, str, bytes, torch.dtype, torch.device))

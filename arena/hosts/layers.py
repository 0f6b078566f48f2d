"""Layers by name: the one that carries a mark, and the vector that is read from it.

Weights here are PyTorch's: a convolution's are (L, D, S, S), filters first; Uchida et al. write S x S x D x L.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from arena.base.errors import ArenaError, suggest
from arena.hosts.networks.exponential import stored_weight
from arena.hosts.networks.own import body

DEFAULT = "features.conv2.second"


def markable(model: nn.Module) -> dict[str, nn.Module]:
    """Name -> layer, of the convolutions and fully connected layers."""
    return {name: layer for name, layer in body(model).named_modules() if isinstance(layer, (nn.Conv2d, nn.Linear))}


def layer_name(model: nn.Module, wanted: str = "") -> str:
    """The name of a layer that can carry a mark. Default: the second convolution of group conv 2 where there is one
    (Uchida et al. 4.1), else the second convolution. ArenaError, with the nearest names, when `wanted` is none."""
    layers = markable(model)
    if wanted:
        if wanted not in layers:
            raise ArenaError(f"the network has no convolution or fully connected layer "
                             f"{wanted!r}{suggest(wanted, layers)}")
        return wanted
    if DEFAULT in layers:
        return DEFAULT
    if not layers:
        raise ArenaError("the network has no convolution and no fully connected layer")
    convolutions = [name for name, layer in layers.items() if isinstance(layer, nn.Conv2d)]
    return (convolutions or list(layers))[: 2][-1]


def weight_of(model: nn.Module, name: str) -> nn.Parameter:
    """The weights of the layer `name`; ArenaError as `layer_name`."""
    return stored_weight(markable(model)[layer_name(model, name)])


def mean_filter(weight: torch.Tensor) -> torch.Tensor:
    """w, (M,): the mean over the L output filters, flattened (Uchida et al. 3.1); differentiable."""
    return weight.mean(0).flatten()


def last_layer(model: nn.Module) -> nn.Linear:
    """The last fully connected layer: what enters it are the model's features. ArenaError where there is none."""
    found = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    if not found:
        raise ArenaError("the network has no fully connected layer")
    return found[-1]


@contextmanager
def answering(model: nn.Module) -> Iterator[nn.Module]:
    """Within it the model is as it answers: no running mean of it moves. At the end it is as it was."""
    training = model.training
    try:
        yield model.eval()
    finally:
        model.train(training)


def features_of(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """What enters the last fully connected layer, (N, d), as the model answers images that it is fed; differentiable,
    and no running mean of it moves. ArenaError as `last_layer`."""
    last, seen = last_layer(model), list[torch.Tensor]()

    def watch(layer: nn.Module, entering: tuple[torch.Tensor, ...]) -> None:
        if layer is last:  # the meter measures what it doesn't know on a twin, which has this hook too
            seen.append(entering[0])

    hook = last.register_forward_pre_hook(watch)
    try:
        with answering(model):
            model(images)
    finally:
        hook.remove()
    return seen[-1].flatten(1)

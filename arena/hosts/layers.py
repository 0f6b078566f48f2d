"""Layers by name: the one that carries a mark, the vector that is read from it, and the layer in front of it.

Weights here are PyTorch's: a convolution's are (L, D, S, S), filters first; Uchida et al. write S x S x D x L.
"""

from __future__ import annotations

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


def neighbours(model: nn.Module, name: str) -> tuple[nn.Module, nn.BatchNorm2d | None, nn.Module]:
    """(producer, norm, layer): the layer whose outputs are the channels that `name` takes in, the batch norm between
    them, and the layer itself.

    Known are residual blocks (`first` feeds `second` through `norm2` or `norm1`) and plain chains of modules.
    ArenaError elsewhere.
    """
    from arena.hosts.networks.residual import PostActivation, PreActivation

    path, _, last = layer_name(model, name).rpartition(".")
    parent = body(model).get_submodule(path)
    if isinstance(parent, (PreActivation, PostActivation)) and last == "second":
        return parent.first, parent.norm2 if isinstance(parent, PreActivation) else parent.norm1, parent.second
    if isinstance(parent, nn.Sequential):
        chain = list(parent.named_children())
        place = next(i for i, (key, _) in enumerate(chain) if key == last)
        norm = None
        for _, module in reversed(chain[:place]):
            if isinstance(module, nn.BatchNorm2d):
                norm = module
            elif isinstance(module, type(chain[place][1])):
                return module, norm, chain[place][1]
            elif not isinstance(module, (nn.ReLU, nn.MaxPool2d, nn.Dropout, nn.Identity)):
                break
    raise ArenaError(f"no layer is known whose outputs alone feed {name!r}: channels can be permuted inside residual "
                     f"blocks and plain chains")


@torch.no_grad()
def permute_and_scale(model: nn.Module, name: str, order: torch.Tensor, scale: torch.Tensor) -> None:
    """Channel j that `name` takes in becomes the old channel order[j] times scale[j] > 0; the network computes the same
    (network morphism).

    ReLU lets positive factors through; a batch norm in between takes them up. In place.
    """
    producer, norm, layer = neighbours(model, name)
    moved = [*producer.parameters(),
             *([*norm.parameters(), norm.running_mean, norm.running_var] if norm is not None else [])]
    for tensor in moved:
        if tensor is not None:
            tensor.copy_(tensor[order])
    for tensor in (norm if norm is not None else producer).parameters():
        tensor.mul_(scale.view(-1, *[1] * (tensor.dim() - 1)))
    weight = stored_weight(layer)
    factor = scale.view(1, -1, *[1] * (weight.dim() - 2))
    weight.copy_(weight[:, order] / factor)


LIKENESS = 0.9


@torch.no_grad()
def realigned(model: nn.Module, reference: nn.Module, name: str) -> torch.Tensor | None:
    """The weights of `name` with the input channels matched to those of `reference` and scaled to their size: the
    answer to a morphism.

    Channels are matched by the filters that produce them (cosine, Hungarian method). None unless the matched filters
    are nearly the reference's own (mean cosine 0.9): so two independent networks are never bent towards each other.
    ArenaError as `neighbours`.
    """
    from scipy.optimize import linear_sum_assignment

    (ours, _, layer), (theirs, _, model_layer) = neighbours(model, name), neighbours(reference, name)
    a, b = (nn.functional.normalize(stored_weight(producer).flatten(1), dim=1) for producer in (ours, theirs))
    weight, wanted = stored_weight(layer), stored_weight(model_layer)
    if a.shape != b.shape or weight.shape != wanted.shape:
        return None
    likeness = b @ a.T
    rows, columns = linear_sum_assignment(likeness.cpu().numpy(), maximize=True)
    if float(likeness[rows, columns].mean()) < LIKENESS:
        return None
    matched = weight[:, torch.from_numpy(columns)]
    sizes = [w.transpose(0, 1).flatten(1).norm(dim=1) for w in (wanted, matched)]
    ratio = torch.where(sizes[1] > 0, sizes[0] / sizes[1].clamp_min(1e-12), 1)
    return matched * ratio.view(1, -1, *[1] * (weight.dim() - 2))

"""Weights of the user's own in a network: what a host starts from, and what a service answers with.

A file has all tensors of a network (one that Arena saved, or a `state_dict`), the features of one in two parts, or the
backbone of a torchvision model; tensors go by their names and must have the network's shapes. Never a pickle.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from arena.base.errors import ArenaError, Malformed
from arena.base.told import in_words, told
from arena.hosts import networks, weights
from arena.hosts.architecture import Architecture
from arena.hosts.header import Header
from arena.hosts.networks import Network
from arena.hosts.networks.others import Other
from arena.hosts.networks.own import PARTS, body

Tensors = Mapping[str, torch.Tensor]


def start_from(network: Network, path: Path) -> str:
    """Puts the weights in a file into a network: all of them where they fit, else its features alone. Says which part
    it was ("": all); ArenaError, with what is nearest to a fit, where not even those fit."""
    tensors, wrong = tensors_in(path), list[tuple[int, str]]()
    for part, module, prefix, without in _forms(network):
        if isinstance(own := body(network), Other) and module is own.inner:
            tensors = _named(own, tensors, path)
        have = {f"{prefix}{name}": tensor for name, tensor in module.state_dict().items()
                if not name.startswith(without)}
        if not (misfit := _misfit(have, tensors, part or network.architecture.network)):
            module.load_state_dict({name.removeprefix(prefix): tensors[name].to(have[name].dtype) for name in have},
                                   strict=not without)
            return part
        wrong.append((len(set(have) - set(tensors)), misfit))
    raise ArenaError(f"{path}: {min(wrong)[1]}")


def _forms(network: Network) -> Iterator[tuple[str, nn.Module, str, tuple[str, ...]]]:
    """(what it is called, module, prefix of its names, beginnings of those that are left out) of what a file may hold,
    the most first."""
    own = body(network)
    yield "", network, "", ()
    if own is not network:
        yield "", own, "", ()
    if isinstance(own, Other):
        yield "", own.inner, "", ()
        if own.head:
            yield "features", own.inner, "", tuple(f"{part}." for part in own.head)
    elif all(isinstance(getattr(network, part, None), nn.Module) for part in PARTS):
        yield "features", network.features, "features.", ()
    if (backbone := networks.pretrained_part(network)) is not own:
        yield "backbone", backbone, "", ()


def _named(own: Other, tensors: Tensors, path: Path) -> Tensors:
    """A file's tensors as another library reads them; ArenaError where it can't."""
    try:
        return own.named(tensors)
    except Exception as error:  # whatever the library says to a file that is not its own
        raise ArenaError(f"{path}: can't be read as weights of such a network: {in_words(error)}") from None


def _misfit(have: Tensors, tensors: Tensors, what: str) -> str:
    """Why a file's tensors are not those that are wanted; empty where they are."""
    if missing := sorted(set(have) - set(tensors)):
        return f"{len(missing)} of {len(have)} tensors of the network are missing, {missing[0]!r} among them"
    return next((f"{name!r} has shape {tuple(tensors[name].shape)}, in {what} {tuple(have[name].shape)}"
                 for name in sorted(have) if have[name].shape != tensors[name].shape), "")


def serving(path: Path, architecture: Architecture) -> Network:
    """The network in a file, for the images and classes of an architecture: one that Arena saved says itself which it
    is, another is the architecture's. ArenaError for what can't answer."""
    raw = _read(path)
    if _says_what(raw):
        network = weights.from_bytes(raw, str(path), lambda own: (own.shape, own.classes) == (
            architecture.shape, architecture.classes))
        _check_finite(network.state_dict(), path)
        return network.eval()
    network = networks.build(architecture)
    if part := start_from(network, path):
        raise ArenaError(f"{path}: holds a network's {part} alone, which can't answer")
    return network.eval()


def _says_what(raw: bytes) -> bool:
    """Whether a file says which network it holds."""
    try:
        Header.of(raw)
    except Malformed:
        return False
    return True


def tensors_in(path: Path) -> Tensors:
    """The tensors in a .safetensors or .npz, all finite; ArenaError, naming the file, for what is none."""
    raw = _read(path)
    tensors = _plain_arrays(raw, path) if path.suffix == ".npz" else weights.read_tensors(raw, str(path))
    _check_finite(tensors, path)
    return tensors


def _plain_arrays(raw: bytes, path: Path) -> Tensors:
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            return {name: torch.from_numpy(arrays[name].copy()) for name in arrays.files}
    except Exception as error:  # numpy, zipfile and zlib have many names for a damaged file
        raise ArenaError(f"{path}: not an .npz of plain arrays: {' '.join(str(error).split())}") from None


def _check_finite(tensors: Tensors, path: Path) -> None:
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise ArenaError(f"{path}: {told(name, 80)!r} holds numbers that are not finite")


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise ArenaError(f"{path}: no such file")
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArenaError(f"{path}: can't be read: {error.strerror or error}") from None

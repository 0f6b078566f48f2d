"""Networks as bytes: safetensors with the network's architecture as its one metadata key. No pickle, ever."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import torch
from torch import nn

from arena.base.errors import ArenaError, Malformed
from arena.game.messages import canonical
from arena.hosts import quantised
from arena.hosts.architecture import Architecture
from arena.hosts.header import KEY, Header
from arena.hosts.networks import ImageNetInput, Network, blank, build
from arena.hosts.networks.blank import with_memory
from arena.hosts.networks.own import Own

DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16", torch.bool: "BOOL",
          torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8"}
PICKLES = (b"PK", b"\x80\x02", b"\x80\x04", b"\x80\x05")


def tensors_to_bytes(model: nn.Module) -> bytes:
    """A module's parameters and buffers as safetensors; the same weights give the same bytes."""
    return pack(model.state_dict())


def to_bytes(network: Network) -> bytes:
    """A network's weights with its architecture, enough to build it again (`from_bytes`); layers of 8 bits as
    `arena.hosts.quantised` says."""
    return pack(quantised.written(network), {KEY: canonical(network.architecture.as_dict()).decode()})


def pack(tensors: Mapping[str, torch.Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """Tensors by name as safetensors."""
    from safetensors.torch import save

    plain = {name: tensor.detach().to("cpu").contiguous() for name, tensor in sorted(tensors.items())}
    return save(plain, metadata=metadata)


def read_tensors(raw: bytes, source: str) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file; ArenaError, naming `source`, when it is something else."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(raw)
    except (SafetensorError, ValueError, KeyError) as error:
        raise ArenaError(f"{source}: not a safetensors file{_pickled(raw)}: {error}") from None


def _pickled(raw: bytes) -> str:
    return " (it looks like a pickle, which is never loaded)" if raw[:2] in PICKLES else ""


def from_bytes(raw: bytes, source: str = "weights",
               wanted: Callable[[Architecture], bool] = lambda architecture: True) -> Network:
    """The network that `to_bytes` wrote, on the CPU; ArenaError when the bytes are none, don't fit their architecture,
    or it is not `wanted`.

    Nothing is allocated on the word of a hostile file: the network is built without memory first, and gets some when
    the file has its tensors.
    """
    try:
        header = Header.of(raw)
    except Malformed as error:
        raise ArenaError(f"{source}{_pickled(raw)}: {error}") from None
    architecture = Architecture.from_dict(dict(header.spec))
    if not wanted(architecture):
        given = f"a {architecture.network!r} for {architecture.classes} classes and images {architecture.shape}"
        raise ArenaError(f"{source}: {given} is not what was asked for")
    network = _fitting(_made(blank, architecture, source), header, source)
    if isinstance(network, Own):  # what a state_dict lacks only its maker knows
        network = _fitting(_made(build, architecture, source), header, source)
    network = with_memory(network)
    return _filled(network, read_tensors(raw, source))


def _fitting(network: Network, header: Header, source: str) -> Network:
    """The network, with layers of 8 bits where the file has some, whose tensors are those of the file by name, type and
    shape; ArenaError otherwise."""
    quantised.prepared(network, header.tensors)
    if misfit := _misfit(network, header):
        raise ArenaError(f"{source}: the weights don't fit {network.architecture.network!r}: {misfit}")
    return network


def _made(maker: Callable[[Architecture], Network], architecture: Architecture, source: str) -> Network:
    """What `blank` or `build` makes of an architecture; ArenaError for whatever comes of one that nobody would
    write."""
    try:
        return maker(architecture)
    except Exception as error:  # whatever torch says to an architecture that nobody would write
        raise ArenaError(f"{source}: {' '.join(str(error).split()) or type(error).__name__}") from None


def _misfit(network: Network, header: Header) -> str:
    """What of the file's tensors is not the network's; empty when all fit."""
    have = {name: (DTYPES.get(dtype), shape)
            for name, (dtype, shape) in quantised.expected(network, header.tensors).items()}
    given = {name: (head.dtype, head.shape) for name, head in header.tensors.items()}
    if wrong := sorted(set(have) ^ set(given)):
        return f"{wrong[0][:60]!r} is {'missing' if wrong[0] in have else 'too many'}"
    return next((f"{name!r} is {given[name]}, not {have[name]}" for name in have if have[name] != given[name]), "")


def _filled(network: Network, tensors: dict[str, torch.Tensor]) -> Network:
    """The network with these tensors in it."""
    quantised.fill(network, tensors)
    for name, module in network.named_modules():
        if isinstance(module, ImageNetInput):  # what a state_dict lacks
            network.set_submodule(name, ImageNetInput(module.side, "caffe" if module.caffe else "torchvision"))
    return network


def fingerprint(model: nn.Module) -> str:
    """Hex SHA-256 over a module's parameters and buffers by name, type, shape and content: the name of a model in the
    lineage."""
    h = hashlib.sha256(type(model).__name__.encode())
    for name, tensor in sorted(model.state_dict().items()):
        if not isinstance(tensor, torch.Tensor):
            continue
        flat = tensor.detach().cpu().contiguous()
        h.update(canonical([name, str(flat.dtype), list(flat.shape)])
                 + flat.flatten().view(torch.uint8).numpy().tobytes())
    return h.hexdigest()

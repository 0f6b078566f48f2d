"""Networks as bytes: safetensors with the network's spec as its one metadata key. No pickle, ever."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from arena.errors import ArenaError
from arena.hosts.networks import Network, Spec, build
from arena.messages import canonical

KEY = "arena"


def tensors_to_bytes(model: nn.Module, metadata: dict[str, str] | None = None) -> bytes:
    """A module's parameters and buffers as safetensors; the same weights give the same bytes."""
    from safetensors.torch import save

    tensors = {name: tensor.detach().to("cpu").contiguous() for name, tensor in sorted(model.state_dict().items())}
    return save(tensors, metadata=metadata)


def to_bytes(network: Network) -> bytes:
    """A network's weights with its spec, enough to build it again (`from_bytes`)."""
    return tensors_to_bytes(network, {KEY: canonical(network.spec.as_dict()).decode()})


def read_tensors(raw: bytes, source: str) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file; ArenaError, naming `source`, when it is something else."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(raw)
    except (SafetensorError, ValueError, KeyError) as error:
        kind = " (it looks like a pickle, which is never loaded)" if raw[:2] in (b"PK", b"\x80\x02", b"\x80\x04", b"\x80\x05") else ""
        raise ArenaError(f"{source}: not a safetensors file{kind}: {error}") from None


def from_bytes(raw: bytes, source: str = "weights", wanted: Callable[[Spec], bool] = lambda spec: True) -> Network:
    """The network that `to_bytes` wrote, on the CPU; ArenaError when the bytes are none, don't fit their spec, or it is not `wanted`."""
    tensors = read_tensors(raw, source)
    size = int.from_bytes(raw[:8], "little")
    try:
        spec = Spec.from_dict(json.loads(json.loads(raw[8 : 8 + size])["__metadata__"][KEY]))
    except (KeyError, ValueError, TypeError):
        raise ArenaError(f"{source}: the weights don't say which network they belong to (metadata key {KEY!r})") from None
    if not wanted(spec):
        raise ArenaError(f"{source}: a {spec.network!r} for {spec.classes} classes and images {spec.shape} is not what was asked for")
    network = build(spec)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise ArenaError(f"{source}: the weights don't fit {spec.network!r}: {str(error).splitlines()[-1].strip()}") from None
    return network


def fingerprint(model: nn.Module) -> str:
    """Hex SHA-256 over a module's parameters and buffers by name, type, shape and content: the name of a model in the lineage."""
    h = hashlib.sha256(type(model).__name__.encode())
    for name, tensor in sorted(model.state_dict().items()):
        if not isinstance(tensor, torch.Tensor):
            continue
        flat = tensor.detach().cpu().contiguous()
        h.update(canonical([name, str(flat.dtype), list(flat.shape)]) + flat.flatten().view(torch.uint8).numpy().tobytes())
    return h.hexdigest()


def load_pretrained(network: nn.Module, path: Path) -> None:
    """Loads weights of the backbone from .safetensors or .npz into a torchvision backbone; layers that it lacks (the old head) are skipped."""
    if not path.is_file():
        raise ArenaError(f"{path}: no such file")
    if path.suffix == ".npz":
        try:
            with np.load(path, allow_pickle=False) as arrays:
                tensors = {name: torch.from_numpy(arrays[name].copy()) for name in arrays.files}
        except (ValueError, OSError) as error:
            raise ArenaError(f"{path}: not an .npz of plain arrays: {error}") from None
    else:
        tensors = read_tensors(path.read_bytes(), str(path))
    have = network.state_dict()
    fitting = {name: tensor.to(have[name].dtype) for name, tensor in tensors.items() if name in have and have[name].shape == tensor.shape}
    if missing := sorted(set(have) - set(fitting)):
        raise ArenaError(f"{path}: {len(missing)} of {len(have)} tensors of the network are missing, {missing[0]!r} among them")
    network.load_state_dict(fitting)

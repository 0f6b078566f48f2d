"""Whether a network of the user's own can be a host: made, called, saved and loaded as in a match, before one begins.

What the arena takes for granted of a network, one by one: weights drawn from the generator alone, logits for the task's
images, each image answered for itself and the same each time, something to train, weights that say everything.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout

import torch
from torch import nn

from arena.base.draws import borrowed
from arena.base.errors import ArenaError
from arena.base.told import told
from arena.game.ledger import flops, meter
from arena.hosts import weights
from arena.hosts.architecture import Architecture
from arena.hosts.networks import Network, build
from arena.hosts.networks.own import attempted, body
from arena.hosts.training import to_input

CPU = torch.device("cpu")
CLOSE = 1e-3
"""How far an answer may be from that in a batch, of the size of the answers: another order of summing float32 made
1e-6 of it at most (13 networks, three seeds)."""


class Ear(io.TextIOBase):
    """Hears what is printed; keeps the beginning."""

    heard = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.heard = (self.heard + text[:200])[:200]
        return len(text)


def try_out(architecture: Architecture, doing: Callable[[str], None] = lambda what: None) -> None:
    """Makes a network that was admitted, and puts it through what a match would; ArenaError with the first fault.
    `doing` hears what is done next."""
    name, ear, before = architecture.network, Ear(), _settings()
    with meter().paused(), torch.random.fork_rng(devices=[]), redirect_stdout(ear):
        doing("made")
        network = _made(architecture)
        doing("called")
        _answers(network)
        doing("trained")
        _learns(network)
        doing("saved and loaded")
        _comes_back(network)
    if ear.heard:
        raise ArenaError(f"{name} prints when it is made or called, which happens thousands of times: "
                         f"{told(ear.heard, 80)!r}")
    if _settings() != before:
        raise ArenaError(f"{name} changes settings of torch that others rely on (default dtype, gradients, threads)")


def _settings() -> tuple[object, ...]:
    return torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_num_threads()


def _made(architecture: Architecture) -> Network:
    """Twice from one seed the same network, from another seed another; never the same object."""
    name = architecture.network
    one, again = (build(architecture, torch.Generator().manual_seed(1)) for _ in range(2))
    if {id(p) for p in one.parameters()} & {id(p) for p in again.parameters()}:
        raise ArenaError(f"{name} gives the same module twice: every host needs one of its own")
    if not any(p.requires_grad for p in one.parameters()):
        raise ArenaError(f"{name} has no parameters to train")
    if weights.fingerprint(one) != weights.fingerprint(again):
        raise ArenaError(f"{name}: its weights differ though they are drawn from the same numbers: draw them with "
                         f"torch alone (torch.rand, nn.init), not with numpy, random or by the clock")
    if weights.fingerprint(one) == weights.fingerprint(build(architecture, torch.Generator().manual_seed(2))):
        raise ArenaError(f"{name}: its weights are the same whatever numbers they are drawn from: leave torch's seed "
                         f"alone, so that two hosts are two")
    return again


def _images(network: Network, count: int, seed: int) -> torch.Tensor:
    shape, generator = (count, *network.architecture.shape), torch.Generator().manual_seed(seed)
    return to_input(torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8), CPU)


def _logits(network: Network, images: torch.Tensor) -> torch.Tensor:
    """Its answers to float images (N, C, H, W), checked for their form."""
    name, shape, maker = network.architecture.network, tuple(images.shape), body(network)
    out = attempted(f"{name} can't answer images of shape {shape}", type(maker), lambda: network(images))
    wanted = (len(images), network.architecture.classes)
    if not isinstance(out, torch.Tensor):
        raise ArenaError(f"{name} answers with a {type(out).__name__}, where a tensor of logits (N, classes) is wanted")
    if tuple(out.shape) != wanted or not out.is_floating_point():
        raise ArenaError(f"{name} answers images of shape {shape} with {str(out.dtype).removeprefix('torch.')} of "
                         f"shape {tuple(out.shape)}, where float logits of shape {wanted} are wanted")
    if not bool(out.isfinite().all()):
        raise ArenaError(f"{name} answers with numbers that are not finite before it is trained")
    return out


@torch.no_grad()
def _answers(network: Network) -> None:
    """The same images are answered the same each time, and each for itself."""
    name, (images, others) = network.architecture.network, (_images(network, 3, seed) for seed in (1, 2))
    first, _, again = (_logits(network.eval(), each) for each in (images, others, images))
    if not torch.equal(first, again):
        raise ArenaError(f"{name} answers the same images differently the second time: in eval() nothing may be drawn "
                         f"(dropout?) or remembered")
    alone = _logits(network, images[:1])
    if float((alone - first[:1]).abs().max()) > CLOSE * (1 + float(first.abs().max())):
        raise ArenaError(f"{name}: its answer to an image depends on the others that are asked with it")


@torch.no_grad()
def _comes_back(network: Network) -> None:
    """A copy, and what is loaded from its bytes, answer as it does; its FLOPs can be counted."""
    name, images = network.eval().architecture.network, _images(network, 3, 1)
    wanted = _logits(network, images)
    with _told(name, "can't be copied"):
        copied = copy.deepcopy(network)
    if not torch.equal(wanted, _logits(copied, images)):
        raise ArenaError(f"{name}: a copy of it (copy.deepcopy) answers otherwise")
    with _told(name, "can't be saved and loaded"):
        raw = weights.to_bytes(network)
        loaded = weights.from_bytes(raw, "its weights").eval()
    with _told(name, "its FLOPs can't be counted"):
        flops(network, network.architecture.shape)
    if not torch.equal(wanted, _logits(loaded, images)):
        raise ArenaError(f"{name} answers otherwise once it was saved and loaded: parameters and buffers "
                         f"(register_buffer) are all that is kept of it")
    _logits(copied.to(memory_format=torch.channels_last), images)  # type: ignore[call-overload]


def _learns(network: Network) -> None:
    """A step of training goes through it."""
    name, images = network.architecture.network, _images(network, 4, 3)
    with borrowed(torch.Generator().manual_seed(1)):
        out = _logits(network.train(), images)
    if not out.requires_grad:
        raise ArenaError(f"{name}: no gradient reaches its parameters")
    with _told(name, "can't be trained"):
        nn.functional.cross_entropy(out.float(), torch.arange(4) % out.shape[1]).backward()
    if not any(p.grad is not None and bool(p.grad.any()) for p in network.parameters()):
        raise ArenaError(f"{name}: no gradient reaches its parameters")


@contextmanager
def _told(name: str, wrong: str) -> Iterator[None]:
    try:
        yield
    except (ArenaError, Exception) as error:
        cause = " ".join(str(error).split()) or type(error).__name__
        raise ArenaError(told(f"{name}: {wrong}: {cause}", 400)) from None

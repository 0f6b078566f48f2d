"""Answers changed by a keyed hash (Szyller et al. 2021, "DAWN: Dynamic Adversarial Watermarking of Neural Networks",
section 4): what a service does to a few of its customers' questions, always alike, and no training learns away.

The hash is of the image in 8 bits, as people send it: floats that round to the same image get the same answer. Where an
image's rank is below the service's bound, the class that the hash draws changes places with the likeliest one. Only
answers are changed: while a network trains it is as it was.
"""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import torch
from torch import nn

from arena.game import ledger

SECRET, RANK = 32, 8
COMPRESSIONS = 4
"""Of an HMAC of 32 bytes."""


def digest_of(image: np.ndarray) -> bytes:
    """SHA-256 of an image, uint8 (C, H, W)."""
    return hashlib.sha256(np.ascontiguousarray(image).tobytes()).digest()


def drawn(secret: bytes, digest: bytes, classes: int) -> tuple[int, int]:
    """(rank below 2^64, class) of the image with this digest, independent of each other."""
    ledger.meter().compressions(COMPRESSIONS)
    mac = hmac.digest(secret, digest, "sha256")
    return int.from_bytes(mac[:RANK], "big"), int.from_bytes(mac[RANK:], "big") % classes


class HashedAnswers(nn.Module):
    """Changes logits. `service` holds the secret, 32 bytes, and the bound of ranks, 8 bytes; all 0: no answer is
    changed."""

    service: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("service", torch.zeros(SECRET + RANK, dtype=torch.uint8))

    def forward(self, images: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        service = self.service.cpu().numpy().tobytes()
        secret, bound = service[:SECRET], int.from_bytes(service[SECRET:], "big")
        pixels = images.detach().float().mul(255).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
        found = [drawn(secret, digest_of(image), logits.shape[1]) for image in pixels]
        changed = torch.tensor([row for row, (rank, _) in enumerate(found) if rank < bound], dtype=torch.int64)
        wanted = torch.tensor([label for rank, label in found if rank < bound], dtype=torch.int64)
        return swapped(logits, changed.to(logits.device), wanted.to(logits.device))


def swapped(logits: torch.Tensor, rows: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Logits, (N, c), with the greatest of some rows where the wanted class's was, and the other way round."""
    place = torch.arange(logits.shape[1], device=logits.device).repeat(len(logits), 1)
    top = logits.detach()[rows].argmax(1)
    place[rows, top], place[rows, wanted] = wanted, top
    return logits.gather(1, place)


def answer_by_hash(network: nn.Module, service: bytes = bytes(SECRET + RANK)) -> nn.Module:
    """Puts the changing of answers on a network, in place."""
    network.hashed = HashedAnswers()
    network.hashed.service.copy_(torch.frombuffer(bytearray(service), dtype=torch.uint8))
    network.register_forward_hook(_answered)
    return network


def _answered(network: nn.Module, images: tuple[torch.Tensor, ...], logits: torch.Tensor) -> torch.Tensor | None:
    changes = network.get_submodule("hashed")
    return None if network.training or logits.is_meta else changes(images[0], logits)

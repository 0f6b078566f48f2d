"""Targeted adversarial images in batches: what a forger needs who wants a model to answer a given label (ROSE III).

Differs from the textbook loop in what it leaves out: no gradients of the weights, no separate forward pass to test success (the next
gradient's own forward tests the image rounded to eight bits, which is what will be hashed and fed), no work on images that arrived.
Steps are large, with momentum on the sign (MI-FGSM, Dong et al. 2018), inside an L-infinity ball. An image whose loss stopped falling is
given up: where the ball holds no such image, a hundred steps don't find one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from arena.hosts.training import CPU, to_input

FIRST_STEPS, FALL = 4, 0.99


@dataclass(frozen=True)
class Forged:
    """Images, uint8 (N, C, H, W), that `success` (N,) says are answered with their targets; images differentiated in all."""

    images: np.ndarray
    success: np.ndarray
    gradients: int


def targeted(model: nn.Module, images: torch.Tensor, targets: torch.Tensor, *, epsilon: float = 16 / 255, steps: int = 100,
             step: float | None = None, momentum: float = 0.5, patience: int = 3, dtype: torch.dtype = torch.float32,
             device: torch.device = CPU) -> Forged:
    """Moves uint8 `images` (N, C, H, W) by at most `epsilon` (in 0..1) a pixel until `model` answers `targets` (N,).

    At most `steps` gradients an image, fewer when its loss has not fallen by a hundredth for `patience` of them. `step` defaults to
    epsilon / 4; the first steps are 4, 2 and 4/3 times as long. Success is measured on the 8-bit image itself.
    """
    model = model.to(device).eval()
    frozen = [p for p in model.parameters() if p.requires_grad]
    for p in frozen:
        p.requires_grad_(False)
    try:
        return _search(model, images, targets, epsilon, steps, epsilon / 4 if step is None else step, momentum, patience, dtype, device)
    finally:
        for p in frozen:
            p.requires_grad_(True)


def _search(model: nn.Module, images: torch.Tensor, targets: torch.Tensor, epsilon: float, steps: int, step: float, momentum: float, patience: int,
            dtype: torch.dtype, device: torch.device) -> Forged:
    origin = to_input(images, device)
    low, high = (origin - epsilon).clamp_(0, 1), (origin + epsilon).clamp_(0, 1)
    x, velocity, goal = origin.clone(), torch.zeros_like(origin), targets.to(device)
    best, success, active, gradients = images.clone(), torch.zeros(len(images), dtype=torch.bool), torch.arange(len(images)), 0
    lowest, since = torch.full((len(images),), torch.inf, device=device), torch.zeros(len(images), device=device)
    for count in range(steps + 1):
        pixels = _grid(x, low, high)
        fed = pixels.requires_grad_(count < steps)
        with torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32):
            logits = model(fed).float()
        arrived = (logits.argmax(1) == goal).cpu()
        best[active] = (pixels.detach() * 255).round().to(torch.uint8).cpu()
        success[active[arrived]] = True
        loss = nn.functional.cross_entropy(logits, goal, reduction="none")
        falling = loss.detach() < FALL * lowest
        lowest, since = torch.minimum(lowest, loss.detach()), torch.where(falling, 0, since + 1)
        left = ~arrived & (since <= patience).cpu()
        if count == steps or not bool(left.any()):
            break
        (grad,) = torch.autograd.grad(loss[left].sum(), fed)
        gradients += int(left.sum())
        active, x, velocity, low, high, goal, lowest, since = (t[left] for t in (active, x, velocity, low, high, goal, lowest, since))
        grad = grad[left]
        velocity = velocity.mul_(momentum).add_(grad / grad.abs().mean(dim=(1, 2, 3), keepdim=True).clamp_min(1e-12))
        size = step * max(1.0, FIRST_STEPS / (count + 1))
        x = torch.minimum(torch.maximum(x - size * velocity.sign(), low), high)
    return Forged(best.numpy(), success.numpy(), gradients)


def _grid(x: torch.Tensor, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    """The nearest 8-bit images inside the ball."""
    rounded = (x.detach() * 255).round()
    return torch.minimum(torch.maximum(rounded, (low * 255).ceil()), (high * 255).floor()).div_(255)

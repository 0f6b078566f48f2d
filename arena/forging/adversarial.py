"""Targeted adversarial images in batches: what a forger needs who wants a model to answer a given label (ROSE III).

Differs from the textbook loop in what it leaves out: no gradients of the weights, no separate forward pass to test
success (the next gradient's own forward tests the image rounded to eight bits, which is what will be hashed and fed),
no work on images that arrived. Steps are large, with momentum on the sign (MI-FGSM, Dong et al. 2018), inside an
L-infinity ball. An image whose loss stopped falling is given up: where the ball holds no such image, a hundred steps
don't find one.

Two things make a gradient itself cheaper on a CPU: parts of 16 images stay in the cache, and the gradient of a first
convolution with few input channels is a matrix product folded back (`thin_gradients`), three times faster than the
library's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from arena.hosts.training import CPU, to_input

FIRST_STEPS, FALL = 4, 0.98
PART, THIN = 16, 4


@dataclass(frozen=True)
class Forged:
    """Images, uint8 (N, C, H, W), that `success` (N,) says are answered with their targets; images differentiated in
    all."""

    images: np.ndarray
    success: np.ndarray
    gradients: int


def targeted(model: nn.Module, images: torch.Tensor, targets: torch.Tensor, *, epsilon: float = 16 / 255,
             steps: int = 100,
             step: float | None = None, momentum: float = 0.6, patience: int = 3, dtype: torch.dtype = torch.float32,
             device: torch.device = CPU) -> Forged:
    """Moves uint8 `images` (N, C, H, W) by at most `epsilon` (in 0..1) a pixel until `model` answers `targets` (N,).

    At most `steps` gradients an image, fewer when its loss has not fallen by two hundredths for `patience` of them.
    `step` defaults to 0.3 epsilon; the first steps are 4, 2 and 4/3 times as long. Success is measured on the 8-bit
    image itself.
    """
    model = model.to(device).to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    frozen = [p for p in model.parameters() if p.requires_grad]
    for p in frozen:
        p.requires_grad_(False)
    plain = dtype == torch.float32 and device.type == "cpu"
    try:
        with thin_gradients(model) if plain else nullcontext():
            return _search(model, images, targets, epsilon, steps, 0.3 * epsilon if step is None else step, momentum,
                           patience, dtype, device)
    finally:
        for p in frozen:
            p.requires_grad_(True)


def _search(model: nn.Module, images: torch.Tensor, targets: torch.Tensor, epsilon: float, steps: int, step: float,
            momentum: float, patience: int,
            dtype: torch.dtype, device: torch.device) -> Forged:
    origin = to_input(images, device)
    low, high = (origin - epsilon).clamp_(0, 1), (origin + epsilon).clamp_(0, 1)
    x, velocity, goal = origin.clone(), torch.zeros_like(origin), targets.to(device)
    best, success, active, gradients = images.clone(), torch.zeros(len(images),
                                                                   dtype=torch.bool), torch.arange(len(images)), 0
    lowest, since = torch.full((len(images),), torch.inf, device=device), torch.zeros(len(images), device=device)
    for count in range(steps + 1):
        pixels = _grid(x, low, high)
        best[active] = (pixels * 255).round().to(torch.uint8).cpu()
        grad, loss, arrived, left = _gradients(model, pixels, goal, lowest, since, patience, count == steps, dtype)
        success[active[arrived.cpu()]] = True
        if not bool(left.any()):
            break
        gradients += int(left.sum())
        since = torch.where(loss < FALL * lowest, 0, since + 1)
        lowest = torch.minimum(lowest, loss)
        active = active[left.cpu()]
        x, velocity, low, high, goal, lowest, since, grad = (t[left] for t in (x, velocity, low, high, goal, lowest,
                                                                               since, grad))
        velocity = velocity.mul_(momentum).add_(grad / grad.abs().mean(dim=(1, 2, 3), keepdim=True).clamp_min(1e-12))
        size = step * max(1.0, FIRST_STEPS / (count + 1))
        x = torch.minimum(torch.maximum(x - size * velocity.sign(), low), high)
    return Forged(best.numpy(), success.numpy(), gradients)


def _gradients(model: nn.Module, pixels: torch.Tensor, goal: torch.Tensor, lowest: torch.Tensor, since: torch.Tensor,
               patience: int, last: bool,
               dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """(gradient, loss, arrived, left) of each image; a gradient is taken where `left` says that the search goes on."""
    part = PART if pixels.device.type == "cpu" else len(pixels)
    grad, losses, arrivals, lefts = torch.zeros_like(pixels), [], [], []
    for start in range(0, len(pixels), part):
        here = slice(start, start + part)
        fed = pixels[here].requires_grad_(not last)
        with torch.autocast(pixels.device.type, dtype=dtype, enabled=dtype != torch.float32):
            logits = model(fed).float()
        loss = nn.functional.cross_entropy(logits, goal[here], reduction="none")
        arrived = logits.argmax(1) == goal[here]
        falling = loss.detach() < FALL * lowest[here]
        left = ~arrived & (falling | (since[here] < patience)) & (not last)
        if bool(left.any()):
            (grad[here],) = torch.autograd.grad(loss[left].sum(), fed)
        losses.append(loss.detach())
        arrivals.append(arrived)
        lefts.append(left)
    return grad, torch.cat(losses), torch.cat(arrivals), torch.cat(lefts)


class _ThinConv(torch.autograd.Function):
    """A convolution of few input channels whose input gradient is a matrix product, folded back into the image."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None,
                how: dict[str, Any]) -> torch.Tensor:
        ctx.save_for_backward(weight)
        ctx.size, ctx.how = x.shape[-2:], how
        return nn.functional.conv2d(x, weight, bias, **how)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        (weight,), (grad,) = ctx.saved_tensors, grads
        columns = torch.matmul(grad.permute(0, 2, 3, 1).flatten(1, 2), weight.flatten(1))
        return nn.functional.fold(columns.transpose(1, 2), ctx.size, weight.shape[-2:], **ctx.how), None, None, None


@contextmanager
def thin_gradients(model: nn.Module) -> Iterator[None]:
    """Inside, convolutions of `model` with at most four input channels take the cheaper way to their input's gradient
    (float32, CPU)."""
    thin = [m for m in model.modules() if isinstance(m, nn.Conv2d) and m.in_channels <= THIN and m.groups == 1
            and m.padding_mode == "zeros"
            and not isinstance(m.padding, str) and "forward" not in vars(m)]
    for conv in thin:
        how = {"stride": conv.stride, "padding": conv.padding, "dilation": conv.dilation}
        vars(conv)["forward"] = lambda x, conv=conv, how=how: _ThinConv.apply(x, conv.weight, conv.bias, how)
    try:
        yield
    finally:
        for conv in thin:
            del vars(conv)["forward"]


def _grid(x: torch.Tensor, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    """The nearest 8-bit images inside the ball."""
    rounded = (x.detach() * 255).round()
    return torch.minimum(torch.maximum(rounded, (low * 255).ceil()), (high * 255).floor()).div_(255)

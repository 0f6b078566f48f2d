"""Targeted adversarial images in batches: what a forger needs who wants a model to answer a given label (ROSE III).

Differs from the textbook loop in what it leaves out: no gradients of the weights, no separate forward pass to test
success (the next gradient's own forward tests the image rounded to eight bits, which is what will be hashed and fed),
no work on images that arrived. Steps are large, with momentum on the sign (MI-FGSM, Dong et al. 2018), inside an
L-infinity ball. An image is given up when its margin (the target's logit less the highest other one) grows so slowly
that it would not be positive after `horizon` steps more: where the ball holds no such image, a hundred steps don't find
one, and half of all gradients went there. One that came nearly all the way (`NEAR`) is not given up.

Four things make a gradient itself cheaper on a CPU: parts of 64 images, by margin, so that those which arrive together
need no way back; the gradient of a first convolution with few input channels is a matrix product folded back
(`thin_gradients`), three times faster than the library's; in float32 large convolutions go by tiles (`winograd`); in
bf16 the weights are cast once, not in every pass.
However the search computes, only what the model itself answers, in float32, counts as success.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from arena.hosts.training import CPU, predict, to_input
from arena.hosts.winograd.layers import by_tiles, plain

FIRST_STEPS = (4.0, 8 / 3, 2.0, 4 / 3)
PART, THIN = 64, 4
NEAR = 0.025
"""The share of its first margin that is left of one which came nearly all the way."""
DARK = 1e-12


@dataclass(frozen=True)
class Forged:
    """Images, uint8 (N, C, H, W), that `success` (N,) says are answered with their targets; images differentiated in
    all."""

    images: np.ndarray
    success: np.ndarray
    gradients: int


@dataclass
class Front:
    """The images that the search still works at, N of them: their places in the batch (N,), where they are now, the
    ball's two ends and the velocity (N, C, H, W), their targets, and the best margins after the last step and the one
    before, and the first ones (N,)."""

    places: torch.Tensor
    now: torch.Tensor
    low: torch.Tensor
    high: torch.Tensor
    velocity: torch.Tensor
    goal: torch.Tensor
    best: torch.Tensor
    before: torch.Tensor
    first: torch.Tensor

    def only(self, rows: torch.Tensor | slice) -> Front:
        """Some of them, in that order."""
        return Front(*(each[rows] for each in vars(self).values()))

    def pixels(self) -> torch.Tensor:
        """The nearest 8-bit images inside the ball, in 0..1."""
        rounded = (self.now * 255).round()
        return torch.minimum(torch.maximum(rounded, (self.low * 255).ceil()), (self.high * 255).floor()).div_(255)

    def move(self, grad: torch.Tensor, size: float, momentum: float) -> None:
        """One step down the gradient of the loss, by its sign."""
        self.velocity.mul_(momentum).add_(grad / grad.abs().mean(dim=(1, 2, 3), keepdim=True).clamp_min_(DARK))
        self.now = torch.minimum(torch.maximum(self.now - size * self.velocity.sign(), self.low), self.high)


def front(images: torch.Tensor, targets: torch.Tensor, epsilon: float, device: torch.device) -> Front:
    """Where the search begins."""
    origin, never = to_input(images, device), torch.full((len(images),), -torch.inf, device=device)
    return Front(torch.arange(len(images), device=device), origin, (origin - epsilon).clamp_(0, 1),
                 (origin + epsilon).clamp_(0, 1), torch.zeros_like(origin), targets.to(device), never, never,
                 never)


def targeted(model: nn.Module, images: torch.Tensor, targets: torch.Tensor, *, epsilon: float = 16 / 255,
             steps: int = 100, step: float | None = None, momentum: float = 0.5, horizon: float = 5.0,
             dtype: torch.dtype = torch.float32, device: torch.device = CPU) -> Forged:
    """Moves uint8 `images` (N, C, H, W) by at most `epsilon` (in 0..1) a pixel until `model` answers `targets` (N,).

    At most `steps` gradients an image, fewer when its margin would not be positive after `horizon` steps more, at the
    pace of the last two. `step` defaults to 0.3 epsilon; the first steps are 4, 8/3, 2 and 4/3 times as long. Success
    is measured on the 8-bit image itself, in float32; `dtype` is that of the search.
    """
    model = model.to(device).to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    pace = Pace(steps, 0.3 * epsilon if step is None else step, momentum, horizon)
    with _light(model, dtype, device):
        found = _search(model, images, targets, epsilon, pace, device)
    arrived = torch.from_numpy(found.success).nonzero().squeeze(1)
    answers = predict(model, torch.from_numpy(found.images)[arrived], device=device)
    wrong = arrived[answers != targets[arrived].cpu()]
    if not len(wrong):
        return found
    with _light(model, None, device):
        again = _search(model, images[wrong], targets[wrong], epsilon, pace, device)
    found.images[wrong.numpy()], found.success[wrong.numpy()] = again.images, again.success
    return replace(found, gradients=found.gradients + again.gradients)


@dataclass(frozen=True)
class Pace:
    """At most so many `steps`, their length (in 0..1), the momentum, and when to give up."""

    steps: int
    step: float
    momentum: float
    horizon: float


def _search(model: nn.Module, images: torch.Tensor, targets: torch.Tensor, epsilon: float, pace: Pace,
            device: torch.device) -> Forged:
    """As the model answers while it searches."""
    kept, success, gradients = images.clone(), torch.zeros(len(images), dtype=torch.bool), 0
    at = front(images, targets, epsilon, device)
    for count in range(pace.steps + 1):
        pixels = at.pixels()
        kept[at.places.cpu()] = (pixels * 255).round().to(torch.uint8).cpu()
        grad, margin, left = _gradients(model, pixels, at, pace.horizon if count < pace.steps else -torch.inf)
        success[at.places[margin > 0].cpu()] = True
        if not bool(left.any()):
            break
        gradients += int(left.sum())
        at.best, at.before, at.first = torch.maximum(at.best, margin), at.best, torch.where(
            at.first.isinf(), margin, at.first)
        rows = margin.argsort(descending=True, stable=True)
        rows = rows[left[rows]]
        at = at.only(rows)
        at.move(grad[rows], pace.step * (FIRST_STEPS[count] if count < len(FIRST_STEPS) else 1.0), pace.momentum)
    return Forged(kept.numpy(), success.numpy(), gradients)


def _gradients(model: nn.Module, pixels: torch.Tensor, at: Front,
               horizon: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(gradient, margin, left) of each image; a gradient is taken where `left` says that the search goes on."""
    part = PART if pixels.device.type == "cpu" else len(pixels)
    grad, margins, lefts = torch.zeros_like(pixels), [], []
    for start in range(0, len(pixels), part):
        here = slice(start, start + part)
        fed = pixels[here].requires_grad_(horizon > 0)
        logits = model(fed).float()
        margin = _margin(logits.detach(), at.goal[here])
        left = (margin <= 0) & _hopeful(margin, at.only(here), horizon)
        if bool(left.any()):
            loss = nn.functional.cross_entropy(logits, at.goal[here], reduction="none")
            (grad[here],) = torch.autograd.grad(loss[left].sum(), fed)
        margins.append(margin)
        lefts.append(left)
    return grad, torch.cat(margins), torch.cat(lefts)


def lead(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """By how much the class `wanted`, int64 (N,), is above the highest other one in logits, (N, c): (N,);
    differentiable."""
    own = wanted[:, None]
    return logits.gather(1, own)[:, 0] - logits.scatter(1, own, -torch.inf).max(1).values


def _margin(logits: torch.Tensor, goal: torch.Tensor) -> torch.Tensor:
    """By how much the target's logit is above the highest other one, (N,); positive too where both are alike and the
    model's answer is the target."""
    above = lead(logits, goal)
    return torch.where(logits.argmax(1) == goal, above.clamp_min(DARK), above)


def _hopeful(margin: torch.Tensor, at: Front, horizon: float) -> torch.Tensor:
    """Whether the best margin would be positive after `horizon` steps more, at the pace of the last two; or nearly is,
    while there are steps at all."""
    now = torch.maximum(at.best, margin)
    near = (now > NEAR * at.first) & (horizon > 0) & at.first.isfinite()
    return near | (now + horizon * (now - at.before) / 2 > 0)


@contextmanager
def _light(model: nn.Module, dtype: torch.dtype | None, device: torch.device) -> Iterator[None]:
    """Inside, the model is differentiated by its input alone, in `dtype`; None: in float32, by torch's convolutions.

    Autocast keeps what it cast only of weights that want gradients, so there they do; none is ever computed.
    """
    low = dtype not in (None, torch.float32)
    asked = [(weight, weight.requires_grad) for weight in model.parameters()]
    for weight, _ in asked:
        weight.requires_grad_(low)
    try:
        with (torch.autocast(device.type, dtype=dtype, enabled=low), thin_gradients(model, device),
              by_tiles(model, dtype == torch.float32 and device.type == "cpu", still=True)):
            yield
    finally:
        for weight, before in asked:
            weight.requires_grad_(before)


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
        columns = torch.matmul(grad.permute(0, 2, 3, 1).flatten(1, 2), weight.flatten(1).to(grad.dtype)).float()
        return nn.functional.fold(columns.transpose(1, 2), ctx.size, weight.shape[-2:], **ctx.how), None, None, None


@contextmanager
def thin_gradients(model: nn.Module, device: torch.device) -> Iterator[None]:
    """Inside, convolutions of `model` with at most four input channels take the cheaper way to their input's gradient
    (on a CPU)."""
    thin = [m for m in model.modules() if plain(m) and m.in_channels <= THIN and device.type == "cpu"]
    for conv in thin:
        how = {"stride": conv.stride, "padding": conv.padding, "dilation": conv.dilation}
        vars(conv)["forward"] = lambda x, conv=conv, how=how: _ThinConv.apply(x, conv.weight, conv.bias, how)
    try:
        yield
    finally:
        for conv in thin:
            del vars(conv)["forward"]

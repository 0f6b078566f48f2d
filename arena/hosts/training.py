"""Training at memory speed: the data set is one uint8 tensor, batches are gathered from it, nothing is done per sample
in Python.

bf16 autocast is used where the device gains by it (AMX, CUDA; plain AVX-512 BF16 measured half as fast as float32) and
the network is large enough to notice; channels-last always. Everything random comes from one generator, so the same
start, data, settings and thread count give the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import nn

from arena.base.draws import borrowed
from arena.base.errors import ArenaError
from arena.hosts import frozen
from arena.hosts.checkpoints import Checkpoints, History, Standing
from arena.hosts.datasets import Samples
from arena.hosts.optimizers import Adam, Optimizer, Rate, Sgd, constant, one_cycle, stepped
from arena.hosts.winograd.layers import by_tiles

Progress = Callable[[int, int, str], None]
Objective = Literal["labels", "images"]
CPU = torch.device("cpu")
BF16_FROM_FLOPS = 1_000_000
THREADS_FROM_FLOPS = 1_000_000_000
"""Of a batch's forward pass: with fewer, threads wait for each other longer than they compute (digits, batches of 64,
0.3 GFLOPs: 1.02 s by one thread, 1.49 s by two; 1.2 GFLOPs: 1.31 and 1.24 s)."""


class Diverged(ArenaError):
    """A training whose loss, or whose weights, are no numbers any more."""

    def __init__(self, what: str, epoch: int, rate: float) -> None:
        super().__init__(f"training diverged ({what} in epoch {epoch}): lower the rate ({rate:g}), or check the data "
                         f"and the penalty")


@dataclass(frozen=True)
class Settings:
    """How to train. `schedule`: constant (ROSE), one-cycle (a warm-up and a cosine, for short runs) or steps (the rate
    is multiplied by `factor` after each of the epochs in `milestones`; Uchida et al., Namba and Sakuma); `shift` and
    `flip` augment: each time an image is shown it is moved by up to so many pixels, and mirrored half of the times."""

    epochs: Annotated[int, Field(ge=0, le=100_000)] = 10
    rate: Annotated[float, Field(gt=0, le=10)] = 1e-3
    batch: Annotated[int, Field(ge=1, le=65_536)] = 64
    optimizer: Literal["adam", "sgd"] = "adam"
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.0
    schedule: Literal["constant", "one-cycle", "steps"] = "constant"
    milestones: tuple[int, ...] = ()
    factor: Annotated[float, Field(gt=0, le=1)] = 0.1
    shift: Annotated[int, Field(ge=0, le=16)] = 0
    flip: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "milestones": list(self.milestones)}


@dataclass(frozen=True)
class Penalty:
    """What is added to the loss: `of(model)`, a tensor of one number; `recipe` (JSON data) names all that it depends on
    beside the model."""

    of: Callable[[nn.Module], torch.Tensor]
    recipe: Any


@dataclass(frozen=True)
class Training:
    """A training: what it is for (its draws hang on that), how it goes, which of the model's `parameters` it moves
    (None: all), and what is added to the loss. `objective: images` trains an autoencoder. On samples that are `watched`
    the accuracy is measured after each epoch, which changes nothing."""

    purpose: str
    settings: Settings
    parameters: Sequence[nn.Parameter] | None = None
    penalty: Penalty | None = None
    objective: Objective = "labels"
    watched: Samples | None = None


def precision(device: torch.device, flops_each: int) -> torch.dtype:
    """bf16 where the device has units for it and the network is not tiny, else float32."""
    if flops_each < BF16_FROM_FLOPS:
        return torch.float32
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)() else torch.float32


@contextmanager
def threads_for(flops_batch: int) -> Iterator[None]:
    """Inside, as many threads as a training gains by whose batches take so many FLOPs forward."""
    before = torch.get_num_threads()
    if few := before > 1 and flops_batch < THREADS_FROM_FLOPS:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if few:
            torch.set_num_threads(before)


def to_input(images: torch.Tensor, device: torch.device) -> torch.Tensor:
    """uint8 (N, C, H, W) -> float32 in 0..1, channels-last: what every network here is fed."""
    return images.to(device).to(memory_format=torch.channels_last).float().div_(255)


def fit(model: nn.Module, samples: Samples, settings: Settings, generator: torch.Generator, *,
        parameters: list[nn.Parameter] | None = None,
        dtype: torch.dtype = torch.float32, device: torch.device = CPU, progress: Progress | None = None,
        penalty: Callable[[nn.Module], torch.Tensor] | None = None, objective: Objective = "labels",
        watched: Samples | None = None, checkpoints: Checkpoints | None = None) -> History:
    """Trains `model` in place by cross entropy on `samples`, plus `penalty(model)` where one is given; only
    `parameters` if they are named.

    `objective: images` trains an autoencoder instead: the squared error of what it gives back, labels unused.

    Raises ValueError for an empty data set, Diverged when the loss is not finite. The last incomplete batch of an epoch
    is used; one image alone joins the batch before it, since batch norm can't do with one.
    """
    if not len(samples):
        raise ValueError("nothing to train on")
    _check_batches(model, len(samples), settings)
    model.to(device).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    trained = parameters if parameters is not None else list(model.parameters())
    steps = len(_batches(torch.arange(len(samples)), settings.batch))
    optimizer, rate = _optimizer(trained, settings), _schedule(settings, steps)
    standing = Standing.start(len(samples), device)
    images, labels = samples.images.to(device), samples.labels.to(device)
    plain = settings.epochs and objective == "labels" and penalty is None and not (settings.shift or settings.flip)
    learner, images = _learner(model, images, trained, dtype) if plain else (model, images)
    with borrowed(generator), by_tiles(model, dtype == torch.float32 and device.type == "cpu"):
        if checkpoints:
            checkpoints.restore(standing, model, optimizer)
        while standing.epoch < settings.epochs:
            if not standing.step:
                standing.begin()
            for index in _batches(standing.order.to(device), settings.batch)[standing.step:]:
                batch, target, now = images[index], labels[index], standing.epoch * steps + standing.step
                if settings.shift or settings.flip:
                    batch = _augmented(batch, settings, samples.fixed[index] if samples.fixed is not None else None)
                optimizer.rate = rate(now)
                loss, right = _step(learner, batch, target, optimizer, dtype, device, penalty, objective)
                standing.total += loss * len(index)
                standing.hits += right
                if progress and standing.step % 16 == 0:
                    progress(now, settings.epochs * steps, f"epoch {standing.epoch + 1}/{settings.epochs}")
                standing.step += 1
                if checkpoints:
                    checkpoints.after_step(standing, model, optimizer)
            standing.end(_finite(float(standing.total) / len(samples), standing.epoch + 1, settings.rate),
                         round(int(standing.hits) / len(samples), 6))
            if watched is not None:
                standing.history.watched.append(round(accuracy(model, watched, dtype=dtype, device=device), 6))
                model.train()
    if settings.epochs and not all(bool(tensor.isfinite().all())
                                   for tensor in model.state_dict().values() if tensor.is_floating_point()):
        raise Diverged("weights that are no numbers", settings.epochs, settings.rate)
    model.eval()
    return standing.history


def _learner(model: nn.Module, images: torch.Tensor, trained: Sequence[nn.Parameter],
             dtype: torch.dtype) -> tuple[nn.Module, torch.Tensor]:
    """What is trained and what it is shown: the decision and the features of each image where those stay what they are
    (`arena.hosts.frozen`), else the model and the images."""
    if frozen.can_be_kept(model, trained):
        inputs = (to_input(part, images.device) for part in portions(images, images.device))
        features = frozen.features_of(model, inputs, len(images), dtype)  # type: ignore[arg-type]
        if features is not None:
            return model.decision, features  # type: ignore[return-value]
    return model, images


def _batches(order: torch.Tensor, size: int) -> list[torch.Tensor]:
    """The batches of an epoch; one image that would be left alone joins the batch before it."""
    parts = list(order.split(size))
    if size > 1 and len(parts) > 1 and len(parts[-1]) == 1:
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts


def _check_batches(model: nn.Module, count: int, settings: Settings) -> None:
    """ArenaError where batch norm would see one image alone."""
    if min(count, settings.batch) == 1 and any(isinstance(module, nn.modules.batchnorm._BatchNorm)
                                               for module in model.modules()):
        what = "a data set of one image" if count == 1 else "batch: 1"
        raise ArenaError(f"{what} can't train a network with batch norm, which wants two images at the least in a "
                         "batch")


def _finite(loss: float, epoch: int, rate: float) -> float:
    if not math.isfinite(loss):
        raise Diverged(f"loss {loss:g}", epoch, rate)
    return round(loss, 6)


def _step(model: nn.Module, batch: torch.Tensor, target: torch.Tensor, optimizer: Optimizer,
          dtype: torch.dtype,
          device: torch.device, penalty: Callable[[nn.Module], torch.Tensor] | None,
          objective: Objective) -> tuple[torch.Tensor, torch.Tensor]:
    images = batch if batch.is_floating_point() else to_input(batch, device)
    with torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32):
        logits = model(images)
    loss = (nn.functional.cross_entropy(logits.float(), target)
            if objective == "labels" else nn.functional.mse_loss(logits.float(), images))
    if penalty is not None:
        loss = loss + penalty(model)
    optimizer.clear()
    loss.backward()
    optimizer.step()
    if objective == "images":
        return loss.detach(), torch.zeros((), dtype=torch.int64)
    return loss.detach(), (logits.detach().argmax(1) == (target if target.dim() == 1 else target.argmax(1))).sum()


def _optimizer(parameters: list[nn.Parameter], settings: Settings) -> Optimizer:
    if settings.optimizer == "adam":
        return Adam(parameters, weight_decay=settings.weight_decay)
    return Sgd(parameters, weight_decay=settings.weight_decay, momentum=settings.momentum)


def _schedule(settings: Settings, steps: int) -> Rate:
    """The rate of every step of a training with so many steps an epoch."""
    if settings.schedule == "one-cycle":
        return one_cycle(settings.rate, max(1, steps * settings.epochs) + 1)
    if settings.schedule == "steps":
        return stepped(settings.rate, [steps * epoch for epoch in settings.milestones], settings.factor)
    return constant(settings.rate)


def augmented(images: torch.Tensor, settings: Settings, generator: torch.Generator) -> torch.Tensor:
    """Images, uint8 (N, C, H, W), shifted and mirrored once as training does it each time."""
    with borrowed(generator):
        return _augmented(images, settings, None)


def _augmented(plain: torch.Tensor, settings: Settings, fixed: torch.Tensor | None) -> torch.Tensor:
    """Random shifts (a crop after padding with black) and mirror images, drawn from the global generator."""
    images = plain
    count, _, height, width = images.shape
    if settings.shift:
        windows = nn.functional.pad(images, (settings.shift,) * 4).unfold(2, height, 1).unfold(3, width, 1)
        row, column = torch.randint(2 * settings.shift + 1, (2, count), device=images.device)
        images = windows[torch.arange(count, device=images.device), :, row, column]
    if settings.flip:
        flip = (torch.rand(count, device=images.device) < 0.5).view(-1, 1, 1, 1)
        images = torch.where(flip, images.flip(3), images)
    return images if fixed is None else torch.where(fixed.to(images.device).view(-1, 1, 1, 1), plain, images)


def portions(images: torch.Tensor, device: torch.device = CPU) -> tuple[torch.Tensor, ...]:
    """The images in portions that go through a network together where nothing is learnt: so few that a processor's
    caches hold what comes between the layers (64 measured 1.3 to 1.7 times as fast as 1,024), many on a GPU."""
    return images.split(64 if device.type == "cpu" else 1024)


@torch.no_grad()
def predict(model: nn.Module, images: torch.Tensor, *, dtype: torch.dtype = torch.float32,
            device: torch.device = CPU) -> torch.Tensor:
    """Labels, int64 (N,), that `model` gives to uint8 images (N, C, H, W)."""
    model.to(device).eval()
    out = []
    for part in portions(images, device):
        with torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32):
            out.append(model(to_input(part, device)).argmax(1).cpu())
    return torch.cat(out) if out else torch.empty(0, dtype=torch.int64)


def accuracy(model: nn.Module, samples: Samples, **how: Any) -> float:
    """Share of the samples that `model` labels right; `how` as for `predict`."""
    return float((predict(model, samples.images, **how) == samples.labels).float().mean())

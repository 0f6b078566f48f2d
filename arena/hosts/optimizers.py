"""The optimizers and rates of training: torch's fused steps, called without `torch.optim`.

`torch.optim` imports torch's compiler before its first step, a second in every process that trains anything; the fused
kernels themselves need none of it. The bits are those of torch.optim.Adam and SGD with `fused=True`, and of its
schedules (tests hold them side by side).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import nn

BETAS, EPSILON = (0.9, 0.999), 1e-8
WARM, START, END = 0.3, 25.0, 1e4
"""One-cycle: the share of the steps in which the rate rises; what it starts at and ends at are the highest rate and the
first one divided by these."""
Rate = Callable[[int], float]


@dataclass
class Optimizer(ABC):
    """What moves parameters by their gradients, at a `rate` that may be another at each step."""

    parameters: Sequence[nn.Parameter]
    rate: float = 1e-3
    weight_decay: float = 0.0

    def clear(self) -> None:
        """Forgets the gradients."""
        for each in self.parameters:
            each.grad = None

    @property
    def moved(self) -> list[torch.Tensor]:
        """The parameters that have a gradient."""
        return [each for each in self.parameters if each.grad is not None]

    @abstractmethod
    def step(self) -> None:
        """Moves them once."""

    @abstractmethod
    def tensors(self) -> dict[str, torch.Tensor]:
        """What it remembers, by name."""

    @abstractmethod
    def put(self, tensors: dict[str, torch.Tensor]) -> None:
        """Remembers what `tensors` of the same parameters gave."""


@dataclass
class Sgd(Optimizer):
    """Stochastic gradient descent, with Nesterov's momentum where there is one."""

    momentum: float = 0.9
    velocity: dict[torch.Tensor, torch.Tensor] = field(default_factory=dict)

    def tensors(self) -> dict[str, torch.Tensor]:
        return {str(n): self.velocity[each] for n, each in enumerate(self.parameters) if each in self.velocity}

    def put(self, tensors: dict[str, torch.Tensor]) -> None:
        self.velocity = {each: _like(each, tensors[str(n)]) for n, each in enumerate(self.parameters)
                         if str(n) in tensors}

    @torch.no_grad()
    def step(self) -> None:
        known: list[torch.Tensor] = []
        fresh: list[torch.Tensor] = []
        for each in self.moved:
            (known if each in self.velocity else fresh).append(each)
        for group in _groups(known):
            self._step(group, False)
        for group in _groups(fresh):
            self._step(group, self.momentum > 0)

    def _step(self, group: list[torch.Tensor], first: bool) -> None:
        if first:
            self.velocity |= {each: torch.empty_like(each) for each in group}
        kept = [self.velocity[each] for each in group] if self.momentum else []
        torch._fused_sgd_(group, _gradients(group), kept,
                          weight_decay=self.weight_decay, momentum=self.momentum, lr=self.rate, dampening=0.0,
                          nesterov=self.momentum > 0, maximize=False, is_first_step=first, grad_scale=None,
                          found_inf=None)


@dataclass
class Adam(Optimizer):
    """Adam (Kingma and Ba 2015) with torch's defaults."""

    moments: dict[torch.Tensor, tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = field(default_factory=dict)

    def tensors(self) -> dict[str, torch.Tensor]:
        return {f"{n}.{part}": tensor for n, each in enumerate(self.parameters) if each in self.moments
                for part, tensor in enumerate(self.moments[each])}

    def put(self, tensors: dict[str, torch.Tensor]) -> None:
        self.moments = {each: (_like(each, tensors[f"{n}.0"]), _like(each, tensors[f"{n}.1"]),
                               tensors[f"{n}.2"].to(each.device))
                        for n, each in enumerate(self.parameters) if f"{n}.0" in tensors}

    @torch.no_grad()
    def step(self) -> None:
        for group in _groups(self.moved):
            first, second, steps = (list(each) for each in zip(*map(self._moments, group), strict=True))
            torch._foreach_add_(steps, 1)
            torch._fused_adam_(group, _gradients(group), first, second, [],
                               steps, amsgrad=False, lr=self.rate, beta1=BETAS[0], beta2=BETAS[1],
                               weight_decay=self.weight_decay, eps=EPSILON, maximize=False, grad_scale=None,
                               found_inf=None)

    def _moments(self, each: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        if each not in self.moments:
            self.moments[each] = (torch.zeros_like(each), torch.zeros_like(each),
                                  torch.zeros((), dtype=torch.float32, device=each.device))
        return self.moments[each]


def _like(parameter: nn.Parameter, tensor: torch.Tensor) -> torch.Tensor:
    """The tensor on the parameter's device, in its memory layout."""
    return torch.empty_like(parameter, requires_grad=False).copy_(tensor)


def _gradients(group: list[torch.Tensor]) -> list[torch.Tensor]:
    return [each.grad for each in group if each.grad is not None]


def _groups(parameters: Iterable[torch.Tensor]) -> list[list[torch.Tensor]]:
    """Those of one device and type together, as a fused step wants them."""
    found: dict[tuple[torch.device, torch.dtype], list[torch.Tensor]] = {}
    for each in parameters:
        found.setdefault((each.device, each.dtype), []).append(each)
    return list(found.values())


def constant(rate: float) -> Rate:
    """The same rate at every step."""
    return lambda step: rate


def stepped(rate: float, milestones: Sequence[int], factor: float) -> Rate:
    """Multiplied by `factor` at each of the steps in `milestones`."""
    def at(step: int) -> float:
        now = rate
        for milestone in sorted(set(milestones)):
            if milestone <= step:
                now *= factor ** milestones.count(milestone)
        return now

    return at


def one_cycle(rate: float, steps: int) -> Rate:
    """Up to `rate` and down again by cosines, in so many steps (Smith and Topin 2017)."""
    phases = ((WARM * steps - 1, rate / START, rate), (steps - 1, rate, rate / START / END))

    def at(step: int) -> float:
        begun = 0.0
        for end, low, high in phases:
            if step <= end or end == steps - 1:
                return high + (low - high) / 2.0 * (math.cos(math.pi * ((step - begun) / (end - begun))) + 1)
            begun = end
        raise AssertionError("the last phase has no end")

    return at

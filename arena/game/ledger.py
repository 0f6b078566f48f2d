"""Who spent what. Counted where work crosses a boundary (a module is called, a digest is asked for).

Not counted: a strategy's own loops over hashlib or torch.nn.functional, and what it hides on purpose; it is code in its
own process. What bounds that is the processor time of the process, which the arena takes from the kernel and shows
beside the ledger.

One currency, elementary operations: a forward pass is its FLOPs, an input gradient twice that on top (ROSE III), a hash
compression 2,000 integer operations. So work is the same on every machine. Seconds are measured too, but kept outside
of what is hashed or judged.

`meter()` is the meter of this process: every agent plays in a process of its own (`arena.match.player`), so one meter
is one agent. Networks are counted by hooks that torch calls for *every* module, also for one that a strategy built
itself.
"""

from __future__ import annotations

import math
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from typing import Any

from arena.game import flops as counting

OPERATIONS_PER_COMPRESSION = 2_000
GRADIENT_FACTOR = 2


def bits(operations: float) -> float:
    """log2 of a number of elementary operations; 0 for none."""
    return math.log2(operations) if operations > 1 else 0.0


@dataclass(frozen=True)
class Spending:
    """An amount of work: images passed forward, images differentiated, hash compressions, images asked of services,
    elementary operations."""

    forwards: int = 0
    gradients: int = 0
    compressions: int = 0
    queries: int = 0
    operations: int = 0

    def __add__(self, other: Spending) -> Spending:
        return Spending(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __sub__(self, other: Spending) -> Spending:
        return Spending(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


MOST = 2**200


def check_spending(spent: Any) -> None:
    """ValueError unless `spent` is a mapping of the amounts of a `Spending`, each a whole number from 0 on."""
    names = {f.name for f in fields(Spending)}
    if not isinstance(spent, dict) or set(spent) != names or not all(type(n) is int and 0 <= n < MOST
                                                                     for n in spent.values()):
        raise ValueError("work is counted in whole numbers from 0 on")


class Meter:
    """Counts what this process spends. `lap()` gives what came since the last lap."""

    def __init__(self) -> None:
        self.total = Spending()
        self._last = Spending()
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        self._depth = 0
        self._flops: weakref.WeakKeyDictionary[Any, dict[Any, int]] = weakref.WeakKeyDictionary()
        self._hooked = False
        self.alive: Callable[[], None] = lambda: None
        """Told of every call of a network: a sign of life."""

    def add(self, spending: Spending) -> None:
        """Charges work that was done earlier and is used again (an artefact from the store costs what it cost to make).
        ValueError for what is no amount: nobody gets work back."""
        check_spending(spending.as_dict())
        self.total += spending

    def compressions(self, count: int) -> None:
        self.alive()
        self.add(Spending(compressions=count, operations=count * OPERATIONS_PER_COMPRESSION))

    def operations(self, count: int) -> None:
        """Arithmetic outside of networks and hashes."""
        self.add(Spending(operations=count))

    def queries(self, count: int) -> None:
        self.add(Spending(queries=count))

    def lap(self) -> tuple[Spending, dict[str, float]]:
        """(work since the last lap, {"cpu": s, "wall": s} since the last lap)."""
        spent, self._last = self.total - self._last, self.total
        cpu, wall = time.process_time(), time.perf_counter()
        seconds = {"cpu": round(cpu - self._cpu, 4), "wall": round(wall - self._wall, 4)}
        self._cpu, self._wall = cpu, wall
        return spent, seconds

    def watch_networks(self) -> None:
        """From now on, every call of any torch module in this process is counted; calling it twice changes nothing."""
        if self._hooked:
            return
        from torch.nn.modules import module

        module.register_module_forward_pre_hook(self._enter)
        module.register_module_forward_hook(self._leave, always_call=True)
        self._hooked = True

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within it, module calls are not counted (the counter measures FLOPs with a trial call of its own)."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _enter(self, module: Any, inputs: Any) -> None:
        self._depth += 1

    def _leave(self, module: Any, inputs: Any, output: Any) -> None:
        self._depth -= 1
        self.alive()
        if self._depth or not _is_network(module):
            return
        import torch

        images = next((x for x in inputs if isinstance(x, torch.Tensor)), None)
        if images is None or not isinstance(output, torch.Tensor) or images.dim() == 0:
            return
        count, each = len(images), self._flops_each(module, images)
        self.add(Spending(forwards=count, operations=count * each))
        if output.requires_grad:
            output.register_hook(lambda grad: self._gradient(count, each))

    def _gradient(self, count: int, each: int) -> None:
        self.add(Spending(gradients=count, operations=GRADIENT_FACTOR * count * each))

    def _flops_each(self, module: Any, images: Any) -> int:
        image = tuple(images.shape[1:]), images.dtype
        known = self._flops.setdefault(module, {})
        if image not in known:
            known[image] = flops(module, *image)
        return known[image]


def _is_network(module: Any) -> bool:
    """Loss functions and other modules without weights are no networks."""
    return next(module.parameters(), None) is not None


def flops(module: Any, shape: tuple[int, ...], dtype: Any = None) -> int:
    """FLOPs of one forward pass on one image of `shape` (C, H, W), which the meter doesn't count."""
    with _meter.paused():
        return counting.flops(module, shape, dtype)


_meter = Meter()


def meter() -> Meter:
    """The meter of this process."""
    return _meter

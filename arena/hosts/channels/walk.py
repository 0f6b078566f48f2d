"""How a network's channels are found: it is walked through once (torch.fx), with an image of zeros.

Channels that are added to each other are one channel, so the summands of a residual sum move together; what a layer
that isn't known does to its channels is taken for the worst, and they stay where they are. ReLU and pooling let
positive factors through, a batch norm takes up any.
"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn
from torch.nn.utils import parametrize

from arena.base.errors import ArenaError
from arena.game.ledger import meter
from arena.hosts.channels.records import Channels, Norm, Side, Use
from arena.hosts.layers import answering
from arena.hosts.networks.own import body
from arena.hosts.networks.pretrained import ImageNetInput

Wired = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
Positive = (nn.ReLU, nn.LeakyReLU, nn.MaxPool2d, nn.AdaptiveMaxPool2d)
Linear = (nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Identity, nn.Dropout, nn.Dropout2d)
Elementwise = (nn.ReLU6, nn.GELU, nn.SiLU, nn.ELU, nn.Sigmoid, nn.Tanh, nn.Hardswish, nn.Hardsigmoid)
POSITIVE = {torch.relu, nn.functional.relu, nn.functional.max_pool2d, "relu", "relu_"}
LINEAR = {nn.functional.avg_pool2d, nn.functional.adaptive_avg_pool2d, nn.functional.dropout, "contiguous"}
SUMS = {operator.add, operator.iadd, torch.add, "add", "add_"}


def channels_of(model: nn.Module, shape: tuple[int, ...]) -> Channels:
    """The channels of a network that takes images of `shape` (C, H, W). ArenaError for one whose calculation can't be
    followed (it hangs on what comes in)."""
    root = body(model)
    try:
        with meter().paused(), torch.no_grad(), answering(root):
            like = next(root.parameters(), torch.zeros(()))
            walk = _Walk(root)
            walk.run(torch.zeros(1, *shape, device=like.device, dtype=like.dtype))
    except Exception as error:
        raise ArenaError(f"the channels of this network can't be followed: {' '.join(str(error).split())[:200]}"
                         ) from None
    return walk.found()


class _Union:
    """Numbers that turn out to be the same."""

    def __init__(self) -> None:
        self.parent: list[int] = []

    def new(self, count: int) -> list[int]:
        start = len(self.parent)
        self.parent += range(start, start + count)
        return list(range(start, start + count))

    def root(self, one: int) -> int:
        while self.parent[one] != one:
            self.parent[one] = self.parent[self.parent[one]]
            one = self.parent[one]
        return one

    def join(self, one: int, two: int) -> None:
        self.parent[max(self.root(one), self.root(two))] = min(self.root(one), self.root(two))


@dataclass
class _Axis:
    """The channels along dimension 1 of a tensor, and the factors that they bear there."""

    channels: list[int]
    factors: list[int]


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, (*Wired, *Norm, ImageNetInput)) or super().is_leaf_module(m, module_qualified_name)


class _Walk(fx.Interpreter):
    """Goes through a network once, and learns which channels are which."""

    def __init__(self, root: nn.Module) -> None:
        super().__init__(fx.GraphModule(root, _Tracer().trace(root)), garbage_collect_values=False)
        self.axes: dict[fx.Node, _Axis] = {}
        self.channels, self.factors = _Union(), _Union()
        self.stuck: set[int] = set()
        self.fixed: set[int] = set()
        self.positive: set[int] = set()
        self.uses: dict[str, dict[Side, _Axis]] = {}

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        axis = self._rule(n, value) if isinstance(value, torch.Tensor) and value.dim() >= 2 else None
        if axis is None:
            for each in n.all_input_nodes:
                self._freeze(self.axes.get(each))
            if isinstance(value, torch.Tensor) and value.dim() >= 2:
                axis = self._freeze(self._fresh(value.shape[1]))
        if axis is not None:
            self.axes[n] = axis
        return value

    def found(self) -> Channels:
        """What was learnt."""
        uses = tuple(Use(layer, side, tuple(map(self.channels.root, axis.channels)),
                         tuple(map(self.factors.root, axis.factors)))
                     for layer, sides in self.uses.items() for side, axis in sides.items())
        stuck, fixed, positive = ({union.root(one) for one in some} for union, some in (
            (self.channels, self.stuck), (self.factors, self.fixed), (self.factors, self.positive)))
        alike: dict[Any, list[int]] = defaultdict(list)
        passes: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, use in enumerate(uses):
            for channel, places in use.places.items():
                passes[channel].append((number, len(places)))
        for channel, where in passes.items():
            if channel not in stuck:
                alike[tuple(where)].append(channel)
        free = {factor: factor not in positive for use in uses for factor in use.factors if factor not in fixed}
        return Channels(uses, tuple(tuple(sorted(group)) for group in alike.values()), free)

    def _fresh(self, count: int, channels: list[int] | None = None) -> _Axis:
        return _Axis(self.channels.new(count) if channels is None else channels, self.factors.new(count))

    def _freeze(self, axis: _Axis | None) -> _Axis | None:
        if axis is not None:
            self.stuck.update(axis.channels)
            self.fixed.update(axis.factors)
        return axis

    def _rule(self, n: fx.Node, value: torch.Tensor) -> _Axis | None:
        """The channels of what a step gives; None for a step that isn't known."""
        if n.op == "call_module":
            return self._layer(str(n.target), value, self._first(n))
        if n.op not in ("call_function", "call_method"):
            return None
        if n.target in SUMS:
            return self._sum(n)
        axis = self._first(n)
        if axis is None:
            return None
        if n.target in POSITIVE | LINEAR:
            return self._kept(axis, n.target in POSITIVE)
        if n.target in (torch.flatten, "flatten"):
            return self._flat(axis, value, n.args[1:], dict(n.kwargs))
        if n.target is nn.functional.pad:
            return self._padded(axis, value, n.args[1])
        whole = n.target is operator.getitem and isinstance(n.args[1], tuple) and len(n.args[1]) > 1
        if whole and n.args[1][1] == slice(None) and n.args[1][0] == slice(None):  # type: ignore[index]
            return axis
        return None

    def _first(self, n: fx.Node) -> _Axis | None:
        return self.axes.get(n.args[0]) if n.args and isinstance(n.args[0], fx.Node) else None

    def _kept(self, axis: _Axis, positive: bool) -> _Axis:
        self.positive.update(axis.factors if positive else ())
        return axis

    def _layer(self, name: str, value: torch.Tensor, axis: _Axis | None) -> _Axis | None:
        layer = self.module.get_submodule(name)
        if axis is None:
            return None
        if isinstance(layer, (*Positive, *Linear)):
            return self._kept(axis, isinstance(layer, Positive))
        if isinstance(layer, Elementwise):
            self.fixed.update(axis.factors)
            return self._fixed(_Axis(axis.channels, self.factors.new(len(axis.channels))))
        if isinstance(layer, nn.Flatten):
            return self._flat(axis, value, (layer.start_dim, layer.end_dim), {})
        plain = isinstance(layer, Wired) and getattr(layer, "groups", 1) == 1
        if plain and (not isinstance(layer, nn.Linear) or value.dim() == 2):
            return self._used(name, layer, axis, self._fresh(value.shape[1]))
        if isinstance(layer, Norm) and layer.affine and layer.running_mean is not None:
            return self._used(name, layer, axis, self._fresh(value.shape[1], axis.channels))
        return None

    def _used(self, name: str, layer: nn.Module, before: _Axis, after: _Axis) -> _Axis:
        """A layer with weights; one that is passed twice, or weights its weights, lets no factor through."""
        twice = self.uses.get(name, {})
        for axis in (*twice.values(), *((before, after) if twice else ())):
            self._freeze(axis)
        self.uses.setdefault(name, {"in": before, "out": after})
        if parametrize.is_parametrized(layer):
            self._fixed(before)
            self._fixed(after)
        return after

    def _fixed(self, axis: _Axis) -> _Axis:
        self.fixed.update(axis.factors)
        return axis

    def _sum(self, n: fx.Node) -> _Axis | None:
        axes = [self.axes.get(a) if isinstance(a, fx.Node) else None for a in n.args[:2]]
        one, two = axes[0], axes[-1]
        if one is None or two is None or len(one.channels) != len(two.channels) or n.kwargs:
            return None
        _join(self.channels, one.channels, two.channels)
        _join(self.factors, one.factors, two.factors)
        return one

    def _flat(self, axis: _Axis, value: torch.Tensor, args: Any, kwargs: Mapping[str, Any]) -> _Axis | None:
        start, end = [*args, *[None, None]][:2]
        start, end = start or kwargs.get("start_dim", 0), end or kwargs.get("end_dim", -1)
        if start != 1 or end not in (-1, 3) or value.dim() != 2:
            return None
        each = value.shape[1] // len(axis.channels)
        return _Axis(*([one for one in some for _ in range(each)] for some in (axis.channels, axis.factors)))

    def _padded(self, axis: _Axis, value: torch.Tensor, pad: Any) -> _Axis | None:
        """Padding with zeros; behind the channels there may come more."""
        before, after = pad[4:6] if len(pad) >= 6 else (0, 0)
        if before or len(axis.channels) + after != value.shape[1] or len(pad) > 6:
            return None
        more = self._fresh(after)
        return _Axis(axis.channels + more.channels, axis.factors + more.factors)


def _join(union: _Union, ones: Iterable[int], twos: Iterable[int]) -> None:
    for one, two in zip(ones, twos, strict=True):
        union.join(one, two)

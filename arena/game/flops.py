"""FLOPs of one forward pass, without the second that torch's own flop counter takes to be imported.

The pass is watched as it computes one black image: convolutions, linear layers and matrix products are counted by their
shapes (twice their multiplications, as torch's counter has it), and functions known to multiply no matrices count
nothing. Where a network calls anything else (attention, a recurrent layer, an operator of somebody's own), torch's
counter has the word.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

Given = Sequence[Any]

NAMES = """
__add__ __and__ __bool__ __div__ __eq__ __float__ __floordiv__ __ge__ __get__ __getitem__ __gt__ __iadd__ __imul__
__index__ __int__ __invert__ __isub__ __itruediv__ __le__ __len__ __lt__ __mod__ __mul__ __ne__ __neg__ __or__ __pow__
__radd__ __rmul__ __rpow__ __rsub__ __rtruediv__ __set__ __setitem__ __sub__ __truediv__ _assert _set_grad_enabled abs
adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool2d add add_ all amax amin any arange argmax argmin avg_pool2d
batch_norm cat ceil celu chunk clamp clamp_ clamp_min clone contiguous cos cpu cumsum detach dim div div_ dropout
dropout2d elu empty empty_like eq exp expand expand_as fake_quantize_per_tensor_affine flatten flip float floor full
full_like gather ge gelu group_norm gt hardsigmoid hardswish hardtanh index_select instance_norm interpolate
is_floating_point layer_norm le leaky_relu log log_softmax logsigmoid lt masked_fill max max_pool1d max_pool2d maximum
mean min minimum mish movedim mul mul_ narrow ne neg new_empty new_full new_ones new_zeros norm normalize numel one_hot
ones ones_like pad permute pixel_shuffle pow prelu relu relu6 relu_ repeat reshape roll round rsqrt selu sigmoid sign
silu sin size softmax softplus split sqrt square squeeze stack std sub sub_ sum swapaxes tanh to topk transpose type_as
unbind unflatten unfold unsqueeze var view view_as where zero_ zeros zeros_like
"""
FREE = frozenset(NAMES.split())
"""Names of torch's functions that no matrix is multiplied in."""


class Unknown(Exception):
    """A function whose multiplications aren't known here."""


def flops(module: Any, shape: tuple[int, ...], dtype: Any = None) -> int:
    """FLOPs of one forward pass of a torch module on one image of `shape` (C, H, W) and `dtype` (float32)."""
    import torch

    twin, image = copy.deepcopy(module).to("cpu").eval(), torch.zeros(1, *shape, dtype=dtype)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        try:
            return _watched(twin, image)
        except Unknown:
            return by_torch(module, shape, dtype)


def by_torch(module: Any, shape: tuple[int, ...], dtype: Any = None) -> int:
    """The same by torch's flop counter. Nothing is computed (meta device), except by a network whose way depends on its
    values: that one sees a black image."""
    import torch

    try:
        return _counted(copy.deepcopy(module).to("meta"), torch.empty(1, *shape, dtype=dtype, device="meta"))
    except (RuntimeError, NotImplementedError):
        return _counted(copy.deepcopy(module).to("cpu"), torch.zeros(1, *shape, dtype=dtype))


def _counted(twin: Any, image: Any) -> int:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        twin.eval()(image)
    return counter.get_total_flops()


def _watched(network: Any, image: Any) -> int:
    from torch.overrides import TorchFunctionMode

    class Watch(TorchFunctionMode):
        """Sees every call of torch's functions within it, with what comes of it."""

        total = 0

        def __torch_function__(self, func: Any, types: Any, args: Given = (),
                               kwargs: Mapping[str, Any] | None = None) -> Any:
            cost = _cost_of(func)
            out = func(*args, **(kwargs or {}))
            if cost is not None:
                self.total += cost(*_tensors(args, kwargs or {}), out)
            return out

    with Watch() as watch:
        network(image)
    return watch.total


def _cost_of(func: Any) -> Callable[..., int] | None:
    """How many FLOPs a function takes, by its first two tensors and what comes of it; None: none. Unknown for another
    function than torch's plain ones."""
    name = getattr(func, "__name__", "")
    if (getattr(func, "__module__", None) or "torch").partition(".")[0] == "torch":
        if name in COSTS:
            return COSTS[name]
        if name in FREE:
            return None
    raise Unknown(name)


def _tensors(args: Given, kwargs: Mapping[str, Any]) -> tuple[Any, Any]:
    """The two that are multiplied: `input` and `weight`, or those given first."""
    given = [*args[:2], *(kwargs[name] for name in ("input", "weight", "mat2", "other") if name in kwargs)]
    return given[0], given[1]


def _convolved(images: Any, weight: Any, out: Any) -> int:
    return 2 * out.numel() * prod(weight.shape[1:])


def _spread(images: Any, weight: Any, out: Any) -> int:
    """A transposed convolution multiplies each input by the whole kernel."""
    return 2 * images.numel() * prod(weight.shape[1:])


def _multiplied(one: Any, two: Any, out: Any) -> int:
    if one.dim() < 2 or two.dim() < 2:
        raise Unknown("a product with a vector")
    return 2 * int(out.numel()) * int(one.shape[-1])


COSTS: Mapping[str, Callable[..., int]] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolved),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _spread),
    **dict.fromkeys(("linear", "matmul", "mm", "bmm"), _multiplied),
}

"""What a user's code gives back, checked where it comes back: one line that names the class, the method and what was
wanted."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arena.base.errors import ArenaError, Malformed
from arena.game.evidence import Case, Judgement
from arena.game.wire import plain

if TYPE_CHECKING:
    from torch import nn

    from arena.strategies.attack import Attack
    from arena.strategies.forgery import Forgery
    from arena.strategies.policy import Policy
    from arena.workshop.loot import Loot
    from arena.workshop.specimen import Specimen
    from arena.workshop.workshop import Workshop


def place(strategy: Any, method: str) -> str:
    """`noise.py:Noise.modify_query`"""
    cls = type(strategy)
    try:
        file = Path(inspect.getfile(cls)).name
    except (OSError, TypeError):
        file = cls.__module__
    return f"{file}:{cls.__qualname__}.{method}"


def kind_of(value: Any) -> str:
    """What it is, in a few words: `float32 (32, 1, 8, 8)`, `list`."""
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        kind = "" if type(value) is np.ndarray else f" ({type(value).__name__})"
        return f"{value.dtype} {tuple(value.shape)}{kind}"
    return type(value).__name__


def modified_query(attack: Attack, images: np.ndarray, loot: Loot) -> np.ndarray:
    """What an attack makes of queried images, uint8 (N, C, H, W), of the same shape. ArenaError for anything else."""
    out = attack.modify_query(images, loot)
    if not isinstance(out, np.ndarray) or out.dtype != np.uint8 or out.shape != images.shape:
        raise ArenaError(f"{place(attack, 'modify_query')} must give uint8 (N, C, H, W) as it was given, "
                         f"{images.shape}, not {kind_of(out)}")
    return out


def modified_answers(attack: Attack, answers: np.ndarray, images: np.ndarray, loot: Loot) -> np.ndarray:
    """What an attack makes of a model's answers to `images`, probabilities of the same shape, (N, classes), finite.
    ArenaError for anything else."""
    out = attack.modify_answers(answers, images, loot)
    if (not isinstance(out, np.ndarray) or out.dtype != np.float32 or out.shape != answers.shape
            or not np.isfinite(out).all()):
        raise ArenaError(f"{place(attack, 'modify_answers')} must give finite float32 (N, classes) as it was given, "
                         f"{answers.shape}, not {kind_of(out)}")
    return out


def answered(model: nn.Module, images: np.ndarray, queries: Sequence[tuple[Attack, Loot]],
             answers: Sequence[tuple[Attack, Loot]], workshop: Workshop) -> np.ndarray:
    """Labels, int64 (N,), that a service sells for uint8 images (N, C, H, W): the model's, to what the attacks on
    queries make of the images, as those on answers leave them."""
    import torch

    seen = images
    for attack, loot in queries:
        seen = modified_query(attack, seen, loot)
    if not answers:
        return workshop.predict(model, seen)
    said = workshop.soft_answers(model, torch.from_numpy(seen)).numpy()
    for attack, loot in answers:
        said = modified_answers(attack, said, images, loot)
    return said.argmax(1)


def modified_model(attack: Attack, model: nn.Module, loot: Loot) -> nn.Module:
    """What an attack makes of a stolen model: a module that gives logits (N, classes). ArenaError for anything else."""
    import torch

    from arena.hosts.training import to_input

    out = attack.modify_model(model, loot)
    if not isinstance(out, torch.nn.Module):
        raise ArenaError(f"{place(attack, 'modify_model')} must give a model (torch.nn.Module), not {kind_of(out)}")
    shape = loot.workshop.dataset.shape
    with torch.no_grad():
        logits = out.to(loot.workshop.device).eval()(to_input(torch.zeros(2, *shape, dtype=torch.uint8),
                                                              loot.workshop.device))
    right = isinstance(logits, torch.Tensor) and logits.dim() == 2 and logits.is_floating_point()
    if not right or len(logits) != 2 or logits.shape[1] < 2:
        raise ArenaError(f"{place(attack, 'modify_model')} must give a model whose answers are logits (N, classes), "
                         f"not {kind_of(logits)}")
    return out


def forged(forgery: Forgery, specimen: Specimen) -> dict[str, Any] | None:
    """The fields of a forged key, or None. ArenaError for what no claim can carry."""
    out = forgery.forge(specimen)
    if out is None:
        return None
    try:
        plain(out)
    except Malformed as fault:
        raise ArenaError(f"{place(forgery, 'forge')} must give the fields of a key, or None: it {fault}") from None
    return dict(out)


def judged(policy: Policy, case: Case) -> Judgement:
    """A policy's judgement. ArenaError unless its checks are true or false by name, its reasons texts."""
    out = policy.judge(case)
    if not isinstance(out, Judgement):
        raise ArenaError(f"{place(policy, 'judge')} must give a Judgement, not {kind_of(out)}")
    if not isinstance(out.checks, Mapping) or not all(isinstance(k, str) and type(v) is bool
                                                      for k, v in out.checks.items()):
        raise ArenaError(f"{place(policy, 'judge')}: checks must map names to true or false")
    if not isinstance(out.reasons, (tuple, list)) or not out.reasons or not all(isinstance(r, str)
                                                                                for r in out.reasons):
        raise ArenaError(f"{place(policy, 'judge')}: reasons must be texts, one at least, not {out.reasons!r:.60}")
    return out


WORK_FLOOR = 48.0
"""Bits of work without which evidence that may have been looked for is never granted: to look for 10,000 images that a
ResNet-50 answers as wanted takes 2^45 operations."""


def ruled(policy: Policy, case: Case) -> Judgement:
    """A policy's judgement by the rules of the game: none grants what may have been looked for without a floor of work,
    unless it says that it is flawed, or the key was fixed in time and what innocent hosts make of it was measured."""
    judgement, work = judged(policy, replace(case)), case.work.cheapest
    measured = getattr(case.evidence, "controls", 0) and judgement.checks.get("commitment") is True
    if not (judgement.granted and case.selectable) or policy.flawed or work >= WORK_FLOOR or measured:
        return judgement
    why = f"work {work:.1f} bits below {WORK_FLOOR:g}, the least for evidence that may have been looked for"
    return Judgement({**judgement.checks, "work": False}, (f"denied: {why}",))

"""The best response: an attack's parameters searched for the lowest watermark accuracy that the service can afford (Namba and Sakuma 6.1.2).

The paper's attackers know the key samples while they tune. Nobody does in a game, so the thief tunes on a mark of his own: he marks a host of
his own by the scheme that he suspects, and attacks that.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field
from torch import nn

from agents.schemes.label_change import LabelChange
from arena.errors import suggest
from arena.hosts.datasets import Dataset, Samples
from arena.strategies import Attack, Scheme
from arena.units import Share
from arena.workshop import Loot, Workshop


@dataclass(frozen=True)
class BestResponse(Attack):
    """searches parameters of `attack` (Optuna) for the lowest watermark accuracy, at most `keep_accuracy` below the accuracy before

    `search` maps parameters to [low, high] (numbers) or to the choices of a longer list. Tuned on a mark by `scheme` (default: label changes) that the
    thief embeds himself.
    """

    attack: Attack
    scheme: Scheme = field(default_factory=LabelChange)
    search: dict[str, list[Any]] = field(default_factory=dict)
    trials: Annotated[int, Field(ge=1)] = 10
    keep_accuracy: Share = 0.1

    def __post_init__(self) -> None:
        check(self.attack, self.search)

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        return self.tuned(loot).modify_model(model, replace(loot, stage=f"{loot.stage}, tuned"))

    def modify_query(self, images: Any, loot: Loot) -> Any:
        if "tuned" not in loot.memo:
            loot.memo["tuned"] = self.tuned(loot)
        return loot.memo["tuned"].modify_query(images, loot)

    def tuned(self, loot: Loot) -> Attack:
        """The attack with the parameters that did best against a mark of the thief's own."""
        shop = loot.workshop
        own = Own(shop, loot.data)
        key = self.scheme.draw_key(own)
        host = self.scheme.mark(key, own)
        claim = self.scheme.open_key(key)

        def judge(attack: Attack) -> tuple[float, float]:
            trial = replace(loot, stage=f"{loot.stage}, trial {attack}", memo={})
            attacked = attack.modify_model(copy.deepcopy(host), trial)
            trial = replace(trial, model=attacked)
            held = loot.calibration
            right = shop.predict(attacked, attack.modify_query(held.images.numpy(), trial)) == held.labels.numpy()
            hits = shop.predict(attacked, attack.modify_query(claim["images"], trial)) == claim["labels"]
            return float(hits.mean()), float(right.mean())

        held = loot.calibration
        before = float((shop.predict(host, held.images) == held.labels.numpy()).mean())
        return search(self.attack, self.search, judge, before - self.keep_accuracy, self.trials, shop.draws.seed_for(f"{loot.stage} search"))[0]


class Own(Workshop):
    """The thief's workshop with his own samples as training set: what he marks to practise on."""

    def __init__(self, shop: Workshop, samples: Samples) -> None:
        super().__init__(shop.task, shop.seed, f"{shop.agent}, practising", shop.options, shop.verifiers, shop.sink)
        self.samples = samples

    @cached_property
    def dataset(self) -> Dataset:
        public = self.load_dataset(self.task.dataset)
        return replace(public, parts={**public.parts, "train": self.samples})


def check(attack: Attack, space: Mapping[str, list[Any]]) -> None:
    """ArenaError for a parameter that the attack lacks, or bounds that are none."""
    names = {f.name.replace("_", "-") for f in fields(attack)}  # type: ignore[arg-type]
    for name, values in space.items():
        if name.replace("_", "-") not in names:
            raise ValueError(f"best-response: {type(attack).__name__} has no parameter {name!r}{suggest(name, names)}")
        if not isinstance(values, list) or len(values) < 2:
            raise ValueError(f"best-response: {name} needs [low, high] or a list of choices, not {values!r}")


def search(attack: Attack, space: Mapping[str, list[Any]], judge: Callable[[Attack], tuple[float, float]], floor: float, trials: int,
           seed: int) -> tuple[Attack, tuple[float, float]]:
    """(attack, (watermark accuracy, test accuracy)) with the lowest watermark accuracy of those at or above `floor`; the attack as it was given when
    none is. `judge` says what an attack does."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    best: tuple[Attack, tuple[float, float]] | None = None

    def objective(trial: Any) -> float:
        nonlocal best
        tried = replace(attack, **{name.replace("-", "_"): _suggest(trial, name, values) for name, values in space.items()})  # type: ignore[type-var]
        hits, right = judge(tried)
        if right >= floor and (best is None or hits < best[1][0]):
            best = tried, (hits, right)
        return hits + max(0.0, floor - right) * 10

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed % 2**32))
    study.optimize(objective, n_trials=trials)
    return best or (attack, judge(attack))


def _suggest(trial: Any, name: str, values: list[Any]) -> Any:
    low, high = values[0], values[-1]
    if len(values) == 2 and all(isinstance(v, int) and not isinstance(v, bool) for v in values):
        return trial.suggest_int(name, low, high)
    if len(values) == 2 and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        return trial.suggest_float(name, float(low), float(high))
    return trial.suggest_categorical(name, values)



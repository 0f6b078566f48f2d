"""A tuned attack: its parameters searched for the lowest watermark accuracy that the service can afford (Namba and
Sakuma 6.1.2).

The paper's attackers know the key samples while they tune. Nobody does in a game, so the thief tunes on a mark of his
own: with one half of his samples he marks the stolen model once more, by the scheme that he suspects (one that marks
from scratch gets a host of its own), and attacks that with the other half (as in 6.1.1, the two have no image in
common). What an attack costs in accuracy he measures on the stolen model itself.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import numpy as np
from pydantic import Field
from torch import nn

from agents.schemes.triggers.label_change import LabelChange
from arena.base.errors import ArenaError
from arena.base.units import Share
from arena.hosts.networks import Network
from arena.scenario.space import dimensions, kind_of, typed
from arena.strategies import ANSWERS, MODEL, QUERIES, TASK_CLASSES, Attack, Scheme, describe
from arena.strategies.returned import answered, modified_answers, modified_model, modified_query
from arena.workshop.loot import Loot
from arena.workshop.practice import PracticeWorkshop


@dataclass(frozen=True)
class Tuned(Attack):
    """searches parameters of `attack` (Optuna) for the lowest watermark accuracy, at most `keep_accuracy` below before

    `search` maps parameters to [low, high] (numbers) or to the choices of a longer list. Tuned on a mark by `scheme`
    (default: label changes; one whose key is images with labels) that the thief embeds himself.
    """

    needs = frozenset({TASK_CLASSES})

    example = {"attack": "prune", "search": {"rate": [0, 0.9]}}  # noqa: RUF012
    attack: Attack
    scheme: Scheme = field(default_factory=LabelChange)
    search: dict[str, list[Any]] = field(default_factory=dict)
    trials: Annotated[int, Field(ge=1)] = 10
    keep_accuracy: Share = 0.1

    def __post_init__(self) -> None:
        check(self.attack, self.search)

    def modify_model(self, model: nn.Module, loot: Loot) -> nn.Module:
        return modified_model(self.best(loot, model), model, replace(loot, stage=f"{loot.stage}, tuned"))

    def modify_query(self, images: np.ndarray, loot: Loot) -> np.ndarray:
        assert loot.model is not None
        return modified_query(self.best(loot, loot.model), images, loot)

    def modify_answers(self, answers: np.ndarray, images: np.ndarray, loot: Loot) -> np.ndarray:
        assert loot.model is not None
        return modified_answers(self.best(loot, loot.model), answers, images, loot)

    def best(self, loot: Loot, stolen: nn.Module) -> Attack:
        """The attack with the parameters that did best against a mark of the thief's own; looked for once. ArenaError
        for a mark without key images."""
        if "best" not in loot.memo:
            loot.memo["best"] = self._search(loot, stolen)
        return loot.memo["best"]

    def _search(self, loot: Loot, stolen: nn.Module) -> Attack:
        shop = loot.workshop
        own = PracticeWorkshop.beside(shop, loot.data, stolen if isinstance(stolen, Network) else None)
        key = self.scheme.draw_key(own)
        claim = self.scheme.open_key(key)
        if not {"images", "labels"} <= set(claim):
            raise ArenaError(f"tuned practises on key images, and {describe(self.scheme)} has none")
        host, held = self.scheme.mark(key, own), loot.calibration

        def judge(attack: Attack) -> tuple[float, float]:
            stage = f"{loot.stage}, trial {attack}"
            practice, real = Loot(own, stage), replace(loot, stage=stage, memo={}, remarks=[])
            hits = self._answers(attack, host, practice, claim["images"]) == claim["labels"]
            right = self._answers(attack, stolen, real, held.images.numpy()) == held.labels.numpy()
            return float(hits.mean()), float(right.mean())

        before = shop.accuracy(stolen, held)
        floor, seed = before - self.keep_accuracy, shop.draws.seed_for(f"{loot.stage} search")
        best, (hits, right) = search(self.attack, self.search, judge, floor, self.trials, seed)
        loot.remarks.append(f"tuned: {describe(best)}, which left {100 * hits:.0f} % of the thief's own mark "
                            f"(accuracy {100 * before:.1f} to {100 * right:.1f} %)")
        return best

    @staticmethod
    def _answers(attack: Attack, model: nn.Module, loot: Loot, images: np.ndarray) -> np.ndarray:
        """Labels, int64 (N,), of an attacked copy of the model."""
        attacked = modified_model(attack, copy.deepcopy(model), loot) if attack.changes >= MODEL else model
        own = attack, replace(loot, model=attacked)
        queries, answers = ([own] if attack.changes >= what else [] for what in (QUERIES, ANSWERS))
        return answered(attacked, images, queries, answers, loot.workshop)


def check(attack: Attack, space: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """The space by field name, its values as the attack's own types. ValueError for a parameter that the attack lacks,
    or values that it can't have."""
    try:
        dimensions(type(attack), space)
        return {name.replace("-", "_"): typed(type(attack), name, values)[0] for name, values in space.items()}
    except ValueError as error:
        raise ValueError(f"tuned: {error}") from None


def search(attack: Attack, space: Mapping[str, list[Any]], judge: Callable[[Attack], tuple[float, float]],
           floor: float, trials: int, seed: int) -> tuple[Attack, tuple[float, float]]:
    """(attack, (watermark accuracy, test accuracy)) with the lowest watermark accuracy of those at or above `floor`;
    the attack as it was given when none is. `judge` says what an attack does."""
    import optuna

    space = check(attack, space)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    best: tuple[Attack, tuple[float, float]] | None = None

    def objective(trial: Any) -> float:
        nonlocal best
        chosen = {name: _suggest(trial, name, values) for name, values in space.items()}
        tried = replace(attack, **chosen)  # type: ignore[type-var]
        hits, right = judge(tried)
        if right >= floor and (best is None or hits < best[1][0]):
            best = tried, (hits, right)
        return hits + max(0.0, floor - right) * 10

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed % 2**32))
    study.optimize(objective, n_trials=trials)
    return best or (attack, judge(attack))


def _suggest(trial: Any, name: str, values: Sequence[Any]) -> Any:
    kind, low, high = kind_of(values), values[0], values[-1]
    if kind == "whole":
        return trial.suggest_int(name, low, high)
    return trial.suggest_float(name, float(low), float(high)) if kind == "real" else trial.suggest_categorical(
        name, values)

"""The settings that a learner tries: first spread over all that he may search (a scrambled Sobol sequence; Sobol 1967,
Owen 1995), then around the best. The same seed and the same results give the same settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import qmc

from arena.base.draws import Draws
from arena.tournament.learning.learners import Learner

Point = tuple[float, ...]
"""A place in the unit cube, a number for each parameter that is searched."""
REACH = 0.15
"""How far from the best setting others are tried, as a share of what is searched."""
PATIENCE = 30
"""Points that are looked at for each that is wanted: where few settings exist, most were tried."""


@dataclass
class Drawing:
    """Draws settings for a learner; each has a name (`prune~3`), by which it is known as long as its tournament is
    played. `settings` and `points` are by that name."""

    learner: Learner
    seed: int
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    points: dict[str, Point] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._spread = self._sobol("spread")

    def explore(self, count: int, known: Collection[str]) -> list[str]:
        """At most `count` settings spread over everything, none of those `known`."""
        return self._fresh(lambda: next(self._spread), count, known)

    def refine(self, best: str, count: int, known: Collection[str]) -> list[str]:
        """At most `count` settings around the best one."""
        near = self._sobol(f"around {best}, knowing {len(known)}")
        return self._fresh(lambda: self._around(self.points[best], next(near)), count, known)

    def _fresh(self, draw: Callable[[], Point], count: int, known: Collection[str]) -> list[str]:
        found: list[str] = []
        for _ in range(PATIENCE * count):
            if len(found) < count and (name := self._named(draw())) not in {*known, *found}:
                found.append(name)
        return found

    def _named(self, point: Point) -> str:
        """The name of a setting, which is the same when it is drawn again."""
        setting = self.learner.setting(point)
        name = self._names.setdefault(_key(setting), f"{self.learner.name}~{len(self._names) + 1}")
        self.settings.setdefault(name, setting)
        self.points.setdefault(name, point)
        return name

    def _around(self, centre: Point, shift: Point) -> Point:
        return tuple(place if each.kind == "choice" else min(max(place + (2 * by - 1) * _reach(each), 0.0), 1.0)
                     for each, place, by in zip(self.learner.dimensions, centre, shift, strict=True))

    def _sobol(self, purpose: str) -> Iterator[Point]:
        draws = Draws.public(self.seed).apart(f"{self.learner.side} {self.learner.name}")
        sequence = qmc.Sobol(len(self.learner.dimensions), scramble=True, seed=draws.numpy(purpose))
        while True:
            yield tuple(float(place) for place in np.asarray(sequence.random(1))[0])


def _reach(dimension: Any) -> float:
    """At least one whole number further."""
    low, high = dimension.values[0], dimension.values[-1]
    return max(REACH, 1.5 / (high - low + 1)) if dimension.kind == "whole" else REACH


def _key(setting: Mapping[str, Any]) -> str:
    return json.dumps(setting, sort_keys=True)

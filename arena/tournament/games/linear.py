"""Linear programs through HiGHS (Huangfu & Hall 2018), the one solver that all our programs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog

from arena.base.errors import ArenaError
from arena.tournament.games.bimatrix import Vector

METHODS = ("highs-ds", "highs-ipm", "highs")
OPTIONS = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
INFEASIBLE = 2


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where a program is greatest, what it is there, and what a unit more of each bound above would add to it."""

    at: Vector
    value: float
    prices: Vector


def maximise(objective: Any, below: Any, bounds: Any, equal: Any, sums: Any, free: int = 0) -> Optimum | None:
    """Greatest objective @ z with below @ z <= bounds and equal @ z == sums, z >= 0 but for its last `free` entries;
    None where no z will do. ArenaError when HiGHS gives up."""
    cost = -np.asarray(objective, dtype=float)
    limits = [(0, None)] * (len(cost) - free) + [(None, None)] * free
    for method in METHODS:
        found = linprog(cost, below, bounds, equal, sums, limits, method=method, options=OPTIONS)
        if found.status == INFEASIBLE:
            return None
        if found.status == 0:
            return Optimum(found.x, -found.fun, -found.ineqlin.marginals)
    raise ArenaError(f"a linear program of {len(cost)} unknowns could not be solved: {found.message}")

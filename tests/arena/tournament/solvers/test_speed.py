"""A solver's time against numpy's on the same machine, so that a slow one doesn't fail for being slow; nothing below
imports torch."""

import subprocess
import sys
import time

import numpy as np
import pytest

from arena.tournament import parts
from arena.tournament.games.bimatrix import Bimatrix
from tests.conftest import ROOT


def least(work, times=5):
    """Seconds of the quickest of several runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


@pytest.mark.parametrize(("name", "ratio"), [("zero-sum", 60), ("lemke-howson", 60)])
def test_twenty_by_twenty_takes_no_longer_than_some_matrix_equations(name, ratio):
    """100 systems of 100 unknowns take about 20 ms on one core: the ratio leaves room for a machine under load."""
    rng = np.random.default_rng(1)
    system = rng.random((100, 100))
    game = Bimatrix.zero_sum(rng.random((20, 20)))
    yardstick = least(lambda: [np.linalg.solve(system, system[0]) for _ in range(100)])
    assert least(lambda: parts.solver(name)(game)) < ratio * max(yardstick, 1e-3)


def test_the_floor_imports_no_torch():
    code = ("import sys\nfrom arena.tournament import parts\nfrom arena.tournament.games import double_oracle, league\n"
            "from arena.tournament.statistics import adaptive, bootstrap\n"
            "[parts.solver(name) for name in parts.built_in('solvers')]\n"
            "[parts.payoff(name) for name in parts.built_in('payoffs')]\nsys.exit('torch' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=120).returncode == 0

"""Games of 20 x 20 a second, by solver; quantecon's Lemke-Howson (compiled) is the peer."""

import numpy as np
import pytest

from arena.tournament import parts
from arena.tournament.games.bimatrix import Bimatrix

SIZE = 20
GENERAL = ("lemke-howson", "stackelberg", "correlated", "coarse-correlated", "logit")


def game(opposed):
    rng = np.random.default_rng(1)
    row, column = rng.random((SIZE, SIZE)), rng.random((SIZE, SIZE))
    return Bimatrix.zero_sum(row) if opposed else Bimatrix(row, column)


def report(benchmark):
    benchmark.extra_info.update(per_second=1 / benchmark.stats.stats.median, unit="games")


@pytest.mark.parametrize("name", GENERAL)
@pytest.mark.benchmark(group=f"games of {SIZE} x {SIZE}, general sums")
def test_general(benchmark, name):
    assert benchmark.pedantic(parts.solver(name), (game(False),), rounds=5, warmup_rounds=1).exact
    report(benchmark)


@pytest.mark.parametrize("name", ["zero-sum", "lemke-howson", "nash-averaging"])
@pytest.mark.benchmark(group=f"games of {SIZE} x {SIZE}, opposed players")
def test_opposed(benchmark, name):
    assert benchmark.pedantic(parts.solver(name), (game(True),), rounds=5, warmup_rounds=1).exact
    report(benchmark)


@pytest.mark.benchmark(group=f"games of {SIZE} x {SIZE}, general sums")
def test_quantecon(benchmark):
    peer = pytest.importorskip("quantecon.game_theory")
    played = game(False)
    theirs = peer.NormalFormGame([peer.Player(played.row.copy()), peer.Player(played.column.T.copy())])
    found = benchmark.pedantic(peer.lemke_howson, (theirs,), rounds=5, warmup_rounds=1)
    assert theirs.is_nash(found, tol=1e-8)
    report(benchmark)

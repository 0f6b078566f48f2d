"""Matches of games over parameters whose best settings are known, played as stubs, and learners of them."""

import contextlib
import json

from arena.base.yamlfile import parse
from arena.face.machine import options
from arena.scenario.space import Dimension
from arena.tournament import spec
from arena.tournament.cells import OWNER, THIEF, Cell, cells
from arena.tournament.journal import Journal
from arena.tournament.learning.bench import Bench
from arena.tournament.learning.learners import Learner
from arena.tournament.learning.learning import Learning
from arena.tournament.plan import Plan
from arena.tournament.rows import Row

HOST = {"unmarked": 0.9, "marked": 0.9, "rarity": 0.0}
SADDLE = """
schemes: {flat: {rose: {triggers: 0}}}
attacks: {still: [{prune: {rate: 0}}]}
payoffs: {owner: stolen, attacker: deployed}
seeds: {least: 2, most: 2}
learn: {epsilon: 0.05, rounds: 8, trials: 12, attacks: {thief: {attack: prune, search: {rate: [0, 1]}}},
        schemes: {owner: {scheme: rose, search: {triggers: [0, 1]}}}}
"""


def played_by(job):
    """(what the owner plays, what the thief plays): the one number of each."""
    agents = job["scenario"]["agents"]
    (scheme,), (attack,) = agents[OWNER]["scheme"].values(), agents[THIEF]["attacks"][0].values()
    return scheme.get("triggers", 0), attack.get("rate", 0)


def row(job, owner, thief, **figures):
    return Row(job["key"], Cell(**job["cell"]), job["seed"], "finished",
               {**HOST, "stolen": owner, "deployed": thief, **figures}).as_data()


def saddle(job):
    """u(p, q) = 2p - (p - q)^2 to the owner, -(p - q)^2 - 2p to the thief: p = 1 and q = 1 in equilibrium."""
    p, q = played_by(job)
    return row(job, 2 * p - (p - q) ** 2, -(p - q) ** 2 - 2 * p)


def breaks(job):
    """The same, but whoever learns breaks down."""
    if "~" in job["cell"]["scheme"] + job["cell"]["thief"]:
        raise ValueError("it can't be played")
    return saddle(job)


def owners_break(job):
    if "~" in job["cell"]["scheme"]:
        raise ValueError("it can't be played")
    return saddle(job)


def spec_of(folder, text=SADDLE):
    (folder / "stub.yaml").write_text(text)
    return spec.validate(parse(text, "stub.yaml"), folder / "stub.yaml")


def learners(*sides):
    made = {"schemes": Learner("schemes", "owner", "rose", {}, (Dimension("triggers", (0.0, 1.0), "real"),)),
            "attacks": Learner("attacks", "thief", "prune", {}, (Dimension("rate", (0.0, 1.0), "real"),))}
    return [made[side] for side in sides or made]


@contextlib.contextmanager
def bench(folder, executor, work, games=100_000):
    journal = Journal(folder / "played")
    try:
        yield Bench(executor, journal, options(folder / "store", threads=1), folder, games,
                    lambda each: Plan(each, {cell: {} for cell in cells(each)}, {}),
                    f"tests.arena.tournament.learning.stubs:{work}")
    finally:
        journal.close()


def learnt(found, folder, executor, work="saddle", who=None, games=100_000):
    """(what was learnt, the rows that were played for it)."""
    with bench(folder, executor, work, games) as made:
        playing, rows = Learning(found, learners() if who is None else who, made).play(), []
        while True:
            try:
                rows.append(next(playing))
            except StopIteration as end:
                return end.value, rows


def numbers(strategies):
    """Name -> the one number of a strategy."""
    return {name: next(iter(json.loads(json.dumps(next(iter((each[0] if isinstance(each, list) else each).values()))))
                            .values())) for name, each in strategies.items()}

"""Tournaments of stub matches whose answer is known, for processes that need no more than this: neither torch nor what
analyses a game is imported."""

import json
import os
import signal
import time
from itertools import islice
from pathlib import Path

import numpy as np

from arena.base.yamlfile import parse
from arena.tournament import spec
from arena.tournament.cells import Cell, cells
from arena.tournament.engine import Engine, each_cell_alike
from arena.tournament.journal import Journal
from arena.tournament.plan import Plan
from arena.tournament.rows import Row
from arena.workshop.options import Options

GAMES = {"rps": [[0, -1, 1], [1, 0, -1], [-1, 1, 0]], "inspection": [[1, -1], [-1, 2]]}


def spec_of(folder, rows, columns, payoffs="", least=3, most=3, attempts=2):
    text = (f"schemes: {{{', '.join(f's{i}: rose' for i in range(rows))}}}\n"
            f"attacks: {{{', '.join(f'a{j}: []' for j in range(columns))}}}\n"
            f"seeds: {{least: {least}, most: {most}}}\nlimits: {{attempts: {attempts}}}\n{payoffs}")
    return spec.validate(parse(text, "stub.yaml"), folder / "stub.yaml")


def stub(job):
    """A match of a known game: what the owner gets is in `stolen`, what the thief gets in `deployed`."""
    data, cell = json.loads(Path(job["path"]).with_suffix(".json").read_text()), job["cell"]
    if data.get("die") == [cell["scheme"], job["seed"]]:
        os.kill(os.getpid(), signal.SIGKILL)
    if data.get("raise") == cell["scheme"]:
        raise ValueError("it can't be played")
    time.sleep(data.get("sleep", 0))
    i, j = int(cell["scheme"][1:]), int(cell["thief"][1:])
    value = data["payoffs"][i][j] + 0.1 * np.random.default_rng(job["seed"]).normal()
    figures = {"stolen": value, "deployed": -value, "rarity": 0.0, "unmarked": 1.0, "marked": 1.0}
    return Row(job["key"], Cell(**cell), job["seed"], "finished", figures).as_data()


PAYOFFS = "payoffs: {owner: stolen, attacker: deployed}"


def played(found, folder, executor, games=10_000, rule=None, stop=None):
    plan = Plan(found, {cell: {} for cell in cells(found)}, {})
    journal = Journal(folder)
    engine = Engine(plan, executor, journal, Options(str(folder / "store")), rule or each_cell_alike(plan), games,
                    "tests.arena.tournament.stubs:stub")
    try:
        return list(islice(engine.play(), stop))
    finally:
        journal.close()


def game(folder, payoffs, **more):
    (folder / "stub.json").write_text(json.dumps({"payoffs": payoffs, **more}))

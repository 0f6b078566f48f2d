"""What a tournament itself takes: 10,000 cells of matches that take no time, and 100,000 lines read and solved."""

import time
from collections import deque
from zlib import crc32

import pytest

from arena.base.yamlfile import parse
from arena.executors.executor import Done
from arena.face.machine import options
from arena.game.evidence import Case, Work
from arena.game.rarity import Stated
from arena.tournament import spec
from arena.tournament.answers.analysis import Analysis
from arena.tournament.cells import OWNER, THIEF, Cell, cells
from arena.tournament.engine import Engine, each_cell_alike
from arena.tournament.games.columns import COLUMNS
from arena.tournament.journal import Journal, read
from arena.tournament.plan import Plan
from arena.tournament.rows import Row
from tests.benchmarks.memory import resident

MATCH = 0.9
"""Seconds of a match of the quick tournament, hosts in the store, two at once on two cores (docs/performance.md)."""
CLAIM = {OWNER: {"case": Case(9, OWNER, THIEF, "shop", "rose", Stated(80.0, "said"), Work(80.0, 80.0), 5, 2).as_data(),
                 "first": True}}


class AtOnce:
    """An executor whose matches are over as soon as they are asked for."""

    slots = 2

    def __init__(self):
        self.jobs, self.sizes = deque(), []

    def submit(self, job):
        self.jobs.append(job)

    def results(self):
        while self.jobs:
            job = self.jobs.popleft()
            if len(self.jobs) % 2000 == 0:
                self.sizes.append(resident())
            yield Done(job.key, "done", line(job.key, Cell(**job.data["cell"]), job.data["seed"]).as_data())

    def close(self):
        pass


def line(key, cell, seed):
    draw = crc32(f"{cell}{seed}".encode()) % 1000 / 1000
    return Row(key, cell, seed, "finished", {**dict.fromkeys(COLUMNS, 0.5), "stolen": 0.99, "deployed": 0.99 - draw / 9,
                                             "host_ops": 1e9, "train_size": 1e3}, CLAIM if draw < 0.7 else {})


def tournament(folder, schemes, thieves, seeds):
    text = (f"schemes: {{{', '.join(f's{i}: rose' for i in range(schemes))}}}\n"
            f"attacks: {{{', '.join(f'a{j}: []' for j in range(thieves))}}}\n"
            f"seeds: {{least: {seeds}, most: {seeds}}}\n")
    return spec.validate(parse(text, "large.yaml"), folder / "large.yaml")


@pytest.mark.benchmark(group="a tournament's coordinator: 10,000 cells of matches that take no time")
def test_coordinator(benchmark, tmp_path):
    found = tournament(tmp_path, 100, 100, 1)
    plan, executor, journal = Plan(found, {cell: {} for cell in cells(found)}, {}), AtOnce(), Journal(tmp_path)
    engine = Engine(plan, executor, journal, options(tmp_path / "store", threads=1), each_cell_alike(plan), 10_000)
    start = time.process_time()
    assert benchmark.pedantic(lambda: sum(row.finished for row in engine.play()), rounds=1) == 10_000
    each = (time.process_time() - start) / 10_000
    journal.close()
    assert each < 0.02 * MATCH / 2
    grown = executor.sizes[-1] - executor.sizes[0]
    assert grown < 10_000 * 10e3, "bytes a match"
    benchmark.extra_info.update(per_second=10_000 / benchmark.stats.stats.median, unit="matches",
                                processor_ms=1e3 * each, bytes_a_match=grown / 10_000)


@pytest.mark.benchmark(group="100,000 matches read and solved, 50 schemes x 100 thieves x 20 seeds")
def test_read_and_solved(benchmark, tmp_path):
    found = tournament(tmp_path, 50, 100, 20)
    journal = Journal(tmp_path)
    rows = [line(f"{cell.scheme}{cell.thief}{seed}", cell, seed) for cell in cells(found) for seed in range(1, 21)]
    for row in rows[:-1]:
        journal.add(row, sync=False)
    journal.add(rows[-1])
    journal.close()
    answer = benchmark.pedantic(lambda: Analysis(found, list(read(tmp_path))).headline("task", "default"), rounds=1)
    assert answer.keeps.n == 20 and benchmark.stats.stats.median < 30
    benchmark.extra_info.update(per_second=100_000 / benchmark.stats.stats.median, unit="matches")

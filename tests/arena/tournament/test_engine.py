"""Tournaments of stub matches: what is in the journal is not played again, what broke down is tried again, games whose
answer is known come out."""

import json
from dataclasses import replace

import numpy as np
import pytest

from arena.base.errors import ArenaError
from arena.base.yamlfile import parse
from arena.executors.executor import Bounds
from arena.executors.local import LocalProcesses, Serial
from arena.tournament import spec
from arena.tournament.answers.analysis import Analysis, adaptive
from arena.tournament.cells import Cell, cells
from arena.tournament.journal import FILE, Journal, read
from arena.tournament.rows import Row
from arena.tournament.statistics.bootstrap import Bootstrap
from tests.arena.tournament.stubs import GAMES, PAYOFFS, game, played, spec_of


@pytest.mark.parametrize(("name", "mixture"), [("rps", (1 / 3, 1 / 3, 1 / 3)), ("inspection", (0.6, 0.4))])
def test_games_whose_answer_is_known(name, mixture, tmp_path, workers):
    game(tmp_path, GAMES[name])
    found = spec_of(tmp_path, len(mixture), len(mixture), PAYOFFS, 5, 5)
    rows = played(found, tmp_path, workers)
    assert len(rows) == 5 * len(mixture) ** 2 and all(row.finished for row in rows)
    analysis = Analysis(found, rows)
    table = analysis.game("task", "default")
    answer = analysis.solve("zero-sum", "task", "default")
    assert answer.exact and answer.mixtures[0] == pytest.approx(mixture, abs=0.15)
    exact = np.array(mixture)
    column = exact if name == "rps" else np.array([0.6, 0.4])
    assert Bootstrap().regret(table, exact, column).high >= 0  # nobody gains more than that from the known answer
    assert Bootstrap().regret(table, exact, column).value < 0.25


def test_what_is_in_the_journal_is_not_played_again(tmp_path, workers):
    game(tmp_path, GAMES["rps"])
    found = spec_of(tmp_path, 3, 3, PAYOFFS)
    first = played(found, tmp_path, workers, games=10)
    rest = played(found, tmp_path, workers)
    assert len(first) == 10 and len(rest) == 17 and not played(found, tmp_path, workers)
    keys = [row.key for row in read(tmp_path)]
    assert len(keys) == len(set(keys)) == 27


def test_a_torn_line_is_dropped_and_played_again(tmp_path, workers):
    game(tmp_path, GAMES["rps"])
    found = spec_of(tmp_path, 2, 2, PAYOFFS)
    played(found, tmp_path, workers)
    whole = (tmp_path / FILE).read_bytes()
    for cut in (1, 40, len(whole) // 2, len(whole) - 1):
        (tmp_path / FILE).write_bytes(whole[:cut])
        again = played(found, tmp_path, workers)
        rows = {row.key: row for row in read(tmp_path)}
        assert len(rows) == 12 and len(again) == 12 - whole[:cut].count(b"\n")
        figures = {key: row.figures for key, row in rows.items()}
        assert figures == {row.key: row.figures for row in map(Row.of, map(json.loads, whole.splitlines()))}


def test_a_damaged_line_is_named(tmp_path):
    (tmp_path / FILE).write_text('{"version": 1}\n')
    with pytest.raises(ArenaError, match=r"games\.jsonl:1: this is no match of a tournament"):
        Journal(tmp_path)


def test_two_at_once_are_told_apart(tmp_path):
    first = Journal(tmp_path)
    with pytest.raises(ArenaError, match="another tournament is being played there"):
        Journal(tmp_path)
    first.close()
    Journal(tmp_path).close()


def test_what_broke_down_is_tried_again_and_what_is_wrong_is_not(tmp_path, workers):
    game(tmp_path, GAMES["rps"], die=["s1", 2], **{"raise": "s2"})
    found = spec_of(tmp_path, 3, 1, PAYOFFS)
    rows = played(found, tmp_path, workers)
    tried = [row for row in rows if row.cell.scheme == "s1" and row.seed == 2]
    assert [(row.status, row.attempt) for row in tried] == [("killed", 1), ("killed", 2)]
    wrong = [row for row in rows if row.cell.scheme == "s2"]
    assert len(wrong) == 3 and {row.status for row in wrong} == {"failed"} and "can't be played" in wrong[0].error
    assert not played(found, tmp_path, workers)
    analysis = Analysis(found, rows)
    assert "can't be played" in analysis.cell(Cell("task", "s2", "a0"), "default").reason
    assert analysis.solvable("task", "default").rows == ("s0", "s1")


def test_never_more_than_the_budget_nor_than_most(tmp_path, workers):
    game(tmp_path, GAMES["inspection"])
    found = spec_of(tmp_path, 2, 2, PAYOFFS, 1, 4)
    assert len(played(found, tmp_path, workers, games=7)) == 7
    assert len(played(found, tmp_path, workers, games=1000)) == 9


def test_the_same_matches_are_played_whoever_plays_them_and_after_a_stop(tmp_path):
    """Adaptive sampling asks by what ended before, never by what ended first: one process, two whose matches end out of
    order, and one that is stopped and goes on play the same matches."""
    found, lines = None, []
    for name, made in (("serial", Serial), ("two", lambda bounds: LocalProcesses(2, bounds)), ("stopped", Serial)):
        folder = tmp_path / name
        folder.mkdir()
        game(folder, GAMES["rps"], sleep=0.01 if name == "two" else 0)
        found = spec_of(tmp_path, 3, 3, PAYOFFS + "\nsampling: {until: 0}", 2, 9)
        path = folder / "stub.yaml"
        found = replace(found, path=path)
        for stop in (11, 30, None) if name == "stopped" else (None,):
            executor = made(Bounds(30))
            played(found, folder, executor, 60, adaptive(found, {}), stop)
            executor.close()
        lines.append({row.key: row.figures for row in read(folder)})
    assert len(lines[0]) == 60 and lines[0] == lines[1] == lines[2]
    counts = [sum(cell == Cell("task", f"s{i}", f"a{j}") for cell in (row.cell for row in read(tmp_path / "two")))
              for i in range(3) for j in range(3)]
    assert min(counts) >= 2 and max(counts) > min(counts), "the cells that the answer hangs on have more"


def test_every_task_is_played_on_until_its_answer_is_sure(tmp_path):
    text = ("tasks: {one: {}, two: {}}\nschemes: {s0: rose, s1: rose}\nattacks: {a0: [], a1: []}\n"
            "seeds: {least: 2, most: 9}\nsampling: {until: 0}\n" + PAYOFFS)
    found = spec.validate(parse(text, "stub.yaml"), tmp_path / "stub.yaml")
    rows = [Row(f"{cell}{seed}", cell, seed, "finished",
                {"stolen": (-1) ** (seed + int(cell.scheme[1])), "deployed": float(seed)})
            for cell in cells(found) for seed in (1, 2)]
    asked = adaptive(found, {})(rows, 4)
    assert len(asked) == 4 and {cell.task for cell, _ in asked} == {"one", "two"} and {n for _, n in asked} == {2}

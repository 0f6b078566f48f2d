"""Sweeps from Python: played, stopped and gone on with, failing, and the same as matches played alone."""

import csv
import json
import subprocess
import sys
from itertools import islice

import pytest

import arena
from arena.executors.executor import Bounds
from arena.executors.local import Serial
from arena.tournament.journal import FILE
from tests.arena.tournament.sweep import stubs
from tests.arena.tournament.sweep.stubs import plays, scenario
from tests.conftest import TINY

ATTACKS = "agents.mallory.attacks"
VARY = {ATTACKS: [[], ["fine-tune"], ["prune"]]}
BAD = '''
from dataclasses import dataclass
from arena import Attack


@dataclass(frozen=True)
class Bad(Attack):
    """breaks"""

    def modify_model(self, model, loot):
        raise RuntimeError("no <tools>")
'''


@pytest.fixture
def stubbed(monkeypatch):
    monkeypatch.setattr("arena.face.sweeping.WORK", stubs.WORK)


@pytest.fixture
def executor():
    made = Serial(Bounds(60))
    yield made
    made.close()


def sweep(folder, executor, vary=VARY, seeds="1-3", **how):
    return arena.sweep(folder / "who.yaml", seeds=seeds, vary=vary, out=folder / "out", executor=executor,
                       store=folder / "store", **how)


def test_what_is_finished_is_never_played_again(tmp_path, stubbed):
    scenario(tmp_path)
    first = list(islice(sweep(tmp_path, "serial").play(), 4))
    again = sweep(tmp_path, "serial")
    assert [row.key for row in again.results()] == [row.key for row in first]
    rest = list(again.play())
    assert len(rest) == 5 and not {row.key for row in first} & {row.key for row in rest}
    assert not list(sweep(tmp_path, "serial").play())
    assert all(plays(tmp_path).count(row.key) == 1 for row in first)
    assert [(row.seed, row.status) for row in again.results()] == [
        (seed, status) for status in ("finished", "finished", "failed") for seed in (1, 2, 3)]


def test_what_is_asked_beside_it_is_all_that_is_played(tmp_path, stubbed, executor):
    """A seed more, a value more, a path more: nothing that was played is played again, and it stands in the table."""
    scenario(tmp_path)
    list(sweep(tmp_path, executor, {ATTACKS: [[]]}, "1-2").play())
    for vary, seeds, played in (({ATTACKS: [[]]}, "2-3", 3), ({ATTACKS: [["fine-tune"], []]}, "1-3", 6),
                                ({ATTACKS: [[]], "task.epochs": [2, 3]}, "1", 7)):
        more = sweep(tmp_path, executor, vary, seeds)
        list(more.play())
        assert len(plays(tmp_path)) == played
    assert [(line.values["task.epochs"], line.granted.n) for line in more.table.lines if line.claimant] == [(2, 1),
                                                                                                            (3, 1)]


def test_a_failing_combination_is_rows_with_the_reason(tmp_path, stubbed, executor):
    scenario(tmp_path)
    found = sweep(tmp_path, executor)
    list(found.play())
    free, tuned, pruned = (line for line in found.table.lines if line.deployer != "bob")
    assert (free.hits, free.granted.n) == (2, 3) and (tuned.hits, tuned.granted.n) == (0, 3)
    assert pruned.failed == 3 and pruned.reason == "failed: ValueError: no knife" and pruned.granted is None
    page = found.save().read_text()
    assert "can&#39;t be drawn" not in page and page.count("no knife") == 1 + 3 and page.count("<svg") == 1
    assert "2 of 3 (9 to 99 %)" in page and "3 of them failed" in page


def test_what_it_leaves(tmp_path, stubbed, executor):
    scenario(tmp_path)
    found = sweep(tmp_path, executor, changes=["rounds=9"])
    assert len(list(found.play())) == 9
    found.save()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [FILE, "report.html", "rows.csv", "sweep.json"]
    with (tmp_path / "out" / "rows.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(found.rows()) == 15  # two services of six matches; three failed
    assert {line[ATTACKS] for line in lines} == {"[]", "[fine-tune]", "[prune]"} and lines[0]["rarity"] == "10.0"
    record = json.loads((tmp_path / "out" / "sweep.json").read_text())
    assert record["vary"] == VARY and record["seeds"] == [1, 2, 3] and record["changes"] == ["rounds=9"]
    assert [line["hits"] for line in record["table"]] == [2, 0, 0, 0, 0]


def test_folders_that_hold_something_else(tmp_path, stubbed, executor):
    scenario(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("all of it")
    with pytest.raises(arena.ArenaError, match="is there already and holds something else than a sweep"):
        list(sweep(tmp_path, executor).play())
    for text, told in (('{"file": "/elsewhere.yaml"}', r"another scenario was swept there \(/elsewhere.yaml\)"),
                       ("[", "this is no sweep's record"), ("[]", "this is no sweep's record")):
        (tmp_path / "out" / "sweep.json").write_text(text)
        with pytest.raises(arena.ArenaError, match=told):
            list(sweep(tmp_path, executor).play())
    assert len(plays(tmp_path)) == 0


def test_a_sweep_of_real_matches_is_those_matches(tmp_path, store):
    """Each line is what `arena.play` gives for the same seed and values; one thief's tools break, and the others are
    there."""
    path = scenario(tmp_path)
    (tmp_path / "bad.py").write_text(BAD)
    found = arena.sweep(path, seeds=[3, 5], vary={ATTACKS: [["prune"], ["bad.py:Bad"]]}, changes=["task.epochs=1"],
                        store=store, keep="all", out=tmp_path / "out")
    rows = list(found.play())
    assert len(rows) == 4 and not list(found.play())
    pruned, broken = (line for line in found.table.lines)
    assert pruned.granted.n == 2 and pruned.rarity.n == 2 and pruned.failed == 0
    assert broken.failed == 2 and "mallory" in broken.reason and "no <tools>" in broken.reason
    alone = arena.play(path, seed=5, changes={ATTACKS: ["prune"], "task.epochs": 1}, store=store, threads=1)
    line = next(line for line in found.rows() if line["seed"] == 5 and line["status"] == "finished")
    verdict, = alone.verdicts
    assert (line["rarity"], line["work"], line["accuracy"]) == (verdict.rarity, verdict.work, alone.stages[-1].accuracy)
    assert (line["claimant"], line["granted"], line["verdict"]) == ("alice", int(verdict.granted), verdict.text)
    page = found.save()
    assert "no &lt;tools&gt;" in page.read_text() and "no <tools>" not in page.read_text()
    kept = [place for place in (tmp_path / "out" / "matches").iterdir() if (place / "report.html").is_file()]
    assert len(kept) == 4 and all(f"matches/{place.name}/report.html" in page.read_text() for place in kept)
    assert arena.load(kept[0]).title == "tiny"


def test_without_a_folder_nothing_is_left(tmp_path, stubbed, executor, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = scenario(tmp_path)
    found = arena.sweep(path, seeds=2, executor=executor, store=tmp_path / "store")
    assert len(list(found.play())) == 2 and found.report(tmp_path / "page.html").is_file()
    left = {place.name for place in tmp_path.iterdir() if place.name.startswith("arena-sweep-")}
    assert len(left) == 1
    del found
    assert not [place for place in tmp_path.iterdir() if place.name.startswith("arena-sweep-")]


def test_who_asks_for_a_sweep_imports_no_torch(tmp_path, store):
    (tmp_path / "who.yaml").write_text(TINY)
    (tmp_path / "script.py").write_text(
        "import sys, arena\n"
        f"found = arena.sweep('who.yaml', seeds=1, vary={{'{ATTACKS}': [[], ['prune']]}}, changes=['task.epochs=1'], "
        f"store={str(store)!r})\n"
        "print(len(list(found.play())), 'torch' in sys.modules)")
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.stdout == "2 False\n", done.stdout + done.stderr

"""Arena from Python: three lines, from wherever Python runs, and a record that says it all."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import arena
from agents.policies.rarity_and_work import RarityAndWork
from tests.conftest import TINY

BLUR = '''
from dataclasses import dataclass
from scipy.ndimage import uniform_filter
from arena import Attack


@dataclass(frozen=True)
class Blur(Attack):
    """averages"""
    size: int = 2

    def modify_query(self, images, loot):
        return uniform_filter(images, size=(1, 1, self.size, self.size))
'''
SCRIPT = """
import arena
changes = {{"agents.mallory.attacks": ["blur.py:Blur"]}}
result = arena.play("who.yaml", seed=7, changes=changes, store={store!r}, threads=1)
print(result.status, [v.word for v in result.verdicts], [s.name.split()[0] for s in result.stages])
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "who.yaml").write_text(TINY)
    (tmp_path / "blur.py").write_text(BLUR)
    return tmp_path


@pytest.fixture(scope="module")
def played(store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("face")
    (folder / "who.yaml").write_text(TINY)
    return arena.play(folder / "who.yaml", seed=5, out=folder / "run", store=store, threads=1), folder


def test_a_match_of_built_in_parts_costs_its_caller_no_torch(folder, store):
    """It begins at once and ends at once: the scenario is checked and the page drawn by processes that have torch."""
    (folder / "script.py").write_text(
        "import sys, arena\n"
        f"result = arena.play('who.yaml', out='run', store={str(store)!r}, threads=1)\n"
        "print(result.status, [name for name in ('torch', 'matplotlib', 'scipy', 'sklearn') if name in sys.modules])")
    done = subprocess.run([sys.executable, "script.py"], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.stdout == "finished []\n", done.stdout + done.stderr
    assert "<svg" in (folder / "run" / "report.html").read_text()


def test_what_is_wrong_is_told_the_same_apart_and_here(folder, store):
    """The place in the file and the words, whichever process found the fault."""
    wrong = TINY.replace("{role: attacker}", "{role: attacker, attacks: [{prune: {rate: 3}}]}")
    (folder / "wrong.yaml").write_text(wrong)
    (folder / "script.py").write_text(
        "import arena, sys\n"
        "from arena.isolation.server import warm_up\n"
        "if sys.argv[1] == 'here': import torch\n"
        "else: warm_up()\n"
        "try: arena.check('wrong.yaml')\n"
        "except arena.ArenaError as error: print(type(error).__name__, error, 'torch' in sys.modules)")
    told = [subprocess.run([sys.executable, "script.py", where], cwd=folder, capture_output=True, text=True,
                           timeout=300).stdout for where in ("here", "apart")]
    assert told[0].startswith("ArenaError wrong.yaml:") and told[0].replace("True", "False") == told[1]


def test_a_script_without_a_guard(folder, store):
    (folder / "script.py").write_text(SCRIPT.format(store=str(store)))
    done = subprocess.run([sys.executable, "script.py"], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.stdout == "finished ['denied'] ['stolen', 'blur.py:Blur']\n", done.stdout + done.stderr
    assert sorted(path.name
                  for path in folder.iterdir() if path.name != "__pycache__") == ["blur.py", "script.py", "who.yaml"]


def test_standard_input(folder, store):
    done = subprocess.run([sys.executable, "-"], cwd=folder, input=SCRIPT.format(store=str(store)), capture_output=True,
                          text=True,
                          timeout=300)
    assert done.stdout == "finished ['denied'] ['stolen', 'blur.py:Blur']\n", done.stdout + done.stderr


def test_a_notebook(folder, store):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SCRIPT.format(store=str(store))),
                                           nbformat.v4.new_code_cell("result")])
    nbclient.NotebookClient(book, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    assert book.cells[0].outputs[0]["text"].startswith("finished ['denied']")
    assert "<table>" in book.cells[1].outputs[0]["data"]["text/html"]


def test_import_costs_nothing():
    code = ("import time; t = time.perf_counter(); import arena; print(time.perf_counter() - t); import sys; "
            "print(sorted({'torch', 'numpy', 'pydantic'} & set(sys.modules)))")
    done = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split("\n")
            for _ in range(5)]
    assert min(float(lines[0]) for lines in done) < 0.1 and all(lines[1] == "[]" for lines in done)


def test_everything_that_is_promised_is_there():
    assert all(getattr(arena, name) is not None for name in arena.__all__)
    with pytest.raises(AttributeError, match="no attribute 'paly'"):
        _ = arena.paly


def test_a_result_is_read_as_it_was_given(played):
    result, folder = played
    again = arena.load(folder / "run")
    assert [name for name in vars(result)
            if getattr(again, name) != getattr(result, name)] == ["kept"] * (again.kept != result.kept)
    assert again == result and arena.load(folder / "run" / "result.json") == result
    assert json.loads((folder / "run" / "result.json").read_text()) == again.as_data()
    assert set(result.files) == {"who.yaml"} and result.seed == 5 and result.status == "finished"


def test_what_it_says_of_a_match(played):
    result, folder = played
    verdict, = result.verdicts
    assert not verdict.granted and verdict.failed == ("rarity", "work") and verdict.case.evidence.trials == 10
    assert result.evidence["alice", "mallory"] == verdict.case.evidence == result.stages[-1].evidence["alice"]
    assert result.ledger["alice"].gradients > 0 and result.clocks["alice"].wall > 0
    row, = result.rows()
    assert row["claimant"] == "alice" and row["rarity"] == verdict.rarity and row["granted"] is False
    assert all(type(value) in (str, int, float, bool, type(None)) for value in row.values())
    assert "alice claims mallory's service" in repr(result) and "<script" not in result._repr_html_()
    assert result.report(folder / "page.html").read_text().startswith("<!doctype html>")


def test_another_policy_judges_the_same_cases_without_playing(played):
    result, _ = played
    rarity = result.verdicts[0].rarity
    lenient = RarityAndWork(rarity=max(0.0, rarity - 1), work=0)
    assert [j.granted for j in result.judged(lenient).values()] == [True]
    assert [j.granted for j in result.judged(RarityAndWork(rarity=rarity + 1, work=0)).values()] == [False]
    recorded = {v.about: (dict(v.checks), v.reasons) for v in result.verdicts}
    assert {n: (dict(j.checks), j.reasons) for n, j in result.judged(RarityAndWork()).items()} == recorded


def test_without_a_folder_nothing_is_left(folder, store, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = set(folder.iterdir())
    result = arena.play(folder / "who.yaml", changes=["agents.alice.scheme.rose.triggers=9"], store=store, threads=1)
    assert result.verdicts[0].case.evidence.trials == 9 and result.report(folder / "page.html").is_file()
    (folder / "page.html").unlink()
    del result
    assert set(folder.iterdir()) == before


def test_a_mapping_is_a_scenario(store):
    agents = {"alice": {"role": "owner", "reference": False, "scheme": "rose"}, "mallory": {"role": "attacker"},
              "victor": {"role": "verifier"}}
    result = arena.play({"title": "from data", "task": {"epochs": 1, "limit": 200}, "agents": agents}, store=store,
                        threads=1)
    assert result.verdicts[0].word == "denied" and result.title == "from data"


def test_check_says_where(folder):
    (folder / "who.yaml").write_text(TINY.replace("triggers: 10", "trigers: 10"))
    with pytest.raises(arena.ArenaError, match=r"who\.yaml:5:\d+: .*trigers.*did you mean 'triggers'"):
        arena.check(folder / "who.yaml")
    with pytest.raises(arena.ArenaError, match="no such file"):
        arena.play(folder / "nobody.yaml")
    for changes in ({"agents..x": 1}, ["nothing"], {"agents.alice.role.x": 1}):
        with pytest.raises(arena.ArenaError):
            arena.check(folder / "who.yaml", changes=changes)


RUDE = '''
from dataclasses import dataclass
from arena.agent import Agent
from arena.messages import Verdict


@dataclass
class Rude(Agent):
    """says what he may not, and breaks"""

    def take_turn(self, turn):
        yield Verdict(0, "alice", "mallory", True, ("because",))
        raise RuntimeError("enough")
'''


def test_a_match_that_was_killed_tells_what_its_transcript_tells(folder, store):
    (folder / "rude.py").write_text(RUDE)
    changes = {"agents.rude": {"role": "rude.py:Rude"}, "expect": {"alice on mallory": "granted"}}
    result = arena.play(folder / "who.yaml", changes=changes, out=folder / "run", store=store, threads=1)
    assert [(f.agent, f.left) for f in result.faults] == [("rude", False), ("rude", True)]
    assert result.faults[1].details and [o.met for o in result.outcomes] == [False]
    lines = (folder / "run" / "transcript.jsonl").read_text().splitlines(keepends=True)
    (folder / "run" / "transcript.jsonl").write_text("".join(lines[:-1]))
    beginning = {"status": "running", **dict.fromkeys(("verdicts", "stages", "outcomes", "faults"), ()), "clocks": {}}
    (folder / "run" / "result.json").write_text(json.dumps({**result.as_data(), **beginning}))
    again = arena.load(folder / "run")
    assert again.status == "unfinished" and again.seed is None
    assert (again.verdicts, again.stages, again.outcomes) == (result.verdicts, result.stages, result.outcomes)
    assert again.faults == tuple(replace(fault, details="") for fault in result.faults)


DAMAGED = ["", "[]", "{}", '{"version": 1}', '{"version": 99}', "nonsense", "[" * 10_000,
           '{"version": 1, "verdicts": [{}]}']


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_result_is_one_line(tmp_path, text):
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(arena.ArenaError, match=r"result\.json: ") as error:
        arena.load(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("change", [{"evidence": {"kind": "hits", "hits": 9, "trials": 3, "chance": 0.1}},
                                    {"evidence": {"kind": "none"}},
                                    {"work": {}}, {"evidence": {"kind": "stated", "rarity": "x", "text": ""}},
                                    {"ordinary": 5}])
def test_a_result_whose_case_is_none_is_damaged(played, tmp_path, change):
    data = played[0].as_data()
    data["verdicts"][0]["case"].update(change)
    (tmp_path / "result.json").write_text(json.dumps(data))
    with pytest.raises(arena.ArenaError, match="damaged"):
        arena.load(tmp_path)


def test_no_run_is_one_line(tmp_path):
    with pytest.raises(arena.ArenaError, match="this is no run"):
        arena.load(tmp_path)


def test_the_store_is_where_it_was_asked_for(folder, tmp_path):
    result = arena.play(folder / "who.yaml", store=tmp_path / "elsewhere", threads=1, device="cpu")
    assert (tmp_path / "elsewhere" / "recipes").is_dir() and Path(result.options["store"]) == tmp_path / "elsewhere"
    assert isinstance(result.stages[0].accuracy, float) and np.isfinite(result.stages[0].accuracy)

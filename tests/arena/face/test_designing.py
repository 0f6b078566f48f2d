"""A design from Python and from the command line: real matches on digits, and every mistake in one line."""

import json
import re
import subprocess
import sys

import pytest

import arena
from arena.base.errors import ArenaError
from arena.face.designing import Design, loss, searched
from tests.arena.face.files import SMALL
from tests.conftest import ROOT, command


@pytest.fixture
def small(tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path / "small.yaml"


def test_a_small_design_of_real_matches(small, store, tmp_path):
    words = ("design", small, "--max-loss", "90 points", "--trials", "2", "--seeds", "2", "--out", tmp_path / "out")
    done = command(*words, store=store)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "2 settings of triggers [8, 64], oversample [1, 20], 2 seeds each: 8 matches at most" in done.stdout
    told = json.loads((tmp_path / "out" / "design.json").read_text())
    settings = {each["name"]: each for each in told["settings"]}
    assert len(settings) == 2 and told["attacks"] == ["as-is", "prune"] and told["max_loss"] == 0.9
    assert told["recommended"] == max(settings.values(), key=lambda each: each["rarity"]["value"])["name"]
    assert all(each["cost"]["n"] == 2 and each["worst"] in told["attacks"] for each in settings.values())
    page = (tmp_path / "out" / "report.html").read_text()
    assert told["sentence"] in page and "can't be drawn" not in page and "<svg" in page
    journal, heard = tmp_path / "out" / "games.jsonl", []
    lines = journal.read_bytes()
    assert command(*words, store=store).stdout.splitlines()[-2] == told["sentence"]
    found = arena.design(small, max_loss=0.0, trials=2, seeds=2, store=store, out=tmp_path / "out",
                         observer=lambda *said: heard.append(said))
    assert not heard and journal.read_bytes() == lines and {*settings} == {point.name for point in found.points}
    assert found.recommended is None or found.recommended.cost.high <= 0


def test_another_folder_is_refused(small, store, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    with pytest.raises(ArenaError, match="holds something else than a design"):
        next(Design.load(small, max_loss=0.1, store=store, out=tmp_path / "other").play())
    (tmp_path / "other" / "design.json").write_text(json.dumps({"file": str(small), "scheme": "uchida"}))
    with pytest.raises(ArenaError, match="another design was played there"):
        next(Design.load(small, max_loss=0.1, store=store, out=tmp_path / "other").play())


@pytest.mark.parametrize(("words", "said"), [
    (("--max-loss", "1"), "max loss '1': an accuracy with its unit is wanted, such as '1 point'"),
    (("--max-loss", "one point"), "max loss 'one point': an accuracy"),
    (("--max-loss=-1 point",), "max loss '-1 point'"),
    (("--max-loss", "200 points"), "max loss '200 points'"),
    (("--max-loss", "1 point", "--thief-loss", "5"), "thief loss '5'"),
    (("--max-loss", "1 point", "--scheme", "roze"), "no scheme 'roze'; did you mean 'rose'?"),
    (("--max-loss", "1 point", "--scheme", "none"), "none is not in learn.schemes: say what is searched"),
    (("--max-loss", "1 point", "--scheme", "none", "--search", "a=1:2"), "none is an owner without a mark"),
    (("--max-loss", "1 point", "--search", "triggers"), "search 'triggers': NAME=LOW:HIGH or NAME=A,B,C"),
    (("--max-loss", "1 point", "--search", "triggers=16"), "search 'triggers=16': NAME=LOW:HIGH"),
    (("--max-loss", "1 point", "--search", "triggers=16:"), "search 'triggers=16:': NAME=LOW:HIGH"),
    (("--max-loss", "1 point", "--search", "triggerz=16:32"), "search: Rose has no parameter 'triggerz'; did you"),
    (("--max-loss", "1 point", "--search", "triggers=32:16"), "search: triggers has an empty range"),
    (("--max-loss", "1 point", "--search", "triggers=-5:16"), "search: triggers can't be -5"),
    (("--max-loss", "1 point", "--seeds", "1"), "1 seeds: at least 2"),
    (("--max-loss", "1 point", "--trials", "0"), "0 trials: from 1"),
    (("--max-loss", "1 point", "--task", "fashion"), "no task 'fashion'"),
])
def test_mistakes_are_one_line_before_anything_is_played(small, store, tmp_path, words, said):
    done = command("design", small, *words, "--out", tmp_path / "out", store=store)
    assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert not (tmp_path / "out").exists()


def test_mistakes_in_the_file_have_their_place(small, store, tmp_path):
    small.write_text(SMALL.replace("triggers: [8, 64]", "trigers: [8, 64]"))
    done = command("design", small, "--max-loss", "1 point", "--out", tmp_path / "out", store=store)
    assert done.returncode == 2, done.stdout
    assert re.search(r"small\.yaml:16:\d+: learn\.schemes\.rose\.search\.trigers: Rose has no", done.stderr)
    small.write_text(SMALL.replace("  as-is: []\n  prune: [{prune: {rate: 0.5}}]\n", ""))
    with pytest.raises(ArenaError, match=r"small\.yaml:7:1: attacks: no thief is among them"):
        Design.load(small, max_loss="1 point", store=store)
    small.write_text(SMALL[: SMALL.index("learn:")])
    with pytest.raises(ArenaError, match=r"which scheme\? 0 are in learn\.schemes; options: none, rose"):
        Design.load(small, max_loss="1 point", store=store)
    assert Design.load(small, max_loss="1 point", scheme="rose", search={"triggers": (8, 64)}, store=store).total == 120


def test_losses_and_searches():
    given = {"1 point": 0.01, "0.5 %": 0.005, "2.5points": 0.025, 0.03: 0.03, 0: 0}
    assert {each: loss("max loss", each) for each in given} == given
    assert searched(["triggers=16:128", "order=ascending,random", "rate=1e-4:0.5"]) == {
        "triggers": [16, 128], "order": ["ascending", "random"], "rate": [1e-4, 0.5]}


def test_importing_arena_imports_no_design():
    said = subprocess.run([sys.executable, "-c", "import arena, sys; print([name for name in sys.modules if name in "
                           "('torch', 'scipy', 'arena.face.designing')]); print(arena.design.__name__)"], cwd=ROOT,
                          capture_output=True, text=True, timeout=60)
    assert said.stdout.split() == ["[]", "design"], said.stderr

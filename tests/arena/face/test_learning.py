"""A tournament in which somebody learns: real matches on digits, resumed, reported, and mistakes at their place."""

import json

import jsonschema
import pytest

from arena import Tournament
from arena.base.errors import ArenaError
from arena.base.yamlfile import parse, read
from tests.arena.face.files import SMALL
from tests.conftest import command

OWN = '''"""An attack of the user's own."""

from dataclasses import dataclass

from arena import Attack


@dataclass(frozen=True)
class Own(Attack):
    """does nothing"""

    size: int = 2

    def modify_query(self, images, loot):
        return images
'''


@pytest.fixture
def small(tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path / "small.yaml"


def test_learners_join_a_tournament_of_real_matches(small, store, tmp_path):
    out = tmp_path / "out"
    done = command("tournament", small, "--out", out, store=store)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "rose of schemes learns: at most 1 x 2 settings" in done.stdout
    assert "round 1: 2 owners, 2 thieves, 4 settings tried" in done.stdout
    told = json.loads((out / "learning.json").read_text())
    joined = [*told["schemes"], *told["attacks"]]
    played = Tournament.load(small, out=out, store=store)
    assert [*played.spec.schemes, *played.spec.attacks] == ["rose", "none", *told["schemes"], "as-is", "prune",
                                                            "bystander", *told["attacks"]]
    tried = {row.cell.scheme for row in played.results()} | {row.cell.thief for row in played.results()}
    assert {name for name in tried if "~" in name} == {trial["name"] for trial in told["rounds"][0]["trials"]}
    game = played.payoffs()
    assert game.rows == (*played.spec.schemes,) and all(game.counts.flatten() == 2)
    page = (out / "report.html").read_text()
    assert "Who learnt" in page and "can't be drawn" not in page and all(name in page for name in joined)
    lines = (out / "games.jsonl").read_bytes()
    again = command("tournament", small, "--out", out, store=store)
    assert again.returncode == 0 and (out / "games.jsonl").read_bytes() == lines
    assert json.loads((out / "learning.json").read_text()) == told


@pytest.mark.parametrize(("change", "place", "words"), [
    (("rate: [0, 0.9]", "raet: [0, 0.9]"), "15:51", "learn.attacks.prune.search.raet: Prune has no parameter 'raet'"),
    (("rate: [0, 0.9]", "rate: [0.9, 0.1]"), "15:51", "empty range: 0.9 is not below 0.1"),
    (("rate: [0, 0.9]", "rate: [0.9]"), "15:51", "needs [low, high]"),
    (("{attack: {prune: {}}", "{attack: {prone: {}}"), "15:", "unknown attack 'prone'; did you mean 'prune'"),
    (("{attack: {prune: {}}, search: {rate: [0, 0.9]}}", "{attack: independent-host, search: {epochs: [1, 5]}}"), "15:",
     "independent-host is a bystander"),
    (("rate: [0, 0.9]", ""), "15:", "nothing to search; Prune has"),
])
def test_mistakes_of_learners_have_their_place(small, store, tmp_path, change, place, words):
    small.write_text(SMALL.replace(*change))
    for only in ("check", "tournament"):
        done = command(only, small, *(["--out", tmp_path / "out"] if only == "tournament" else []), store=store)
        assert done.returncode == 2 and f"small.yaml:{place}" in done.stderr and words in done.stderr, done.stderr
        assert not (tmp_path / "out").exists()


def test_a_plan_says_who_learns_and_plays_nothing(small, store, tmp_path):
    done = command("tournament", small, "--plan", "--out", tmp_path / "out", store=store)
    assert done.returncode == 0 and "prune of attacks learns" in done.stdout and not (tmp_path / "out").exists()


def test_settings_that_were_tried_are_no_cells(small, store, tmp_path):
    with pytest.raises(ArenaError, match="no cell rose~1 x as-is"):
        Tournament.load(small, out=tmp_path / "out", store=store).cell("rose~1", "as-is")


def test_the_schema_knows_learners(small):
    of_tournaments = json.loads(command("schema", "tournament").stdout)
    jsonschema.validate(read(small).data, of_tournaments)
    wrong = SMALL.replace("search: {rate: [0, 0.9]}", "serch: {rate: [0, 0.9]}"), SMALL.replace("{prune: {}}", "prone")
    for text in wrong:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(parse(text).data, of_tournaments)


def test_of_a_class_of_the_users_own_settings_are_found_wrong_when_they_are_tried(small, store, tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    own = SMALL.replace("attack: {prune: {}}, search: {rate: [0, 0.9]}", 'attack: "own.py:Own", search: {siez: [1, 4]}')
    small.write_text(own.replace("  schemes: {rose: {s", "  # {"))
    played = Tournament.load(small, out=tmp_path / "out", store=store)
    rows = list(played.play())
    assert all(row.finished for row in rows) and not played.learnt.attacks
    for trial in played.learnt.rounds[0].trials:
        assert trial.reason.endswith(": unknown key 'siez'; did you mean 'size'? options: size")
    assert "no setting could be played (2 of 2 failed" in played.learnt.end and played.nash().exact

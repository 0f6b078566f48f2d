"""Bad scenario files: each is one clear line with its place, and exit code 2."""

import json
import subprocess
import sys

import pytest

from arena.base.errors import ArenaError
from arena.base.yamlfile import parse
from arena.scenario.scenario import build_agent, from_data, load
from tests.conftest import ROOT, TINY, command

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n"
                                                       for a, b in zip("abcdef", "bcdefg", strict=True))
BAD = [
    ("epochs: 2", "epoks: 2", r":3:\d+: task.epoks: unknown key 'epoks'; did you mean 'epochs'"),
    ("seed: 5", "seed: 5\nseed: 6", r":3:1: seed: this key is here twice"),
    ("epochs: 2", "epochs: two", r":3:\d+: task.epochs: .*integer.*'two'"),
    ("triggers: 10", "triggers: -1", r":5:\d+: agents.alice.scheme.rose.triggers: .*greater than or equal to 1"),
    ("triggers: 10", "triggers: yes", r"agents.alice.scheme.rose.triggers: .*integer"),
    ("rose: {", "roze: {", r":5:\d+: agents.alice.scheme.roze: unknown scheme 'roze'; did you mean 'rose'\? options: "),
    ("{role: attacker}", "{role: attacker, attacks: [prun]}",
     r"attacks.0: unknown attack 'prun'; did you mean 'prune'"),
    ("{role: attacker}", "{role: attacker, attacks: [transfer]}", r"attacks.0: 'dataset' is missing"),
    ("{role: attacker}", "{role: attacker, attacks: {prune: {rate: .5}}}", r"attacks: a list is wanted"),
    ("{role: attacker}", "{role: robber}", r":6:\d+: agents.mallory.role: unknown role 'robber'"),
    ("dataset: digits", "dataset: digitz",
     r":3:\d+: task.dataset: data set 'digitz' is missing.*did you mean 'digits'"),
    ("dataset: digits", "dataset: gtsrb", r"task.dataset: data set 'gtsrb' is missing.*put gtsrb.npz"),
    ("dataset: digits", "dataset: digits, network: digits-cmm",
     r"task.network: unknown network 'digits-cmm'; did you mean 'digits-cnn'"),
    ("  victor: {role: verifier}\n", "", r":4:\d+: agents: nobody has the role verifier"),
    ("title: tiny", "title: !!python/object/apply:os.system [ls]", r":1:\d+: title: the tag .* is not allowed"),
    ("title: tiny", "title: [", r"not YAML"),
    ("title: tiny", "title: 3", r"title: .*string"),
    ("title: tiny", "expect: {alice on bob: granted}", r"expect.alice on bob: CLAIMANT on DEPLOYER"),
    ("title: tiny", "expect: {alice on mallory: perhaps}",
     r"expect.alice on mallory: granted, denied, rejected or disputed"),
    ("  mallory:", "  all:", r"agents.all: 'all' is no name"),
    ("title: tiny", "title: &a [*a]", r"nested deeper|recurs|not YAML|string"),
    ("title: tiny", BOMB, r"more than 20,000 values"),
]


@pytest.mark.parametrize(("old", "new", "line"), BAD)
def test_bad_input(tmp_path, old, new, line):
    assert old in TINY
    path = tmp_path / "bad.yaml"
    path.write_text(TINY.replace(old, new, 1))
    with pytest.raises(ArenaError, match=line) as caught:
        load(path)
    assert "\n" not in str(caught.value) and "bad.yaml" in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "just words", "\x00", "a: " + "[" * 2000, "{a: 1}: 2", "- \xff"])
def test_odd_files(tmp_path, text):
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    with pytest.raises(ArenaError, match=r"odd\.yaml"):
        load(path)


def test_numbers_as_people_write_them():
    data = parse("a: 1e-5\nb: '1e-5'\nc: 2E3\nd: .5\ne: 1.5e+3").data
    assert data == {"a": 1e-5, "b": "1e-5", "c": 2000.0, "d": 0.5, "e": 1500.0}


def test_set_and_seed(tiny):
    loaded = load(tiny, ["agents.alice.scheme.rose.triggers=7", "agents.victor.policy.rarity=20 bits",
                         "agents.mallory.attacks=[jpeg]"], seed=9)
    assert loaded.seed == 9 and loaded.agents["alice"]["params"]["scheme"]["rose"]["triggers"] == 7
    assert loaded.agents["mallory"]["params"]["attacks"] == ["jpeg"]
    for change, line in (("x", "PATH=VALUE is wanted"), ("title.x=3", "which has no 'x'"),
                         ("agents.alice.scheme.rose.trigers=7", "did you mean 'triggers'")):
        with pytest.raises(ArenaError, match=line):
            load(tiny, [change])


def test_a_scenario_survives_being_written_down(tiny):
    loaded = load(tiny)
    again = from_data(json.loads(json.dumps(loaded.as_dict())), tiny)
    assert again.as_dict() == loaded.as_dict() and list(again.agents) == ["alice", "mallory", "victor"]


def test_the_command_line_says_it_in_one_line_and_exits_with_2(tmp_path, tiny):
    tiny.write_text(TINY.replace("epochs", "epoks"))
    for done in (command("check", tiny), command("run", tiny, "--out", tmp_path / "run")):
        assert (done.returncode == 2 and done.stderr.count("\n") == 1 and "epoks" in done.stderr
                and "Traceback" not in done.stderr)
    assert not (tmp_path / "run").exists()


def test_an_out_that_cannot_be_written(tiny, tmp_path, store):
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("x")
    for out, line in (("file/run", "can't be written"), ("file", "holds something else"),
                      ("full", "holds something else")):
        done = command("run", tiny, "--out", tmp_path / out, store=store)
        assert done.returncode == 2 and line in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["thesis.tex"]


def test_a_package_that_shadows_agents_is_named(tmp_path):
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "__init__.py").write_text("")
    code = (f"import sys; sys.path[:0] = [{str(tmp_path)!r}]; sys.path.append({str(ROOT)!r}); from arena.cli import "
            f"main; sys.exit(main(['list', 'attacks']))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2 and "shadows it" in done.stderr and str(tmp_path / "agents") in done.stderr


def test_schema_admits_every_scenario():
    jsonschema = pytest.importorskip("jsonschema")


    from arena.base.yamlfile import read
    from arena.scenario.schema import schema, tournament_schema
    from arena.tournament.spec import EXECUTORS, SETTINGS

    wanted, of_tournaments = schema(), tournament_schema(SETTINGS, EXECUTORS)
    for path in sorted((ROOT / "scenarios").rglob("*.yaml")):
        jsonschema.validate(read(path).data, of_tournaments if path.parent.name == "tournaments" else wanted)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schemes": {"a": {"roze": {}}}, "attacks": {"as-is": []}}, of_tournaments)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"agents": {"a": {"role": "owner", "scheme": {"roze": {}}}}}, wanted)


def test_a_tuned_attack_as_people_write_it(tiny):
    attack = "{tuned: {attack: prune, search: {rate: [0, .9]}, keep_accuracy: -10 points}}"
    tiny.write_text(tiny.read_text().replace("{role: attacker}", f"{{role: attacker, attacks: [{attack}]}}"))
    params = load(tiny).agents["mallory"]["params"]
    assert build_agent("attacker", params, str(tiny.parent)).attacks[0].keep_accuracy == pytest.approx(0.1)
    tiny.write_text(tiny.read_text().replace("-10 points", "-110 points"))
    with pytest.raises(ArenaError, match=r"keep_accuracy: .*less than or equal to 1"):
        load(tiny)

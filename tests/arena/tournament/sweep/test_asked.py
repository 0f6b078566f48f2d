"""What is asked of a sweep: parsed, and whatever can't be meant is one line that names the option or the file."""

import pytest

from arena.base.errors import ArenaError
from arena.tournament.sweep.asked import MOST_MATCHES, asked, seeds_of
from tests.arena.tournament.sweep.stubs import scenario

ATTACKS = "agents.mallory.attacks"


@pytest.mark.parametrize(("said", "numbers"), [
    ("1-5", (1, 2, 3, 4, 5)), ("1,4,9", (1, 4, 9)), ("3", (1, 2, 3)), (2, (1, 2)), ("7-7", (7,)), ("7,", None),
    ("1-3, 2-4,9", (1, 2, 3, 4, 9)), (range(1, 4), (1, 2, 3)), ([2**128 - 1], (2**128 - 1,)),
    (f"{2**128 - 1}-{2**128 - 1}", (2**128 - 1,)), ("0-1", (0, 1))])
def test_seeds(said, numbers):
    if numbers is None:
        with pytest.raises(ArenaError, match="--seeds 7,: "):
            seeds_of(said)
    else:
        assert seeds_of(said) == numbers


@pytest.mark.parametrize("said", ["", "x", "5-1", "0", 0, -1, "-1", "1-", "1,,2", "1.5", f"{2**128}-{2**128}", [],
                                  [True], [-1], ["1"], [1.0], "1-100001", "١", "random"])
def test_seeds_that_mean_none(said):
    with pytest.raises(ArenaError, match=r"--seeds .*: 1-5, 1,4,9 or a count is wanted") as error:
        seeds_of(said)
    assert "\n" not in str(error.value)


def test_every_combination_once_the_last_path_first(tmp_path):
    found = asked(scenario(tmp_path), 1, [f"{ATTACKS}=[[], [fine-tune]]", "task.epochs=[2, 3]"])
    assert list(found.combinations()) == [{ATTACKS: attacks, "task.epochs": epochs}
                                          for attacks in ([], ["fine-tune"]) for epochs in (2, 3)]
    same = asked(found.path, 1, {ATTACKS: ([], ("fine-tune",)), "task.epochs": range(2, 4)})
    assert list(same.combinations()) == list(found.combinations())
    assert list(asked(found.path, 1).combinations()) == [{}]


def test_a_match_has_its_values_its_seed_and_the_changes_and_shares_nothing(tmp_path):
    found = asked(scenario(tmp_path), "4-5", {ATTACKS: [[{"prune": {"rate": 0.5}}], []]}, ["task.epochs=1"])
    one, other = (found.scenario(values, 9).data for values in found.combinations())
    assert one["agents"]["mallory"]["attacks"] == [{"prune": {"rate": 0.5}}] and other["agents"]["mallory"] == {
        "role": "attacker", "attacks": []}
    assert one["seed"] == 9 and one["task"]["epochs"] == 1 and one["task"] is not other["task"]
    one["agents"]["mallory"]["attacks"][0]["prune"]["rate"] = 1
    assert found.scenario({ATTACKS: found.varied[0].values[0]}, 9).data["agents"]["mallory"]["attacks"] == [
        {"prune": {"rate": 0.5}}]
    assert found.file.data["seed"] == 5 and "attacks" not in found.file.data["agents"]["mallory"]


def test_what_is_set_has_no_place_in_the_file(tmp_path):
    """A fault of a value that a combination sets is told at the nearest place that the file has."""
    path = scenario(tmp_path, "title: x\ntask: {epochs: 2}\nagents:\n  mallory: {role: attacker, attacks: [prune]}\n")
    found = asked(path, 1, {ATTACKS: [["prun"]]})
    assert str(found.scenario({ATTACKS: ["prun"]}, 1).error(("agents", "mallory", "attacks", 0), "no")) == (
        f"{path}:4:3: agents.mallory.attacks.0: no")
    assert str(found.scenario({}, 1).error(("task", "epochs"), "no")) == f"{path}:2:16: task.epochs: no"


FAULTS = [
    (ATTACKS, "--vary agents.mallory.attacks: PATH=LIST is wanted"),
    (f"{ATTACKS}=[", r"--vary agents.mallory.attacks:\d+:\d+: not YAML"),
    (f"{ATTACKS}=[]", "--vary agents.mallory.attacks: a list of one value at least is wanted, not \\[\\]"),
    (f"{ATTACKS}=", "a list of one value at least is wanted, not None"),
    (f"{ATTACKS}=prune", "a list of one value at least is wanted, not 'prune'"),
    (f"{ATTACKS}=[{{a: 1}}, {{a: 1}}]", 'attacks: {"a": 1} is there twice'),
    ("agents..attacks=[1]", r"--vary agents\.\.attacks: a path is wanted"),
    ("=[1]", "--vary : a path is wanted"),
    ("agents.malory.attacks=[1]", r"who\.yaml has no agent 'malory'; did you mean 'mallory'"),
    ("agents.mallory.role.x=[1]", "--vary agents.mallory.role.x: .* which has no 'x'"),
    ("seed=[1, 2]", "--vary seed: --seeds says which seeds are played")]


@pytest.mark.parametrize(("vary", "told"), FAULTS)
def test_what_cant_be_varied(vary, told, tmp_path):
    with pytest.raises(ArenaError, match=told) as error:
        asked(scenario(tmp_path), 1, [vary])
    assert "\n" not in str(error.value)


def test_paths_that_are_in_each_others_way(tmp_path):
    path = scenario(tmp_path)
    with pytest.raises(ArenaError, match=r"--vary task\.epochs: is there twice"):
        asked(path, 1, ["task.epochs=[1]", "task.epochs=[2]"])
    with pytest.raises(ArenaError, match=r"vary task\.epochs: task is varied too, and holds it"):
        asked(path, 1, {"task.epochs": [1], "rounds": [9], "task": [{}]})
    assert len(asked(path, 1, {"task.epochs": [1], "task.epoch": [2]}).varied) == 2, "no part of each other"


@pytest.mark.parametrize(("how", "told"), [
    ({"vary": {ATTACKS: [{1, 2}]}}, "vary agents.mallory.attacks: plain values"),
    ({"vary": {"task.rate": [float("nan")]}}, "vary task.rate: plain values"),
    ({"vary": {ATTACKS: "prune"}}, "vary agents.mallory.attacks: a list of one value"),
    ({"changes": ["seed=3"]}, "--set seed=3: --seeds says"), ({"changes": {"seed": 3}}, "--set seed=3: --seeds says"),
    ({"changes": ["task"]}, "--set task: PATH=VALUE is wanted"),
    ({"executor": "loca"}, "--executor: 'loca' is no executor; did you mean 'local'"),
    ({"limits": {"mach": 1}}, "--limit: mach: unknown key 'mach'; did you mean 'match'"),
    ({"limits": {"match": "soon"}}, "--limit: match: "), ({"keep": "some"}, "--keep: "),
    ({"seeds": 100_000, "vary": {"rounds": range(11)}}, f"1,100,000 matches: at most {MOST_MATCHES:,} are played")])
def test_what_else_is_wrong(how, told, tmp_path):
    with pytest.raises(ArenaError, match=told) as error:
        asked(scenario(tmp_path), **{"seeds": 1, **how})
    assert "\n" not in str(error.value)


def test_files_that_are_no_scenarios(tmp_path):
    with pytest.raises(ArenaError, match=r"nobody\.yaml: no such file"):
        asked(tmp_path / "nobody.yaml", 1)
    for text in ("[1]", "title: x", "agents: [alice]", "schemes: {rose: rose}"):
        with pytest.raises(ArenaError, match=r"who\.yaml:\d+:\d+: a scenario is a mapping"):
            asked(scenario(tmp_path, text), 1)

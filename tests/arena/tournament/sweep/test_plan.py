"""What a sweep will play: matches known by their scenarios alone, and whose fault it is when one can't be played."""

import pytest

from arena.base.errors import ArenaError
from arena.executors.executor import Done
from arena.tournament.cells import Cell
from arena.tournament.sweep.asked import asked
from arena.tournament.sweep.plan import checked, named, planned
from tests.arena.tournament.sweep.stubs import scenario
from tests.conftest import TINY

ATTACKS, RATE, EPOCHS = "agents.mallory.attacks", "agents.alice.scheme.rose.triggers", "task.epochs"


class Here:
    """An executor that plans at once, in this process."""

    slots = 1

    def submit(self, job):
        self.job = job

    def results(self):
        yield Done(self.job.key, "done", checked(self.job.data))


def plan(path, vary=(), seeds=2, changes=()):
    return planned(asked(path, seeds, vary, changes), Here())


def test_a_cell_says_what_is_set_of_the_task_of_the_owner_and_of_others(tmp_path):
    found = plan(scenario(tmp_path), {ATTACKS: [[], ["prune"]], RATE: [8, 9], EPOCHS: [1]})
    assert found.cells == [Cell(f"{EPOCHS}=1", f"{RATE}={n}", f"{ATTACKS}={attacks}")
                           for attacks in ("[]", "[prune]") for n in (8, 9)]
    assert named(found.cells[0]) == f"{EPOCHS}=1, {RATE}=8, {ATTACKS}=[]"
    assert [named(cell) for cell in plan(scenario(tmp_path)).cells] == ["as the file has it"]
    assert next(found.sentences()) == "4 combinations with 2 seeds each: 8 matches"
    assert next(plan(scenario(tmp_path), seeds=1).sentences()) == "1 combination with 1 seed each: 1 match"


def test_a_match_is_known_by_its_scenario_alone(tmp_path):
    """Whoever varies a value more, names what the file says already, or gives the play another title, plays nothing
    again."""
    path = scenario(tmp_path)
    few, more = plan(path, {ATTACKS: [[]]}), plan(path, {ATTACKS: [["prune"], []], EPOCHS: [3, 2]})
    keys = {more.pairing(cell, 0).key: cell for cell in more.cells}
    assert len(keys) == 4 and keys[few.pairing(few.cells[0], 0).key] == Cell(f"{EPOCHS}=2", "", f"{ATTACKS}=[]")
    titled = plan(scenario(tmp_path, TINY.replace("tiny", "another")), {ATTACKS: [[]]})
    assert titled.keys == few.keys
    assert few.pairing(few.cells[0], 1).key not in keys and few.pairing(few.cells[0], 1).seed == 2
    assert plan(path, {ATTACKS: [[]]}, changes=["rounds=9"]).keys != few.keys


def test_a_value_that_fits_nowhere_is_a_mistake_that_names_it(tmp_path):
    with pytest.raises(ArenaError, match=r"^vary agents.mallory.attacks=\[prun\]: .*who.yaml:6:3: .*mean 'prune'"):
        plan(scenario(tmp_path), {ATTACKS: [[], ["prun"]]})
    with pytest.raises(ArenaError, match=r"^--vary agents.mallory.attacks=\[prun\]: "):
        plan(scenario(tmp_path), [f"{ATTACKS}=[[prun]]"])


def test_of_two_paths_the_one_that_is_at_fault_is_named(tmp_path):
    for epochs in ([-1], [1, -1]):
        with pytest.raises(ArenaError, match=r"^vary task.epochs=-1: "):
            plan(scenario(tmp_path), {ATTACKS: [[], ["prune"]], EPOCHS: epochs})


def test_the_files_own_fault_is_told_as_of_the_file(tmp_path):
    path = scenario(tmp_path, TINY.replace("epochs: 2", "epochz: 2"))
    with pytest.raises(ArenaError, match=r"^\S+who\.yaml:3:33: task\.epochz: unknown key"):
        plan(path, {ATTACKS: [[], ["prune"]]})
    with pytest.raises(ArenaError, match=r"^\S+who\.yaml:3:33: task\.epochz: unknown key"):
        plan(path)


def test_what_only_does_not_fit_together_is_left_out_with_the_reason(tmp_path):
    """digits-cnn has a layer of that name, resnet-8 has not."""
    found = plan(scenario(tmp_path), {"agents.alice.scheme": ["rose", {"uchida": {"layer": "features.7"}}],
                                      "task.network": ["digits-cnn", "resnet-8"]})
    assert len(found.cells) == 3 and len(found.combinations) == 4
    (cell, why), = found.misfits.items()
    assert cell.task == "task.network=resnet-8" and cell not in found.cells and "no convolution" in why
    assert list(found.sentences())[-1].startswith(f"not played: {named(cell)}: ")

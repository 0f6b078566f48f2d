"""A real cluster of two machines, both here, keeps what every executor promises, and plays what any plays."""

import os
from dataclasses import replace

import pytest

from arena.base.errors import ArenaError

ray = pytest.importorskip("ray")

from arena.executors.executor import Job  # noqa: E402
from arena.executors.ray import RayCluster  # noqa: E402
from arena.face.sweeping import sweep  # noqa: E402
from arena.face.tournaments import Tournament  # noqa: E402
from arena.testing import check_executor  # noqa: E402
from tests.arena.face.files import SMALL  # noqa: E402
from tests.conftest import ROOT  # noqa: E402

MATCHES = int(os.environ.get("ARENA_RAY_MATCHES", "14"))


def test_two_machines(cluster, tmp_path):
    check_executor(lambda bounds: RayCluster(cluster.address, 2, bounds), tmp_path)


def test_as_many_slots_as_cores(cluster):
    executor = RayCluster(cluster.address)
    assert executor.slots == 2 and len(ray.nodes()) == 2
    executor.submit(Job("one", "arena.testing.executors:work", {"do": "count", "number": 4}))
    assert [done.data for done in executor.results()] == [{"twice": 8}]
    executor.close()


def lines_of(played):
    """The rows of what was played, but for how long it took and where."""
    assert all(row.finished for row in played.play())
    return {row.key: replace(row, seconds=0, machine="") for row in played.results()}


def test_the_quick_tournament_gives_the_same_lines_on_every_executor(cluster, tmp_path, store):
    """Its first matches, of two epochs a host, of each of the seven owners: one after another, on two processes, on two
    machines. ARENA_RAY_MATCHES says how many."""
    text = (ROOT / "scenarios" / "tournaments" / "quick.yaml").read_text(encoding="utf-8")
    file = tmp_path / "quick.yaml"
    file.write_text(text.replace("epochs: 12", "epochs: 2").replace("least: 2", "least: 1"), encoding="utf-8")
    lines = []
    for executor in ("serial", {"local": {"processes": 2}}, {"ray": {"address": cluster.address, "slots": 2}}):
        run = tmp_path / f"run-{len(lines)}"
        played = Tournament.load(file, out=run, games=MATCHES, executor=executor, store=store)
        lines.append(lines_of(played))
    assert len(lines[0]) == MATCHES and len({row.cell.scheme for row in lines[0].values()}) == 7
    assert lines[0] == lines[1] == lines[2]


def test_learners_and_sweeps_are_played_on_two_machines_as_here(cluster, tmp_path, store, tiny):
    (tmp_path / "small.yaml").write_text(SMALL.replace("trials: 2", "trials: 1").replace("least: 2, most: 2",
                                                                                          "least: 1, most: 1"))
    there = {"ray": {"address": cluster.address, "slots": 2}}
    here = {"local": {"processes": 2}}
    learnt = [lines_of(Tournament.load(tmp_path / "small.yaml", out=tmp_path / name, executor=executor, store=store))
              for name, executor in (("here", here), ("there", there))]
    assert learnt[0] == learnt[1] and any("~" in row.cell.scheme for row in learnt[0].values())
    swept = [lines_of(sweep(tiny, seeds="1-2", vary={"agents.mallory.attacks": [["prune"]]}, executor=executor,
                            store=store)) for executor in (here, there)]
    assert swept[0] == swept[1] and len(swept[0]) == 2


def test_an_address_that_does_not_answer_is_one_line(cluster):
    ray.shutdown()
    with pytest.raises(ArenaError, match=r"executor ray: nothing answers at '127.0.0.1:1'"):
        RayCluster("127.0.0.1:1")

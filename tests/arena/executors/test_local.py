"""Processes of this machine keep what every executor promises."""

import os
import time

import pytest

from arena.base.errors import ArenaError
from arena.executors import local
from arena.executors.executor import Bounds, Job, function_of
from arena.executors.local import LocalProcesses, Serial, idlest
from arena.testing import check_executor


@pytest.mark.parametrize("make", [lambda bounds: LocalProcesses(2, bounds)], ids=["local"])
def test_executors(make, tmp_path):
    check_executor(make, tmp_path)


def test_one_after_another(tmp_path):
    executor = Serial(Bounds(20))
    for number in range(3):
        executor.submit(Job(str(number), "arena.testing.executors:work", {"do": "count", "number": number,
                                                                          "seconds": 0.3 - 0.1 * number}))
    assert [done.key for done in executor.results()] == ["0", "1", "2"] and executor.slots == 1
    executor.close()


def test_only_our_own_work_is_done():
    with pytest.raises(ArenaError, match="no work of ours"):
        function_of("os:system")


def cores(data):
    time.sleep(data["seconds"])
    return sorted(os.sched_getaffinity(0))


@pytest.mark.skipif((os.cpu_count() or 1) < 2 or not hasattr(os, "sched_getaffinity"), reason="one core")
@pytest.mark.parametrize("more", [False, True])
def test_each_has_a_core_where_there_are_enough(more, monkeypatch):
    """The tests' own process has one core alone."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    executor = LocalProcesses(3 if more else 2, Bounds(20))
    for number in range(executor.slots):
        executor.submit(Job(str(number), "tests.arena.executors.test_local:cores", {"seconds": 1.0}))
    found = [done.data for done in executor.results()]
    executor.close()
    assert found == [found[0]] * 3 if more else sorted(found) == [[0], [1]]


def test_the_idlest_is_taken(monkeypatch):
    told = iter([{0: 5, 1: 7, 2: 9}, {0: 10, 1: 8, 2: 10}] * 3)
    monkeypatch.setattr(local, "_busy", lambda: next(told))
    assert idlest({0, 1, 2}) == 1 and idlest({0, 2}) == 2 and idlest(()) is None


class TestTheSuiteFinds:
    """What it is for."""

    def test_an_executor_that_raises(self, tmp_path):
        class Raises(LocalProcesses):
            def results(self):
                for done in super().results():
                    if done.status == "failed":
                        raise ValueError(done.error)
                    yield done

        with pytest.raises(ValueError, match="on purpose"):
            check_executor(lambda bounds: Raises(2, bounds), tmp_path)

    def test_an_executor_that_forgets_its_bounds(self, tmp_path):
        with pytest.raises(AssertionError, match="late"):
            check_executor(lambda bounds: LocalProcesses(2, Bounds(0.2, bounds.memory)), tmp_path)

"""Processes of this machine keep what every executor promises."""

import pytest

from arena.base.errors import ArenaError
from arena.executors.executor import Bounds, Job, function_of
from arena.executors.local import LocalProcesses, Serial
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

"""Whatever the order in which workers get the tests, each is there once, and the long ones come first."""

import pytest

from tests.conftest import ROOT
from tests.order import LONGEST, dealt, place_of


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 100, 101])
def test_each_is_dealt_once_and_every_worker_begins_with_long_ones(count, workers):
    tests = list(range(count))
    long = tests[-6:]
    order = dealt(tests, long, workers)
    assert sorted(order) == tests
    if count >= 100:
        place, left = 0, count
        for worker in range(workers):  # as worksteal cuts it
            mine = long[worker::workers]
            assert order[place:][: len(mine)] == mine
            place, left = place + left // (workers - worker), left - left // (workers - worker)


def test_the_longest_are_there():
    for name in LONGEST:
        file, _, function = name.partition("::")
        assert f"def {function}(" in (ROOT / file).read_text(encoding="utf-8"), name


def test_others_come_behind_them():
    assert place_of(f"{LONGEST[1]}[a::b[c]]") == 1 and place_of("tests/test_face.py::test_a") == len(LONGEST)

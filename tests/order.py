"""Which tests begin first when several workers share them: the longest, since one that is begun last leaves the other
cores idle."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")
LONGEST = (
    "tests/test_golden.py::test_happens_as_written",
    "tests/agents/test_calibration.py::test_innocents_keep_what_rarity_promises",
    "tests/arena/executors/test_ray.py::test_the_quick_tournament_gives_the_same_lines_on_every_executor",
    "tests/arena/forging/test_forging.py::test_the_law",
    "tests/agents/test_chains.py::test_pairs",
    "tests/arena/tournament/test_kill.py::test_matches_whose_agents_are_killed_are_played_again",
    "tests/arena/tournament/test_kill.py::test_whoever_is_killed_nothing_is_lost_nor_played_twice",
    "tests/arena/forging/engine/test_cuda.py::test_scalar_functions",
    "tests/agents/test_bounds.py::test_a_usurper_whose_images_fool_many_models_fools_the_controls_too",
    "tests/agents/test_honest_owners.py::test_an_honest_owner_is_granted_his_own",
)
"""The longest first, by processor seconds; of a function that is called with several parameters all are meant."""


def place_of(nodeid: str) -> int:
    """Where a test stands among the longest; behind them all if it is none."""
    name = nodeid.partition("[")[0]
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)


def dealt(tests: list[T], long: list[T], workers: int) -> list[T]:
    """The tests in the order in which `--dist worksteal` hands them out, a part to each worker: every part begins with
    its share of the long ones."""
    rest, order = [test for test in tests if test not in long], list[T]()
    for worker in range(workers):
        mine = long[worker::workers]
        more = max(0, (len(tests) - len(order)) // (workers - worker) - len(mine))
        order += mine + rest[:more]
        del rest[:more]
    return order + rest

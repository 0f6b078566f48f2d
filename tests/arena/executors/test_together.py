"""Work side by side: order, isolation of threads, errors, and no orphans."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from arena.base.errors import ArenaError
from arena.executors.together import together
from arena.hosts.task import Task
from arena.reproduction.reproduction import Studio
from arena.workshop.options import Options
from tests.conftest import ROOT


def number_and_place(number: int) -> tuple[int, int, int]:
    time.sleep(0.3 if number == 0 else 0)
    return number, os.getpid(), torch.get_num_threads()


def refuse(number: int) -> int:
    if number == 1:
        raise ArenaError("one is refused")
    return number


def die(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def about(studio: Studio, item: tuple[str, int]) -> tuple[str, int, int]:
    return studio.about, item[1], studio.options.threads


def test_results_come_in_order_from_other_processes_with_one_thread_each():
    done = list(together(number_and_place, range(4), 2))
    assert [number for number, _, _ in done] == [0, 1, 2, 3]
    places = {place for _, place, _ in done}
    assert os.getpid() not in places and len(places) == 2
    assert {threads for _, _, threads in done} == {1}


def test_what_a_piece_raises_is_raised_when_its_turn_comes():
    found = together(refuse, range(3), 2)
    assert next(found) == 0
    with pytest.raises(ArenaError, match="one is refused"):
        next(found)


def test_a_process_that_dies_is_one_line():
    with pytest.raises(ArenaError, match="ended without a word"):
        list(together(die, range(3), 2))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_studio_names_the_item_and_gives_each_one_thread(threads, tmp_path):
    studio = Studio(Task(), Options(str(tmp_path), threads=threads), True, (1,))
    assert list(studio.together(about, [("digits", 1), ("digits", 2)])) == [("digits, 1: ", 1, 1),
                                                                            ("digits, 2: ", 2, 1)]


def dawdle(number: int) -> None:
    os.write(1, f"{os.getpid()}\n".encode())  # at once: both write
    time.sleep(60)


def test_workers_end_with_the_process_that_started_them():
    code = "from tests.arena.executors.test_together import dawdle, together\nlist(together(dawdle, range(2), 2))"
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 10
    while any(_runs(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(_runs(worker) for worker in workers)


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

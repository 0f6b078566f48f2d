"""A plan: dear pieces begin first, results come by item in the plan's order, and what is foretold is no sooner than the
longest piece."""

from __future__ import annotations

import os

import pytest
import torch

from arena.base.errors import ArenaError
from arena.hosts.task import Task
from arena.reproduction import plan
from arena.reproduction.plan import Piece
from arena.reproduction.reproduction import Studio
from arena.workshop.options import Options


def studio(tmp_path, threads=1, heard=None):
    said = heard.append if heard is not None else lambda line: None
    return Studio(Task(epochs=1), Options(str(tmp_path), threads=threads), True, (1,), say=said)


def square(studio: Studio, item: tuple[str, int]) -> tuple[int, int, int]:
    return item[1] ** 2, os.getpid(), studio.options.threads


def refuse(studio: Studio, item: tuple[str, int]) -> int:
    raise ArenaError(f"{item} can't be played")


PIECES = [Piece(("short", 2), 1.0), Piece(("long", 3), 30.0), Piece(("middle", 4), 5.0)]


@pytest.mark.parametrize("threads", [1, 2])
def test_results_come_by_item_and_the_longest_begins_first(tmp_path, threads):
    heard = []
    found = plan.play(studio(tmp_path, threads, heard), square, PIECES)
    assert {item: result[0] for item, result in found.items()} == {("short", 2): 4, ("long", 3): 9, ("middle", 4): 16}
    assert list(found) == [piece.item for piece in PIECES]
    assert {place != os.getpid() for _, place, _ in found.values()} == {threads > 1}
    assert {result[2] for result in found.values()} == {1}
    assert heard[0] == f"  3 pieces, about {36 if threads == 1 else 30} s here, less what the store has"
    assert [line.strip() for line in heard[1:]] == ["1 of 3: long, 3", "2 of 3: middle, 4", "3 of 3: short, 2"]


def test_a_piece_that_cant_be_played_ends_the_plan(tmp_path):
    with pytest.raises(ArenaError, match="can't be played"):
        plan.play(studio(tmp_path), refuse, PIECES)


@pytest.mark.parametrize(("seconds", "threads", "device", "wanted"), [
    ((10, 10, 10), 2, "cpu", 15), ((40, 10), 2, "cpu", 40), ((10, 10), 8, "cuda", 20), ((), 2, "cpu", 0)])
def test_no_plan_ends_before_its_longest_piece(seconds, threads, device, wanted):
    pieces = [Piece(str(number), each) for number, each in enumerate(seconds)]
    assert plan.foretold(pieces, Options("", threads=threads, device=device)) == wanted


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "about 1 s"), (89, "about 89 s"), (90, "about 2 min"),
                                                (1800, "about 30 min"), (7200, "about 2.0 h")])
def test_seconds_in_words(seconds, words):
    assert plan.in_words(seconds) == words


def test_a_step_is_measured_and_grows_with_its_batch(tmp_path):
    at = studio(tmp_path)
    small, large = (plan.step_seconds(at.workshop(1, task=Task(batch=size))) for size in (4, 2048))
    assert 0 < small < large and torch.get_num_threads() >= 1

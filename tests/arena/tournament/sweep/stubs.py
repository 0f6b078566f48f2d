"""Sweeps of stub matches, whose figures are known, and a count of how often they were played."""

from __future__ import annotations

import time
from pathlib import Path

from arena.tournament.cells import Cell
from arena.tournament.rows import Row
from arena.tournament.sweep.match import Claim
from tests.conftest import TINY

WORK = "tests.arena.tournament.sweep.stubs:play"
COUNT = "played.txt"


def scenario(folder, text=TINY):
    path = folder / "who.yaml"
    path.write_text(text)
    return path


def play(job):
    """alice is granted with odd seeds on what mallory did nothing to, never else; rarity is ten bits a seed. mallory's
    model is worse by a point a seed; pruning fails."""
    with (Path(job["path"]).parent / COUNT).open("a") as file:
        file.write(f"{job['key']}\n")
    attacks, seed = job["scenario"]["agents"]["mallory"].get("attacks", []), job["seed"]
    if attacks == ["prune"]:
        raise ValueError("no knife")
    return played(job["key"], Cell(**job["cell"]), seed, bool(seed % 2 and not attacks)).as_data()


def played(key, cell, seed, granted):
    claim = Claim("alice", "mallory", "victor", granted, "granted" if granted else "denied for rarity", 10.0 * seed,
                  5.0)
    return Row(key, cell, seed, "finished", {"mallory": 1 - seed / 100, "bob": 0.5},
               {"alice on mallory by victor": vars(claim)}, seconds=1.0)


def plays(folder):
    """The key of each match that was begun, in their order."""
    place = folder / COUNT
    return place.read_text().splitlines() if place.is_file() else []


def slowly(job):
    """The same in a moment of its own, so that somebody can stop it."""
    time.sleep(0.2)
    return play(job)

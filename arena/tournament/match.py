"""One match of a tournament, in a worker: played, and told as a line."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from arena.base.draws import Draws, master_of, world_of
from arena.match.match import Match
from arena.match.result import Result
from arena.scenario import scenario as scenarios
from arena.scenario.scenario import Scenario, build_task
from arena.tournament.cells import OWNER, Cell
from arena.tournament.rows import Row, row_of
from arena.workshop.options import Options

WORK = "arena.tournament.match:play"


Told = Callable[[Mapping[str, Any], Scenario, Options, Result, float], Row]
"""Makes the line of a match: of the job, the scenario, how it was played, the record, the seconds that it took."""


def play(job: Mapping[str, Any]) -> dict[str, Any]:
    """The line of a match. Its folder stays at `folder` where `keep` says so: `all`, or `failures`."""
    return played(job, _told)


def played(job: Mapping[str, Any], told: Told) -> dict[str, Any]:
    """Plays the scenario of a job, and gives its line as `told` makes it."""
    began, options = time.monotonic(), Options(**{**job["options"], "parts": tuple(job["options"]["parts"])})
    scenario = scenarios.from_data(job["scenario"], Path(job["path"]), options.data_folder)
    with tempfile.TemporaryDirectory(prefix="arena-run-") as scratch:
        run = Path(scratch) / "run"
        row = told(job, scenario, options, Match(scenario, options, run).play(), time.monotonic() - began)
        if job["keep"] == "all" or (job["keep"] == "failures" and not row.finished):
            shutil.copytree(run, job["folder"], dirs_exist_ok=True)
    return row.as_data()


def _told(job: Mapping[str, Any], scenario: Scenario, options: Options, result: Result, seconds: float) -> Row:
    return row_of(job["key"], Cell(**job["cell"]), job["seed"], result, _of_task(scenario, options), seconds)


def _of_task(scenario: Scenario, options: Options) -> dict[str, float]:
    """What one training of an unmarked host costs (operations: three forward passes an image), and of how many images
    it is."""
    from arena.workshop.workshop import Workshop  # torch, which whoever names this file doesn't need

    options = Options(**{**vars(options), "world": world_of(master_of(scenario.seed)),
                         "parts": tuple(scenario.agents[OWNER]["parts"])})
    task = build_task(scenario.task)
    shop = Workshop(task, Draws.of(scenario.seed, OWNER).secret, OWNER, options)
    images = len(shop.samples)
    return {"host_ops": 3.0 * shop.setting().flops * images * task.epochs, "train_size": float(images)}

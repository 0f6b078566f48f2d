"""A match as a piece of work for an executor: plain data in, the record as plain data out."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arena.match.match import Match
from arena.scenario import scenario as scenarios
from arena.workshop.options import Options

WORK = "arena.match.job:play"


def play(job: Mapping[str, Any]) -> dict[str, Any]:
    """Plays `scenario` (plain data, of a file at `path`) with `options`; with `keep` its run stays in that folder."""
    options = Options(**{**job["options"], "parts": tuple(job["options"]["parts"])})
    scenario = scenarios.from_data(job["scenario"], Path(job["path"]), options.data_folder)
    with tempfile.TemporaryDirectory(prefix="arena-run-") as scratch:
        run = Path(job["keep"]) if job.get("keep") else Path(scratch) / "run"
        return Match(scenario, options, run).play().as_data()

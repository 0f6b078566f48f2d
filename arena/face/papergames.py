"""The scenarios of a paper's folder, each played once with its own seed and told as a row: side by side on a
processor's cores, one thread each, as the page's hosts are trained, so that the two find each other's in the store."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from arena.base import yamlfile
from arena.base.errors import ArenaError
from arena.base.files import changed_files
from arena.base.machine import machine
from arena.executors.executor import Bounds, Job
from arena.executors.local import LocalProcesses
from arena.face import onrecord
from arena.face.matches import Result, load, play
from arena.reproduction.reproduction import Row
from arena.scenario.prices import price
from arena.scenario.scenario import load as load_scenario
from arena.workshop.options import Options

WORK = "arena.face.papergames:work"
BOUNDS = Bounds(24 * 3600.0, 64 * 2.0**30)
"""Those of a match are its own."""


def scenario_rows(folder: Path, options: Options, out: Path | None) -> Iterator[Row]:
    """A row for each scenario of the folder, in their order; their runs go into OUT/NAME."""
    if not folder.is_dir():
        yield Row("scenario", "none played", "-", "-", 0, differs=f"there is no folder {folder} here")
        return
    games = [(path, out / path.stem if out else None) for path in sorted(folder.glob("*.yaml"))]
    if options.device != "cpu" or options.threads == 1 or len(games) < 2:
        yield from (_played(path, run, options) for path, run in games)
    else:
        yield from _side_by_side(games, replace(options, threads=1), options.threads)


def _side_by_side(games: Sequence[tuple[Path, Path | None]], options: Options, processes: int) -> Iterator[Row]:
    """The rows as soon as those before them are there; the matches that are dear beside their hosts begin first."""
    executor, found = LocalProcesses(processes, BOUNDS), dict[str, Row]()
    waiting = [path for path, _ in games]
    try:
        for path, run in sorted(games, key=lambda game: -_beside_hosts(game[0], options)):
            executor.submit(Job(str(path), WORK, {"path": str(path), "run": str(run) if run else "",
                                                  "options": {**asdict(options), "parts": list(options.parts)}}))
        for done in executor.results():
            found[done.key] = Row(**done.data) if done.status == "done" else _unplayed(Path(done.key), done.error)
            while waiting and str(waiting[0]) in found:
                yield found[str(waiting.pop(0))]
    finally:
        executor.close()


def _beside_hosts(path: Path, options: Options) -> float:
    """Seconds that a match takes beside its hosts, about, which are in the store when it is played."""
    try:
        return math.fsum(price(yamlfile.read(path).data, options.data_folder, path.parent).agents.values())
    except ArenaError:
        return 0.0


def work(job: Mapping[str, Any]) -> dict[str, Any]:
    """A scenario's row, in a worker."""
    options = Options(**{**job["options"], "parts": tuple(job["options"]["parts"])})
    return asdict(_played(Path(job["path"]), Path(job["run"]) if job["run"] else None, options))


def _unplayed(path: Path, why: str) -> Row:
    return Row("scenario", path.stem, "-", "not played", 0, differs=why.splitlines()[0] if why else "it ended unasked")


def _recorded(path: Path, run: Path | None, options: Options) -> Result | None:
    """The record of the same match, played before by the same code on the same kind of machine: it need not be played
    again."""
    try:
        before = load(run) if run else None
    except ArenaError:
        return None
    same = (before is not None and before.status == "finished" and before.path == str(path.resolve())
            and before.machine == machine() and not changed_files(path.parent, before.files)
            and (before.options["device"], before.options["threads"]) == (options.device, options.threads))
    return before if same else None


def _result(path: Path, run: Path | None, options: Options) -> Result:
    """What comes of a scenario: its run is taken from the store where nothing is in the way of it, else played."""
    loaded = load_scenario(path, data=options.data_folder)
    record = onrecord.run_record(loaded, options) if run else None
    if record and run and onrecord.is_free(run) and (kept := record.read()) is not None:
        onrecord.unpack(kept, run)
        if (before := _recorded(path, run, options)) is not None:
            return before
    result = play(loaded, out=run, store=options.store, data=options.data or None, device=options.device,
                  threads=options.threads)
    if record and run and result.status == "finished":
        record.keep(onrecord.packed(run))
    return result


def _played(path: Path, run: Path | None, options: Options) -> Row:
    start = time.perf_counter()
    try:
        result = _recorded(path, run, options) or _result(path, run, options)
    except ArenaError as error:
        return _unplayed(path, str(error))
    met = sum(outcome.met for outcome in result.outcomes)
    missed = [f"{outcome.pair}: {outcome.got}" for outcome in result.outcomes if not outcome.met]
    took = f"{time.perf_counter() - start:.0f} s" + (f", {run.name}/report.html" if run else "")
    return Row("scenario", f"{path.stem}: {result.title}", "-", f"{met} of {len(result.outcomes)} verdicts as expected",
               1, differs="; ".join([*missed, took]), holds=result.as_expected if result.outcomes else None)

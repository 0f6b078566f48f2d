"""`arena reproduce`: a paper's rows as they come, its scenarios played, one page."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from arena.base.errors import ArenaError
from arena.base.files import write_atomically
from arena.hosts import datasets
from arena.reproduction.reproduction import Figure, Reproduction, Row, Studio
from arena.scenario import scenario
from arena.strategies.catalogue import find
from arena.workshop.options import Options


def reproduce(name: str, options: Options, out: Path, quick: bool, seeds: int | None = None) -> int:
    """Plays a paper's reproduction, prints its rows as they come, writes OUT/page.html and OUT/rows.json; 1 when something asked for does not hold."""
    from arena.report.reproduction import render

    play: Reproduction = find("reproductions", name)()
    task = play.task(quick)
    datasets.available(task.dataset, options.data_folder)
    studio = Studio(task, options, quick, tuple(range(1, (seeds or play.seeds) + 1)))
    started, rows, figures = time.perf_counter(), [], []
    print(f"{play.title}\n  {'quick' if quick else 'full'} profile: {task.dataset}, {task.network}, seeds 1 to {studio.seeds[-1]}", flush=True)
    for item in play.rows(studio):
        if isinstance(item, Figure):
            figures.append(item)
            continue
        rows.append(item)
        _show(item)
    for row in _scenarios(name, options):
        rows.append(row)
        _show(row)
    seconds = time.perf_counter() - started
    data = {"paper": play.title, "profile": "quick" if quick else "full", "task": asdict(task), "seconds": round(seconds, 1), "throughout": play.throughout,
            "rows": [asdict(r) for r in rows]}
    write_atomically(out / "rows.json", (json.dumps(data, indent=1) + "\n").encode())
    write_atomically(out / "page.html", render(play.title, data, rows, figures).encode())
    print(f"{out / 'page.html'} ({seconds:.0f} s)")
    return 1 if any(row.holds is False for row in rows) else 0


def _show(row: Row) -> None:
    mark = {True: "✓", False: "✗", None: " "}[row.holds]
    print(f"{mark} {row.where}: {row.what}: {row.ours} (paper: {row.paper}; n={row.n}; {row.spread}){'; ' + row.differs if row.differs else ''}", flush=True)


def _scenarios(name: str, options: Options) -> Iterator[Row]:
    """The scenarios of the paper's folder, each played once with its own seed."""
    from arena.game.transcript import read
    from arena.play.match import Game
    from arena.play.observer import Silent
    from arena.report.html import write
    from arena.report.summary import Summary

    folder = Path("scenarios", name)
    if not folder.is_dir() and ":" not in name:
        yield Row("scenario", "none played", "-", "-", 0, differs=f"there is no folder {folder} here")
    for path in sorted(folder.glob("*.yaml")):
        try:
            loaded = scenario.load(path, (), None, options.data_folder)
        except ArenaError as error:
            yield Row("scenario", path.stem, "-", "not played", 0, differs=str(error).splitlines()[0])
            continue
        run = Path("runs", f"{name}-{path.stem}")
        start = time.perf_counter()
        Game(loaded, options, run, Silent()).play()
        outcomes = Summary(read(run)).outcomes()
        met = [o for o in outcomes if o.met]
        missed = "; ".join(f"{o.expectation.pair}: {o.got}" for o in outcomes if not o.met)
        yield Row("scenario", f"{path.stem}: {loaded.title}", "-", f"{len(met)} of {len(outcomes)} verdicts as expected", 1,
                  differs=f"{missed + '; ' if missed else ''}{time.perf_counter() - start:.0f} s, {write(run)}",
                  holds=len(met) == len(outcomes) if outcomes else None)

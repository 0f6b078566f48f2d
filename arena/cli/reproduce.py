"""`arena reproduce`: a paper's rows as they come, its scenarios played, one page."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch

from arena import face
from arena.base.errors import ArenaError
from arena.base.files import write_atomically
from arena.hosts import datasets
from arena.report.reproduction import render
from arena.reproduction.reproduction import Figure, Reproduction, Row, Studio
from arena.strategies.catalogue import find
from arena.workshop.options import Options


def reproduce(name: str, options: Options, out: Path, quick: bool, seeds: int | None = None) -> int:
    """Plays a paper's reproduction, prints its rows as they come, writes OUT/page.html and OUT/rows.json; 1 when
    something asked for does not hold."""
    torch.set_num_threads(options.threads)
    play: Reproduction = find("reproductions", name)()
    task = play.task(quick)
    datasets.available(task.dataset, options.data_folder)
    studio = Studio(task, options, quick, tuple(range(1, (seeds or play.seeds) + 1)))
    started, rows, figures = time.perf_counter(), [], []
    print(f"{play.title}\n  {'quick' if quick else 'full'} profile: {task.dataset}, {task.network}, seeds 1 to "
          f"{studio.seeds[-1]}", flush=True)
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
    data = {"paper": play.title, "profile": "quick" if quick else "full", "task": asdict(task),
            "seconds": round(seconds, 1), "throughout": play.throughout,
            "rows": [asdict(r) for r in rows]}
    write_atomically(out / "rows.json", (json.dumps(data, indent=1) + "\n").encode())
    write_atomically(out / "page.html", render(play.title, data, rows, figures).encode())
    print(f"{out / 'page.html'} ({seconds:.0f} s)")
    return 1 if any(row.holds is False for row in rows) else 0


def _show(row: Row) -> None:
    mark = {True: "✓", False: "✗", None: " "}[row.holds]
    print(f"{mark} {row.where}: {row.what}: {row.ours} (paper: {row.paper}; n={row.n}; "
          f"{row.spread}){'; ' + row.differs if row.differs else ''}", flush=True)


def _scenarios(name: str, options: Options) -> Iterator[Row]:
    """The scenarios of the paper's folder, each played once with its own seed."""
    folder = Path("scenarios", name)
    if not folder.is_dir() and ":" not in name:
        yield Row("scenario", "none played", "-", "-", 0, differs=f"there is no folder {folder} here")
    for path in sorted(folder.glob("*.yaml")):
        yield _played(path, Path("runs", f"{name}-{path.stem}"), options)


def _played(path: Path, run: Path, options: Options) -> Row:
    start = time.perf_counter()
    try:
        result = face.play(path, out=run, store=options.store, data=options.data or None, device=options.device,
                           threads=options.threads)
    except ArenaError as error:
        return Row("scenario", path.stem, "-", "not played", 0, differs=str(error).splitlines()[0])
    met = sum(outcome.met for outcome in result.outcomes)
    missed = "; ".join(f"{outcome.pair}: {outcome.got}" for outcome in result.outcomes if not outcome.met)
    took = f"{time.perf_counter() - start:.0f} s, {run / 'report.html'}"
    return Row("scenario", f"{path.stem}: {result.title}", "-", f"{met} of {len(result.outcomes)} verdicts as expected",
               1,
               differs=f"{missed + '; ' if missed else ''}{took}",
               holds=result.as_expected if result.outcomes else None)

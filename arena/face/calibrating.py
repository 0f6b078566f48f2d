"""Whether a scheme's rarity promises what innocents keep, measured (`arena calibrate`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from arena.base.draws import MOST_SEED
from arena.base.errors import ArenaError
from arena.base.files import read_plain, write_atomically
from arena.base.yamlfile import YamlFile, parse
from arena.calibration import calibration
from arena.calibration.calibration import Heard
from arena.calibration.plan import TASK
from arena.face.machine import Place, options
from arena.hosts import datasets
from arena.hosts.task import Task
from arena.isolation.server import warm_up
from arena.report.calibration import render
from arena.report.calibration_plot import draw
from arena.scenario.builder import Builder
from arena.scenario.scenario import Changes, change
from arena.scenario.task import Library
from arena.strategies import Scheme
from arena.strategies.premises import Premises

FILE, PLOT, PAGE, JOURNAL = "calibration.json", "calibration.png", "report.html", "scores.jsonl"


@dataclass(frozen=True)
class Calibrated(calibration.Calibration):
    """A calibration, and what can be made of it."""

    def report(self, folder: Place) -> tuple[Path, Path, Path]:
        """Writes FOLDER/calibration.json, FOLDER/calibration.png and FOLDER/report.html; gives their paths."""
        data, plot, page = Path(folder, FILE), Path(folder, PLOT), Path(folder, PAGE)
        write_atomically(data, (json.dumps(self.as_data(), indent=1) + "\n").encode())
        write_atomically(plot, draw(self))
        write_atomically(page, render(self, (FILE, PLOT)).encode())
        return data, plot, page


def calibrate(scheme: str | Mapping[str, Any] | Scheme, *, dataset: str = TASK.dataset, hosts: int = 60,
              keys: int = 200, seed: int = 0, changes: Changes = (), out: Place | None = None,
              observer: Heard = lambda what, done, total: None, store: Place | None = None, data: Place | None = None,
              device: str = "auto", threads: int = 0) -> Calibrated:
    """Scores honest keys of a scheme on innocent hosts (`arena.calibration`): a scheme as scenarios write it (`rose`,
    `{"rose": {"level": 3}}`, `mine.py:Mine`), or one that was made; `changes` as `task.epochs` or `scheme.rose.level`.

    With `out` the plot and the record stay there, and the scores key by key, so that what was stopped goes on. A user's
    own scheme is imported in this process; it has one thread afterwards. ArenaError for what can't be calibrated.
    """
    import torch

    if not 0 <= seed <= MOST_SEED:
        raise ArenaError(f"seed {seed}: from 0 to 2^128 - 1")
    warm_up()
    made = options(store, data, device, threads)
    scheme, task = _built(scheme, dataset, changes)
    datasets.available(task.dataset, made.data_folder)
    _check(scheme, task, made.data_folder)
    processes, folder = (made.threads if made.device == "cpu" else 1), Path(out) if out is not None else None
    torch.set_num_threads(1)
    found = calibration.calibrate(scheme, task, replace(made, threads=1), hosts=hosts, keys=keys, seed=seed,
                                  processes=processes, heard=observer, journal=folder / JOURNAL if folder else None)
    dressed = _dressed(found)
    if folder is not None:
        dressed.report(folder)
    return dressed


def load(folder: Place) -> Calibrated:
    """A calibration from the folder in which it was left. ArenaError when there is none."""
    try:
        return _dressed(calibration.Calibration.from_data(json.loads(read_plain(Path(folder, FILE)) or b"{}")))
    except ValueError:
        raise ArenaError(f"{Path(folder, FILE)}: this is no calibration") from None


def _dressed(plain: calibration.Calibration) -> Calibrated:
    return Calibrated(**{f.name: getattr(plain, f.name) for f in fields(plain)})


def _built(scheme: str | Mapping[str, Any] | Scheme, dataset: str, changes: Changes) -> tuple[Scheme, Task]:
    """The scheme and the task, changed."""
    plain = {"epochs": TASK.epochs, "rate": TASK.rate, "schedule": TASK.schedule, "dataset": dataset}
    given = parse(scheme, "scheme").data if isinstance(scheme, str) and "{" in scheme else scheme
    file = YamlFile("calibrate", {"task": plain, **({} if isinstance(given, Scheme) else {"scheme": given})})
    change(file, changes)
    for key in file.data:
        if key not in ("task", "scheme") or (key == "scheme" and isinstance(given, Scheme)):
            raise ArenaError(f"change {key}: only `task.PARAMETER` and `scheme.NAME.PARAMETER` can be changed here")
    builder = Builder(file, Path.cwd())
    task: Task = builder.dataclass(Task, file.data["task"], ("task",))
    return given if isinstance(given, Scheme) else builder.strategy("schemes", file.data["scheme"], ("scheme",)), task


def _check(scheme: Scheme, task: Task, folder: Path | None) -> None:
    """ArenaError where the scheme doesn't fit the task."""
    from arena.hosts.architecture import Architecture

    library = Library(folder, task)
    data = library(task.dataset)
    premises = Premises(data, Architecture(task.network, len(data.classes), data.shape, task.resize), library)
    if (misfit := scheme.misfit(premises)) is not None:
        raise ArenaError(f"{misfit.parameter or 'scheme'}: {misfit.text}")

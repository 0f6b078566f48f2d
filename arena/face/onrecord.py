"""What was found or played before by the same code, on the same kind of machine, from the same data: kept in the store,
so that a page is read where it would be played again (`arena.face.reproducing`).

Kept are a paper's rows and figures, and the folders of its scenarios' runs, each under all that it depends on: sources,
libraries and processor, device and threads, the data sets at hand, the seeds, the scenario. Each is sealed with a
secret that hangs on its seed, as an agent's artefacts are (`arena.hosts.store`).
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from arena.base.draws import Draws
from arena.base.files import file_hash, file_hashes
from arena.base.machine import machine
from arena.hosts import datasets
from arena.hosts.data.known import KNOWN
from arena.hosts.store import Store
from arena.match.runfolder import LOCK, locked
from arena.reproduction.reproduction import Figure, Row, Studio
from arena.scenario.scenario import Scenario
from arena.workshop.options import Options

VERSION = 1
KEEPER = "the record"
"""Whose secret seals it: no agent's name has a space."""
KINDS: Mapping[str, Any] = {"Row": Row, "Figure": Figure}


@dataclass(frozen=True)
class Record:
    """A place in the store for what came of `recipe` (plain JSON data)."""

    store: Store
    recipe: Mapping[str, Any]
    secret: bytes = field(repr=False)

    def read(self) -> bytes | None:
        """What is kept there; None when nothing whole is."""
        found = self.store.find(self.recipe, self.secret)
        return found[0] if found else None

    def keep(self, raw: bytes) -> None:
        """Puts it there."""
        self.store.keep(self.recipe, raw, self.secret)


def page_record(paper: str, studio: Studio) -> Record:
    """Where the rows and figures of a built-in reproduction are kept."""
    recipe = {"page": VERSION, "paper": paper, "quick": studio.quick, "seeds": list(studio.seeds),
              "task": asdict(studio.task)}
    return _record(recipe, studio.seeds[0], studio.options)


def run_record(scenario: Scenario, options: Options) -> Record:
    """Where the run of a scenario is kept."""
    path = scenario.path.resolve()
    recipe = {"run": VERSION, "scenario": scenario.as_dict(), "path": str(path),
              "files": file_hashes(path.parent, [path.name, *scenario.files])}
    return _record(recipe, scenario.seed, options)


def _record(recipe: dict[str, Any], seed: int, options: Options) -> Record:
    return Record(Store(Path(options.store)), {**recipe, **_circumstances(options)}, Draws.of(seed, KEEPER).secret)


def _circumstances(options: Options) -> dict[str, Any]:
    """What all that is found depends on, whatever was asked."""
    places = [Path(place) for place in (os.environ.get("ARENA_DATA"), options.data) if place]
    return {"machine": machine(), "device": options.device, "threads": options.threads,
            "sets": [name for name in KNOWN if datasets.at_hand(name, options.data_folder)],
            "data": {file.name: file_hash(file) for place in places for file in place.glob("*.npz")}}


def as_bytes(found: Iterable[Row | Figure]) -> bytes:
    """Rows and figures in their order."""
    return json.dumps([[type(item).__name__, asdict(item)] for item in found]).encode()


def from_bytes(raw: bytes) -> list[Row | Figure]:
    """What `as_bytes` wrote."""
    return [KINDS[kind](**values) for kind, values in json.loads(raw)]


def packed(run: Path) -> bytes:
    """A run's folder, in one piece."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in run.rglob("*") if path.is_file() and path.name != LOCK):
            archive.writestr(zipfile.ZipInfo(file.relative_to(run).as_posix()), file.read_bytes())
    return out.getvalue()


def unpack(raw: bytes, run: Path) -> None:
    """Puts back what `packed` took, into a folder that holds nothing; ArenaError when it can't be written."""
    with locked(run), zipfile.ZipFile(io.BytesIO(raw)) as archive:
        archive.extractall(run)


def is_free(run: Path) -> bool:
    """Whether nothing is in the way of a run there."""
    return not run.exists() or (run.is_dir() and not any(run.iterdir()))

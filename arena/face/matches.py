"""Matches from Python: checked, played, loaded, played again."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.base.files import changed_files
from arena.base.shipped import located
from arena.face.machine import Place, data_folder, options
from arena.game import transcript
from arena.isolation.apart import Apart
from arena.isolation.server import warm_up
from arena.match import record
from arena.match import result as results
from arena.match.match import Match
from arena.match.observer import Observer, Silent
from arena.report import html, plots
from arena.scenario import scenario as scenarios
from arena.scenario.scenario import Changes, Scenario


@dataclass(frozen=True, repr=False)
class Result(results.Result):
    """One match (see `arena.match.result.Result` for what it holds), and what can be made of it. `run` is its
    folder."""

    run: Path = field(default_factory=Path, compare=False)
    kept: Any = field(default=None, compare=False)
    """What removes the folder when the result is gone, where nobody wanted one."""

    def report(self, path: Place, panels: Sequence[Place] = ()) -> Path:
        """Writes the match's page, one self-contained HTML file, with the panels in these files of the user's own
        (`arena.report.panels`) beside the arena's; gives its path."""
        return html.write(self.run, Path(path), [Path(panel) for panel in panels])

    def __repr__(self) -> str:
        return "\n".join([f"{self.title} ({self.status}, seed {self.seed})", *self.sentences()])

    def _repr_html_(self) -> str:
        rows = [(v.claimant, v.deployer, v.text, "; ".join(v.reasons)) for v in self.verdicts]
        verdicts = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
        head = f"<p><b>{escape(self.title)}</b> ({escape(self.status)}, seed {self.seed})</p>"
        names = "<tr><th>claimant</th><th>service of</th><th>verdict</th><th>why</th></tr>"
        return f"{head}<table>{names}{verdicts}</table>"


def _dressed(plain: results.Result, run: Path, kept: Any = None) -> Result:
    return Result(**{f.name: getattr(plain, f.name) for f in fields(plain)}, run=run, kept=kept)


def check(scenario: Place | Mapping[str, Any], *, changes: Changes = (), seed: int | str | None = None,
          data: Place | None = None) -> Scenario:
    """The scenario (a file, or the name of one that comes with Arena), validated: data, weights and own files opened,
    whatever can't be played refused. ArenaError with file:line:col, the fault and what would be right."""
    if isinstance(scenario, Mapping):
        return scenarios.load_data(scenario, changes, seed, data_folder(data))
    path = located(scenario)
    if re.search(rb"\w:\w", path.read_bytes()):  # parts of the user's own, probably: a process will be needed
        warm_up()
    return scenarios.load(path, changes, seed, data_folder(data))


def play(scenario: Place | Mapping[str, Any] | Scenario, *, seed: int | str | None = None, changes: Changes = (),
         out: Place | None = None, observer: Observer | None = None, store: Place | None = None,
         data: Place | None = None, device: str = "auto", threads: int = 0) -> Result:
    """Plays a scenario (a file, or the same as a mapping) and gives what happened. Quiet: `observer` hears of progress.

    With `out` the run's folder stays there (transcript, result, report); without, nothing is left behind but what the
    store keeps. ArenaError as `check`; what agents do wrong is in `faults`.
    """
    warm_up()
    loaded = scenario if isinstance(scenario, Scenario) else check(scenario, changes=changes, seed=seed, data=data)
    kept = tempfile.TemporaryDirectory(prefix="arena-run-") if out is None else None
    run = Path(kept.name) / "run" if kept is not None else Path(str(out))
    match = Match(loaded, options(store, data, device, threads), run, observer or Silent())
    if out is None:
        return _dressed(match.play(), run, kept)
    with Apart(html.write, plots.prepare) as write:
        try:
            played = match.play()
        finally:
            if (run / results.FILE).is_file() and (run / transcript.FILE).is_file():
                write(run)
    return _dressed(played, run)


def load(run: Place) -> Result:
    """A result that was played before: a run's folder, or the result.json in it. ArenaError when it is none."""
    folder = Path(run).parent if Path(run).name == results.FILE else Path(run)
    return _dressed(record.result_of(folder), folder)


@dataclass(frozen=True)
class Replay:
    """A run played again: the transcript's hashes, the user's files that changed since, and the first line that differs
    (None: the same) as it was and as it is now."""

    recorded: str
    now: str
    entries: int
    changed: tuple[str, ...] = ()
    place: int | None = None
    lines: tuple[Any, Any] = (None, None)

    @property
    def same(self) -> bool:
        return self.place is None


def replay(run: Place, *, store: Place | None = None, data: Place | None = None,
           observer: Observer | None = None) -> Replay:
    """Plays a finished run again with its own seed, device and threads, and compares every line of its transcript."""
    before, recorded = load(run), transcript.read(Path(run))
    if recorded.status != "finished":
        raise ArenaError(f"{run}: the transcript is {recorded.status}: only a finished run can be compared")
    path, kept = Path(before.path), before.options
    changed = tuple(changed_files(path.parent, before.files))
    made = options(store or kept["store"], data or kept["data"] or None, before.options["device"], kept["threads"])
    loaded = scenarios.from_data(recorded.scenario, path, made.data_folder)
    warm_up()
    with tempfile.TemporaryDirectory() as folder:
        Match(loaded, made, Path(folder) / "run", observer or Silent()).play()
        again = transcript.read(Path(folder) / "run")
    if again.hash == recorded.hash:
        return Replay(recorded.hash, again.hash, len(again.entries), changed)
    pairs = zip_longest(recorded.entries, again.entries)
    place, lines = next((n, pair) for n, pair in enumerate(pairs) if pair[0] != pair[1])
    return Replay(recorded.hash, again.hash, len(again.entries), changed, place, lines)


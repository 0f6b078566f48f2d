"""What the command line shows while a game is played and after it; lists of what there is; replays."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from arena import scenario, strategies, transcript
from arena.errors import ArenaError
from arena.game import Game, Observer, Silent
from arena.report.summary import Summary
from arena.scenario import Scenario
from arena.workshop import Options


class Screen:
    """A progress bar with the time left, and a line for every message; plain lines off a terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        columns = (TextColumn("  {task.description}"), BarColumn(30), MofNCompleteColumn(), TimeRemainingColumn(compact=True),
                   TextColumn("{task.fields[text]}"))
        self.bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._bar: Any = None
        self._what = ""

    def __enter__(self) -> Screen:
        self.bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bars.stop()

    def entry(self, entry: Mapping[str, Any]) -> None:
        self._clear()
        if entry["entry"] == "message" and entry["body"]["kind"] not in ("Query", "Response"):
            self.console.print(f"  {entry['sender']:>10} → {entry['to']:<8} {entry['body']['kind']}", style="dim", highlight=False, markup=False)
        elif entry["entry"] == "note" and entry["topic"] == "stage":
            text = f"{entry['data']['stage']}: test accuracy {100 * entry['data']['after']:.1f} %"
            self.console.print(f"  {entry['agent']:>10}   {text}", style="dim", highlight=False, markup=False)

    def progress(self, agent: str, event: Mapping[str, Any]) -> None:
        what = f"{agent}: {event['what']}"
        if what != self._what:
            self._clear()
            self._bar, self._what = self.bars.add_task(what, total=event["total"], text=""), what
        self.bars.update(self._bar, completed=event["done"], text=event["text"])

    def _clear(self) -> None:
        if self._bar is not None:
            self.bars.remove_task(self._bar)
        self._bar, self._what = None, ""


def play(loaded: Scenario, options: Any, run: Path) -> int:
    """Plays, writes the report (also of a game that was stopped), prints who won and why; 1 when an expectation was not met."""
    console = Console(soft_wrap=True)
    console.print(loaded.title, style="bold", markup=False)
    try:
        with Screen(console) as screen:
            digest = Game(loaded, options, run, screen).play()
    except KeyboardInterrupt:
        _report(run, console)
        raise
    summary = Summary(transcript.read(run))
    for sentence in summary.sentences():
        won = ": granted" in sentence
        console.print(("✓ " if won else "✗ ") + sentence, style="green" if won else "", highlight=False, markup=False)
    missed = [o for o in summary.outcomes() if not o.met]
    for outcome in missed:
        e = outcome.expectation
        console.print(f"! expected {e.pair}: {e.word} {', '.join(e.failing)}; got {outcome.got}", style="red", markup=False)
    _report(run, console)
    console.print(f"transcript {digest}", style="dim", highlight=False)
    return 1 if missed else 0


def _report(run: Path, console: Console) -> None:
    from arena.report.html import write

    console.print(f"report: {write(run)}", highlight=False, markup=False)


def replay(run: Path, args: argparse.Namespace) -> int:
    """Plays a recorded run again with its own seed, device and threads; 0 when every line is the same."""
    import json

    recorded = transcript.read(run)
    if recorded.status != "finished":
        raise ArenaError(f"{run}: the transcript is {recorded.status}: only a finished run can be compared")
    try:
        facts = json.loads((recorded.run / "run.json").read_text())
    except (OSError, ValueError):
        raise ArenaError(f"{run}: run.json is missing or damaged") from None
    kept = facts["options"]
    options = Options(str(args.store or kept["store"]), str(args.data or kept["data"]), recorded.head["device"], recorded.head["threads"])
    loaded = scenario.from_data(recorded.scenario, Path(facts["path"]), options.data_folder)
    observer: Observer = Silent()
    with tempfile.TemporaryDirectory() as folder:
        Game(loaded, options, Path(folder) / "run", observer).play()
        again = transcript.read(Path(folder) / "run")
    if again.hash == recorded.hash:
        print(f"the same: {len(again.entries)} entries, transcript {again.hash}")
        return 0
    place = next((i for i, (a, b) in enumerate(zip(recorded.entries, again.entries, strict=False)) if a != b), min(len(recorded.entries), len(again.entries)))
    print(f"different from line {place + 1} on:\n  recorded: {_line(recorded, place)}\n  now:      {_line(again, place)}")
    return 1


def _line(read: transcript.Transcript, place: int) -> str:
    return str(read.entries[place])[:400] if place < len(read.entries) else "(nothing)"


def device(wanted: str) -> str:
    """cpu or cuda; ArenaError when CUDA is wanted and absent."""
    if wanted == "cpu":
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        raise ArenaError("--device cuda: torch finds no CUDA device here")
    return "cpu"


def catalogue(kind: str) -> Mapping[str, str]:
    """Name -> one line, of what `arena list` shows."""
    if kind == "datasets":
        from arena.hosts.datasets import KNOWN

        return KNOWN
    if kind == "networks":
        from arena.hosts.networks import known_networks

        return {**known_networks(), "resnet18, ...": "any of torchvision's classification models, by its name there"}
    if kind == "scenarios":
        from arena.yamlfile import read

        folder = Path("scenarios")
        return {str(path): str(read(path).data.get("title", "")) for path in sorted(folder.rglob("*.yaml"))}
    return strategies.built_in(kind)

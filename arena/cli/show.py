"""What the command line shows while a game is played and after it; lists of what there is; replays."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from arena.base.errors import ArenaError
from arena.base.files import changed_files
from arena.base.told import told
from arena.game import transcript
from arena.play.match import Game
from arena.report.summary import Summary
from arena.scenario import scenario
from arena.scenario.scenario import Scenario
from arena.workshop.options import Options


class Safe(io.TextIOBase):
    """Standard output that never ends a match: a closed pipe is silence, a character that the terminal lacks is a question mark."""

    def __init__(self, stream: TextIO) -> None:
        self.stream: TextIO | None = stream

    def write(self, text: str) -> int:
        try:
            if self.stream is not None:
                encoding = getattr(self.stream, "encoding", None) or "utf-8"
                self.stream.write(text.encode(encoding, "replace").decode(encoding, "replace"))
        except (OSError, ValueError):
            self._give_up()
        return len(text)

    def flush(self) -> None:
        try:
            if self.stream is not None:
                self.stream.flush()
        except (OSError, ValueError):
            self._give_up()

    def isatty(self) -> bool:
        return self.stream is not None and self.stream.isatty()

    def fileno(self) -> int:
        if self.stream is None:
            raise OSError("closed")
        return self.stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return getattr(self.stream, "encoding", None) or "utf-8"

    def _give_up(self) -> None:
        """Nobody reads any more: what Python still holds back goes nowhere, so that it doesn't complain at its end."""
        stream, self.stream = self.stream, None
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]


def console() -> Console:
    """The console that all of a match's lines go to."""
    return Console(file=cast(TextIO, Safe(sys.stdout)), soft_wrap=True)


class Screen:
    """A progress bar with the time left, and a line for every message; plain lines off a terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        columns = (TextColumn("  {task.description}", markup=False), BarColumn(30), MofNCompleteColumn(), TimeRemainingColumn(compact=True),
                   TextColumn("{task.fields[text]}", markup=False))
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
        if entry["entry"] == "message" and entry["body"]["kind"] not in ("Query", "Response", "Departure"):
            self._line(f"  {entry['sender']:>10} → {entry['to']:<8} {entry['body']['kind']}")
        elif entry["entry"] == "note" and entry["topic"] == "stage":
            self._line(f"  {entry['agent']:>10}   {told(entry['data']['stage'], 200)}: test accuracy {100 * entry['data']['after']:.1f} %")
        elif entry["entry"] == "note" and entry["topic"] == "mark" and entry["data"]["rarity"] < FAINT:
            self._line(f"! {entry['agent']}'s key scores {entry['data']['rarity']:.1f} bits on {entry['agent']}'s own release "
                       f"({told(entry['data']['text'])}): train longer, or raise oversample", "yellow")
        elif entry["entry"] == "fault":
            self._line(f"! {entry['agent']} was refused: {told(entry['text'])}", "yellow")
        elif entry["entry"] == "left":
            self._line(f"! {entry['agent']} left the play: {told(entry['reason'], 500)}", "red")

    def printed(self, agent: str, text: str) -> None:
        self._clear()
        self._line(f"  {agent:>10} prints: {text}")

    def progress(self, agent: str, event: Mapping[str, Any]) -> None:
        what = f"{agent}: {event['what']}"
        if what != self._what:
            self._clear()
            self._bar, self._what = self.bars.add_task(what, total=event["total"], text=""), what
        self.bars.update(self._bar, completed=event["done"], text=event["text"])

    def _line(self, text: str, style: str = "dim") -> None:
        self.console.print(text, style=style, highlight=False, markup=False)

    def _clear(self) -> None:
        if self._bar is not None:
            self.bars.remove_task(self._bar)
        self._bar, self._what = None, ""


FAINT = 20.0
"""Bits of rarity on the owner's own release, under which a mark did not take."""


def play(loaded: Scenario, options: Any, run: Path) -> int:
    """Plays, writes the report (also of a game that was stopped), prints who won and why; 1 when an expectation was not met."""
    out = console()
    out.print(told(loaded.title), style="bold", markup=False)
    game = Game(loaded, options, run)
    try:
        with Screen(out) as game.observer:  # type: ignore[assignment]
            digest = game.play()
    except KeyboardInterrupt:
        _report(run, out)
        raise
    finally:
        for fault in game.faults:
            if fault.details:
                lines = "\n".join(told(line) for line in fault.details.splitlines())
                print(f"{fault.agent}, turn {fault.turn}:\n{lines}".rstrip(), file=Safe(sys.stderr))
    summary = Summary(transcript.read(run))
    for granted, sentence in summary.sentences():
        out.print(("✓ " if granted else "✗ ") + told(sentence, 2000), style="green" if granted else "", highlight=False, markup=False)
    missed = [o for o in summary.outcomes() if not o.met]
    for outcome in missed:
        e = outcome.expectation
        out.print(f"! expected {e.pair}: {e.word} {', '.join(e.failing)}; got {outcome.got}", style="red", markup=False)
    _report(run, out)
    out.print(f"transcript {digest}", style="dim", highlight=False)
    return 1 if missed else 0


def _report(run: Path, out: Console) -> None:
    from arena.report.html import write

    out.print(f"report: {write(run)}", highlight=False, markup=False)


def replay(run: Path, args: argparse.Namespace) -> int:
    """Plays a recorded run again with its own seed, device and threads; 0 when every line is the same."""
    recorded = transcript.read(run)
    if recorded.status != "finished":
        raise ArenaError(f"{run}: the transcript is {recorded.status}: only a finished run can be compared")
    try:
        facts = json.loads((recorded.run / "run.json").read_text())
        kept, path, files = facts["options"], Path(facts["path"]), dict(facts.get("files", {}))
        options = Options(str(args.store or kept["store"]), str(args.data or kept["data"]), recorded.head["device"], recorded.head["threads"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ArenaError(f"{run}: run.json is missing or damaged") from None
    for name in changed_files(path.parent, files):
        print(f"{path.parent / name}: changed or gone since this run was recorded")
    loaded = scenario.from_data(recorded.scenario, path, options.data_folder)
    with tempfile.TemporaryDirectory() as folder:
        Game(loaded, options, Path(folder) / "run").play()
        again = transcript.read(Path(folder) / "run")
    if again.hash == recorded.hash:
        print(f"the same: {len(again.entries)} entries, transcript {again.hash}")
        return 0
    place = next((i for i, (a, b) in enumerate(zip(recorded.entries, again.entries, strict=False)) if a != b), min(len(recorded.entries), len(again.entries)))
    print(f"different from line {place + 1} on:\n  recorded: {_line(recorded, place)}\n  now:      {_line(again, place)}")
    return 1


def _line(read: transcript.Transcript, place: int) -> str:
    return told(read.entries[place], 400) if place < len(read.entries) else "(nothing)"


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

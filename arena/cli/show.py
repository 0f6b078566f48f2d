"""What the command line shows while a match is played and after it; replays."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from arena import face
from arena.base.errors import ArenaError
from arena.base.told import told
from arena.base.yamlfile import read
from arena.match.runfolder import default_run


class Safe(io.TextIOBase):
    """Standard output that never ends a match: a closed pipe is silence, a character that the terminal lacks is a
    question mark."""

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
        columns = (TextColumn("  {task.description}", markup=False), BarColumn(30), MofNCompleteColumn(),
                   TimeRemainingColumn(compact=True),
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
            self._line(f"  {entry['agent']:>10}   {told(entry['data']['stage'], 200)}: test accuracy "
                       f"{100 * entry['data']['after']:.1f} %")
        elif entry["entry"] == "note" and entry["topic"] == "mark" and entry["data"]["rarity"] < FAINT:
            self._line(f"! {entry['agent']}'s key scores {entry['data']['rarity']:.1f} bits on {entry['agent']}'s own "
                       f"release "
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


def play(scenario: Path, run: Path | None, seed: str | None, changes: Sequence[str], **how: Any) -> int:
    """Plays, prints who won and why and where the report is; 1 when an expectation was not met."""
    out = console()
    said = _say_what_comes(out, scenario, changes, how["data"])
    loaded = face.check(scenario, changes=changes, seed=seed, data=how["data"])
    folder = run or default_run(scenario, loaded.seed_text, changes)
    if not said:
        out.print(told(loaded.title), style="bold", markup=False)
    screen = Screen(out)
    try:
        with screen:
            result = face.play(loaded, out=folder, observer=screen, **how)
    except KeyboardInterrupt:
        if (folder / "report.html").is_file():
            _say_faults(face.load(folder))
            out.print(f"report: {folder / 'report.html'}", highlight=False, markup=False)
        raise
    _say_faults(result)
    for verdict, sentence in zip(result.verdicts, result.sentences(), strict=True):
        mark, style = ("✓ ", "green") if verdict.granted else ("✗ ", "")
        out.print(mark + told(sentence, 2000), style=style, highlight=False, markup=False)
    for o in (o for o in result.outcomes if not o.met):
        out.print(f"! expected {o.pair}: {o.expected} {', '.join(o.failing)}; got {o.got}", style="red", markup=False)
    out.print(f"report: {folder / 'report.html'}", highlight=False, markup=False)
    out.print(f"transcript {result.transcript}", style="dim", highlight=False)
    return 0 if result.as_expected else 1


def _say_what_comes(out: Console, scenario: Path, changes: Sequence[str], data: Path | None) -> bool:
    """The title and what will be trained, before the scenario is checked; False, and nothing, where it can't be
    read."""
    from arena.scenario.foreseen import foreseen
    from arena.scenario.scenario import change

    with suppress(ArenaError):
        found = change(read(scenario), changes).data
        title = found.get("title", scenario.stem) if isinstance(found, dict) else None
        if isinstance(title, str):
            out.print(told(title), style="bold", markup=False)
            if line := foreseen(found, face.data_folder(data), scenario.parent):
                out.print(f"  {told(line)}", style="dim", highlight=False, markup=False)
            return True
    return False


def _say_faults(result: face.Result) -> None:
    """The details of those who broke down, for their authors."""
    for fault in result.faults:
        if fault.details:
            lines = "\n".join(told(line) for line in fault.details.splitlines())
            print(f"{fault.agent}, turn {fault.turn}:\n{lines}".rstrip(), file=Safe(sys.stderr))


def replay(run: Path, **how: Any) -> int:
    """Plays a recorded run again and says whether every line is the same; 0 when it is."""
    again = face.replay(run, **how)
    for name in again.changed:
        print(f"{name}: changed or gone since this run was recorded")
    if again.same:
        print(f"the same: {again.entries} entries, transcript {again.now}")
        return 0
    before, now = (told(line, 400) if line is not None else "(nothing)" for line in again.lines)
    print(f"different from line {(again.place or 0) + 1} on:\n  recorded: {before}\n  now:      {now}")
    return 1

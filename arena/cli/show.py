"""What the command line shows while a match is played and after it; replays."""

from __future__ import annotations

import io
import json
import os
import sys
import time
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
from arena.cli import claims
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


def console(stream: TextIO | None = None) -> Console:
    """The console that all of a match's lines go to: standard output, or another stream."""
    return Console(file=cast(TextIO, Safe(stream or sys.stdout)), soft_wrap=True)


EVERY = 10.0
"""Seconds between two lines of progress off a terminal."""


class Screen:
    """A progress bar with the time left, and a line for every message; off a terminal a line of progress now and
    then."""

    def __init__(self, console: Console) -> None:
        self.console = console
        columns = (TextColumn("  {task.description}", markup=False), BarColumn(30), MofNCompleteColumn(),
                   TimeRemainingColumn(compact=True),
                   TextColumn("{task.fields[text]}", markup=False))
        self.bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._bar: Any = None
        self._what = ""
        self._since = self._said = time.monotonic()

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
            self._since = time.monotonic()
        self.bars.update(self._bar, completed=event["done"], text=event["text"])
        if not self.console.is_terminal and time.monotonic() - self._said > EVERY:
            self._said = time.monotonic()
            self._line(f"  {told(what)}: {event['done']} of {event['total']}{self._left(event)}")

    def _left(self, event: Mapping[str, Any]) -> str:
        done, total, seconds = event["done"], event["total"], time.monotonic() - self._since
        known = type(done) is int and type(total) is int and 0 < done < total
        return f", about {(total - done) * seconds / done:.0f} s left" if known else ""

    def _line(self, text: str, style: str = "dim") -> None:
        self.console.print(text, style=style, highlight=False, markup=False)

    def _clear(self) -> None:
        if self._bar is not None:
            self.bars.remove_task(self._bar)
        self._bar, self._what = None, ""


FAINT = 20.0
"""Bits of rarity on the owner's own release, under which a mark did not take."""


def play(scenario: Path, run: Path | None, seed: str | None, changes: Sequence[str], *, overwrite: bool = False,
         verbose: bool = False, machines: bool = False, **how: Any) -> int:
    """Plays, prints the table of claims and where the report is; 1 when an expectation was not met. `machines`: JSON is
    all that standard output gets."""
    out = console(sys.stderr if machines else None)
    said = _say_what_comes(out, scenario, changes, how["data"])
    loaded = face.check(scenario, changes=changes, seed=seed, data=how["data"])
    folder = run or default_run(scenario, loaded.seed_text, changes)
    if not overwrite:
        _check_free(folder, scenario)
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
    if machines:
        print(json.dumps(claims.as_data(result, folder), indent=1))
        return 0 if result.as_expected else 1
    for line in claims.lines(result, verbose):
        out.print(line, style="green" if line.startswith("✓") else "", highlight=False, markup=False)
    for o in (o for o in result.outcomes if not o.met):
        out.print(f"! expected {o.pair}: {o.expected} {', '.join(o.failing)}; got {o.got}", style="red", markup=False)
    out.print(f"report: {folder / 'report.html'}", highlight=False, markup=False)
    out.print(f"transcript {result.transcript}", style="dim", highlight=False)
    return 0 if result.as_expected else 1


def _check_free(folder: Path, scenario: Path) -> None:
    """ArenaError where a finished run of another scenario lies in a folder."""
    try:
        before = face.load(folder)
    except ArenaError:
        return
    if before.status == "finished" and before.path != str(scenario.resolve()):
        raise ArenaError(f"{folder}: a finished run of {before.path} is there; --overwrite replaces it")


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

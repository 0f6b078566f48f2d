"""What may stand on the command line, a function a group of commands."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from arena.base.machine import VERSION

SCENARIO = "a file, or a name in `arena list scenarios`"


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="arena",
                                  description="An adversarial game simulator for the ownership of neural networks.")
    top.add_argument("--version", action="version", version=f"arena {VERSION}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (_scenarios, _runs, _forge, _calibrate, _reproduce, _tournament, _design, _sweep):
        add(commands)
    schema = commands.add_parser("schema", help="print the JSON Schema of scenario files, for editors")
    schema.add_argument("of", nargs="?", choices=("scenario", "tournament"), default="scenario",
                        help="of which files (default: scenarios)")
    return top


def _scenarios(commands: Any) -> None:
    run = commands.add_parser("run", help="play a scenario and write its report")
    run.add_argument("scenario", type=Path, help=SCENARIO)
    _changes(run)
    run.add_argument("--limit", action="append", default=[], metavar="NAME=VALUE",
                     help="what agents may use, e.g. turn='10 min' (as --set limits.NAME=VALUE)")
    run.add_argument("--out", type=Path,
                     help="the run's folder (default: runs/SCENARIO-seedN, and with changes a name of their own)")
    run.add_argument("--overwrite", action="store_true", help="replace a finished run of another scenario in OUT")
    run.add_argument("-v", "--verbose", action="store_true", help="the reasons of each verdict below it")
    run.add_argument("--json", action="store_true", help="the end as JSON on standard output, all else on stderr")
    _machine(run)
    new = commands.add_parser("new", help="begin a scenario of your own with a copy of one that comes with Arena")
    new.add_argument("file", type=Path, help="what to write, e.g. mine.yaml")
    new.add_argument("--from", dest="source", default="quickstart", metavar="NAME",
                     help="in `arena list scenarios` or `tournaments`, or a file (default: quickstart)")
    new.add_argument("--overwrite", action="store_true", help="replace what is there")
    check = commands.add_parser("check", help="read a scenario, say whether it can be played and what it takes")
    check.add_argument("scenario", type=Path, help=f"{SCENARIO}; a tournament's too")
    _changes(check)
    check.add_argument("--data", type=Path, help="folder with data sets as NAME.npz (default: $ARENA_DATA)")
    listing = commands.add_parser("list", help="what there is, one line each")
    listing.add_argument("what", nargs="?", metavar="KIND", help="e.g. attacks (default: everything)")
    listing.add_argument("--file", type=Path, help="what a Python file of your own defines, read and not imported")
    show = commands.add_parser("show", help="what a strategy, network, data set, payoff or solver does, its "
                                            "parameters, an example")
    show.add_argument("name", help="in `arena list`, or mine.py:Mine of a file of your own")


def _runs(commands: Any) -> None:
    replay = commands.add_parser("replay", help="play a recorded run again and compare")
    replay.add_argument("run", type=Path, help="the run's folder")
    _machine(replay)
    opened = commands.add_parser("open", help="open a run's report in the browser")
    opened.add_argument("run", type=Path, help="the folder of a run, tournament, sweep or reproduction, or a page")
    report = commands.add_parser("report", help="write a run's report again")
    report.add_argument("run", type=Path, help="the run's folder")
    report.add_argument("--panel", type=Path, action="append", default=[], metavar="FILE",
                        help="a panel of your own, a Python file with draw(run)")


def _forge(commands: Any) -> None:
    forge = commands.add_parser("forge", help="measure what forging a key costs on this machine")
    forge.add_argument("scenario", type=Path, nargs="?", default=Path("quickstart"),
                       help="whose host, triggers, policy (default: quickstart)")
    _changes(forge)
    forge.add_argument("--budget", type=float, default=30.0, help="seconds of forging (default 30)")
    forge.add_argument("--memory", type=int, default=16,
                       help="level 3: scrypt with N = 2^MEMORY, 2^MEMORY KiB (default 16: 64 MiB)")
    forge.add_argument("--out", type=Path, default=Path("runs/forge"), help="where OUT.json, OUT.png and OUT.html go")
    _machine(forge)


def _calibrate(commands: Any) -> None:
    calibrate = commands.add_parser("calibrate", help="score honest keys of a scheme on innocent hosts: does its "
                                                      "rarity promise what innocents keep?")
    calibrate.add_argument("scheme", help="a name, or with parameters as in a scenario: '{rose: {level: 3}}'")
    calibrate.add_argument("--dataset", default="digits", help="what hosts are for (default: digits)")
    calibrate.add_argument("--hosts", type=int, default=60, help="innocent hosts (default 60)")
    calibrate.add_argument("--keys", type=int, default=200, help="honest keys (default 200)")
    calibrate.add_argument("--seed", type=int, default=0, help="of everything that is drawn (default 0)")
    calibrate.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", dest="changes",
                           help="e.g. task.epochs=8, scheme.rose.level=3")
    calibrate.add_argument("--out", type=Path, help="the folder (default: runs/calibrate-SCHEME)")
    _machine(calibrate)


def _reproduce(commands: Any) -> None:
    reproduce = commands.add_parser("reproduce", help="play a paper again: its numbers beside ours, on one page")
    reproduce.add_argument("paper", help="its name in `arena list reproductions`; all: every one, with an index")
    profile = reproduce.add_mutually_exclusive_group()
    profile.add_argument("--quick", action="store_true", default=True, help="for two cores (default)")
    profile.add_argument("--full", action="store_true", help="longer, for a GPU: the page says what changes")
    reproduce.add_argument("--seeds", type=int,
                           help="how many hosts of each kind (default: 2, unless the paper's reproduction says "
                                "otherwise)")
    reproduce.add_argument("--out", type=Path, help="the page's folder (default: runs/reproduce-PAPER)")
    reproduce.add_argument("--docs", type=Path, metavar="DIR",
                           help="write DIR/PAPER.md too, with its pictures in DIR/PAPER (docs/results)")
    _machine(reproduce)


def _tournament(commands: Any) -> None:
    play = commands.add_parser("tournament", help="play schemes against thieves and forgeries, and solve their game")
    play.add_argument("file", type=Path, help="a file, or a name in `arena list tournaments`")
    play.add_argument("--plan", action="store_true", help="say what would be played, and what can't be and why")
    play.add_argument("--seeds", type=int, help="play every cell with so many (default: as the file says)")
    play.add_argument("--games", type=int, help="at most so many matches in all")
    play.add_argument("--executor", help="local, serial or ray (default: as the file says)")
    play.add_argument("--out", type=Path, help="the tournament's folder (default: runs/FILE); the same goes on")
    play.add_argument("--docs", type=Path, metavar="DIR",
                      help="write who outlives what as DIR/FILE/table.md and a picture too (docs/results)")
    _place(play)


def _sweep(commands: Any) -> None:
    sweep = commands.add_parser("sweep", help="play a scenario with every combination of some values and every seed")
    sweep.add_argument("scenario", type=Path, help=SCENARIO)
    sweep.add_argument("--seeds", default="1-5", help="1-5, 1,4,9 or a count (default: 1-5)")
    sweep.add_argument("--vary", action="append", default=[], metavar="PATH=LIST",
                       help="e.g. agents.mallory.attacks='[[], [fine-tune], [prune]]'")
    sweep.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", dest="changes",
                       help="for all matches, e.g. task.epochs=3")
    sweep.add_argument("--plan", action="store_true", help="say what would be played, and what can't be and why")
    sweep.add_argument("--limit", action="append", default=[], metavar="NAME=VALUE",
                       help="of a match: match='10 min', memory='4 GiB', attempts=2 (how often one that broke down is "
                            "tried)")
    sweep.add_argument("--keep", choices=("failures", "all", "none"), default="failures",
                       help="whose runs stay in OUT/matches (default: failures)")
    sweep.add_argument("--executor", default="local", help="local, serial or ray (default: local)")
    sweep.add_argument("--out", type=Path, help="the sweep's folder (default: runs/sweep-SCENARIO); the same goes on")
    _place(sweep)
    compare = commands.add_parser("compare", help="put results side by side: claims, accuracies, spending, and what "
                                                  "differs in their scenarios")
    compare.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run's folder, or its result.json")
    compare.add_argument("--out", type=Path, metavar="PAGE", help="write a page too, e.g. compared.html")


def _place(command: argparse.ArgumentParser) -> None:
    command.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto",
                         help="auto takes CUDA when it is there")
    command.add_argument("--data", type=Path, help="folder with data sets as NAME.npz (default: $ARENA_DATA)")
    command.add_argument("--store", type=Path,
                         help="folder of kept artefacts (default: $ARENA_STORE, else the user's cache)")


def _design(commands: Any) -> None:
    design = commands.add_parser("design", help="which setting of a scheme: what it costs against what thieves leave")
    design.add_argument("file", type=Path, help="a tournament's: whose scheme, against whose attacks")
    design.add_argument("--max-loss", required=True, metavar="LOSS",
                        help="accuracy that the mark may cost with its interval, e.g. '1 point'")
    design.add_argument("--scheme", default="", help="of learn.schemes, or of schemes with --search")
    design.add_argument("--search", action="append", default=[], metavar="NAME=LOW:HIGH",
                        help="a parameter and its range, or its choices NAME=A,B,C (default: as learn.schemes says)")
    design.add_argument("--trials", type=int, default=12, help="settings that are tried (default 12)")
    design.add_argument("--seeds", type=int, default=5, help="matches of each setting and attack (default 5)")
    design.add_argument("--task", default="", help="on which of the file's tasks (default: the first)")
    design.add_argument("--thief-loss", metavar="LOSS",
                        help="count only attacks that cost the thief no more, e.g. '5 points' (default: all)")
    design.add_argument("--executor", help="local, serial or ray (default: as the file says)")
    design.add_argument("--out", type=Path, help="the design's folder (default: runs/design-FILE); the same goes on")
    design.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="auto takes CUDA")
    design.add_argument("--data", type=Path, help="folder with data sets as NAME.npz (default: $ARENA_DATA)")
    design.add_argument("--store", type=Path, help="folder of kept artefacts (default: $ARENA_STORE, else the cache)")


def _changes(command: argparse.ArgumentParser) -> None:
    command.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", dest="changes",
                         help="e.g. task.epochs=3")
    command.add_argument("--seed", type=_seed, help="a number, or random (128 bits that nobody can guess)")


def _seed(text: str) -> int | str:
    if text != "random" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no seed: a number or random is wanted")
    return text if text == "random" else int(text)


def _machine(command: argparse.ArgumentParser) -> None:
    command.add_argument("--threads", type=int, default=0,
                         help="default: the cores this process may use; the bits depend on it")
    _place(command)

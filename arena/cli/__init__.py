"""The command line. Everything heavy is imported late: `arena --help` must answer at once."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError, StrategyCrash
from arena.base.machine import VERSION


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="arena",
                                  description="An adversarial game simulator for the ownership of neural networks.")
    top.add_argument("--version", action="version", version=f"arena {VERSION}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="play a scenario and write its report")
    run.add_argument("scenario", type=Path)
    _changes(run)
    run.add_argument("--limit", action="append", default=[], metavar="NAME=VALUE",
                     help="what agents may use, e.g. turn='10 min' (as --set limits.NAME=VALUE)")
    run.add_argument("--out", type=Path,
                     help="the run's folder (default: runs/SCENARIO-seedN, and with changes a name of their own)")
    _machine(run)
    check = commands.add_parser("check", help="read a scenario and say whether it can be played")
    check.add_argument("scenario", type=Path)
    _changes(check)
    check.add_argument("--data", type=Path, help="folder with data sets as NAME.npz (default: $ARENA_DATA)")
    listing = commands.add_parser("list", help="what there is, one line each")
    listing.add_argument("what", nargs="?", metavar="KIND", help="e.g. attacks (default: everything)")
    replay = commands.add_parser("replay", help="play a recorded run again and compare")
    replay.add_argument("run", type=Path)
    _machine(replay)
    report = commands.add_parser("report", help="write a run's report again")
    report.add_argument("run", type=Path)
    forge = commands.add_parser("forge", help="measure what forging a key costs on this machine")
    forge.add_argument("scenario", type=Path, nargs="?", default=Path("scenarios/quickstart.yaml"),
                       help="whose host, triggers, policy (default: quickstart)")
    _changes(forge)
    forge.add_argument("--budget", type=float, default=30.0, help="seconds of forging (default 30)")
    forge.add_argument("--memory", type=int, default=16,
                       help="level 3: scrypt with N = 2^MEMORY, 2^MEMORY KiB (default 16: 64 MiB)")
    forge.add_argument("--out", type=Path, default=Path("runs/forge"), help="where OUT.json and OUT.png go")
    _machine(forge)
    reproduce = commands.add_parser("reproduce", help="play a paper again: its numbers beside ours, on one page")
    reproduce.add_argument("paper", help="its name in `arena list reproductions`")
    profile = reproduce.add_mutually_exclusive_group()
    profile.add_argument("--quick", action="store_true", default=True, help="two cores, under half an hour (default)")
    profile.add_argument("--full", action="store_true", help="the paper's own schedule, for a GPU")
    reproduce.add_argument("--seeds", type=int,
                           help="how many hosts of each kind (default: 2, unless the paper's reproduction says "
                                "otherwise)")
    reproduce.add_argument("--out", type=Path, help="the page's folder (default: runs/reproduce-PAPER)")
    _machine(reproduce)
    commands.add_parser("schema", help="print the JSON Schema of scenario files, for editors")
    return top


def _changes(command: argparse.ArgumentParser) -> None:
    command.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", dest="changes",
                         help="e.g. task.epochs=3")
    command.add_argument("--seed", type=_seed, help="a number, or random (128 bits that nobody can guess)")


def _seed(text: str) -> int | str:
    if text != "random" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no seed: a number or random is wanted")
    return text if text == "random" else int(text)


def _machine(command: argparse.ArgumentParser) -> None:
    command.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto",
                         help="auto takes CUDA when it is there")
    command.add_argument("--threads", type=int, default=0,
                         help="default: the cores this process may use; the bits depend on it")
    command.add_argument("--data", type=Path, help="folder with data sets as NAME.npz (default: $ARENA_DATA)")
    command.add_argument("--store", type=Path,
                         help="folder of kept artefacts (default: $ARENA_STORE, else the user's cache)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 not as expected (or a strategy crashed), 2 the user's mistake, 130 cancelled."""
    args = parser().parse_args(arguments)
    try:
        return _COMMANDS[args.command](args)
    except ArenaError as error:
        print(f"arena: {error}", file=sys.stderr)
        return 2
    except StrategyCrash as crash:
        print(f"{crash.details}arena: {crash}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("arena: cancelled; the same command goes on with what was finished", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(args: argparse.Namespace) -> int:
    from arena.isolation.server import warm_up

    if not args.scenario.is_file():
        raise ArenaError(f"{args.scenario}: no such file")
    warm_up()
    from arena.cli.show import play

    changes = [*args.changes, *(f"limits.{limit}" for limit in args.limit)]
    return play(args.scenario, args.out, changes=changes, seed=args.seed, variant=changes, **_machine_of(args))


def _check(args: argparse.Namespace) -> int:
    from arena.face import check

    loaded = check(args.scenario, changes=args.changes, seed=args.seed, data=args.data)
    cast = ", ".join(f"{name} ({part['role']})" for name, part in loaded.agents.items())
    print(f"{args.scenario}: fine: {loaded.title}\n  {cast}")
    return 0


def _list(args: argparse.Namespace) -> int:
    from arena.cli.listing import lines

    print("\n".join(lines(args.what)))
    return 0


def _replay(args: argparse.Namespace) -> int:
    from arena.isolation.server import warm_up

    warm_up()
    from arena.cli.show import replay

    return replay(args.run, store=args.store, data=args.data)


def _forge(args: argparse.Namespace) -> int:
    from arena.isolation.server import settle_environment

    settle_environment()
    from arena.cli.forge import forge
    from arena.face import data_folder, options
    from arena.scenario import scenario

    if not 4 <= args.memory <= 24:
        raise ArenaError(f"--memory {args.memory}: from 4 (16 KiB) to 24 (16 GiB)")
    loaded = scenario.load(args.scenario, args.changes, args.seed, data_folder(args.data))
    return forge(loaded, options(**_machine_of(args)), args.out, args.budget, 1 << args.memory)


def _reproduce(args: argparse.Namespace) -> int:
    from arena.isolation.server import warm_up

    if args.seeds is not None and args.seeds < 1:
        raise ArenaError(f"--seeds {args.seeds}: at least 1")
    warm_up()
    from arena.cli.reproduce import reproduce
    from arena.face import options

    out = args.out or Path("runs") / f"reproduce-{args.paper}"
    return reproduce(args.paper, options(**_machine_of(args)), out, not args.full, args.seeds)


def _report(args: argparse.Namespace) -> int:
    from arena.report.html import write

    print(write(args.run))
    return 0


def _schema(args: argparse.Namespace) -> int:
    import json

    from arena.scenario.schema import schema

    print(json.dumps(schema(), indent=1))
    return 0


def _machine_of(args: argparse.Namespace) -> dict[str, Any]:
    """What `_machine` asked for, as the face takes it."""
    if args.threads < 0:
        raise ArenaError(f"--threads {args.threads}: at least 1")
    return {"store": args.store, "data": args.data, "device": args.device, "threads": args.threads}


_COMMANDS = {"run": _run, "check": _check, "list": _list, "replay": _replay, "report": _report, "forge": _forge,
             "reproduce": _reproduce, "schema": _schema}

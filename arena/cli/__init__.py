"""The command line. Everything heavy is imported late: `arena --help` must answer at once."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arena.base.errors import ArenaError
from arena.base.shipped import TOURNAMENTS, located
from arena.base.told import told
from arena.cli.completion import complete
from arena.cli.parser import parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 not as expected, 2 the user's mistake, 130 cancelled."""
    top = parser()
    complete(top)
    args = top.parse_args(arguments)
    try:
        return _COMMANDS[args.command](args)
    except ArenaError as error:
        print(f"arena: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("arena: cancelled; the same command goes on with what was finished", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(args: argparse.Namespace) -> int:
    from arena.isolation.server import warm_up

    scenario = located(args.scenario)
    warm_up()
    from arena.cli.show import play

    changes = [*args.changes, *(f"limits.{limit}" for limit in args.limit)]
    return play(scenario, args.out, args.seed, changes, overwrite=args.overwrite, verbose=args.verbose,
                machines=args.json, **_machine_of(args))


def _check(args: argparse.Namespace) -> int:
    from arena.cli.new import is_tournament
    from arena.face import check, data_folder
    from arena.scenario.prices import lines

    args.scenario = located(args.scenario, TOURNAMENTS)
    if is_tournament(args.scenario):
        return _check_tournament(args)
    loaded = check(args.scenario, changes=args.changes, seed=args.seed, data=args.data)
    cast = ", ".join(f"{name} ({part['role']})" for name, part in loaded.agents.items())
    print(f"{args.scenario}: fine: {loaded.title}\n  {cast}")
    for line in lines(loaded.as_dict(), data_folder(args.data), loaded.path.parent):
        print(f"  {told(line, 1000)}")
    return 0


def _check_tournament(args: argparse.Namespace) -> int:
    from arena.face import data_folder
    from arena.face.tournaments import Tournament
    from arena.tournament.prices import lines

    loaded = Tournament.load(args.scenario, data=args.data)
    print(f"{args.scenario}: fine: {loaded.spec.title}")
    plan = loaded.plan()
    for line in (*plan.sentences(loaded.spec.seeds.least), *lines(plan, data_folder(args.data))):
        print(f"  {told(line, 1000)}")
    return 0


def _new(args: argparse.Namespace) -> int:
    from arena.cli.new import new

    return new(args.file, args.source, args.overwrite)


def _list(args: argparse.Namespace) -> int:
    from arena.cli.listing import lines
    from arena.cli.sources import listed

    print("\n".join(listed(args.file, args.what) if args.file else lines(args.what)))
    return 0


def _open(args: argparse.Namespace) -> int:
    from arena.cli.openreport import open_report

    return open_report(args.run)


def _show(args: argparse.Namespace) -> int:
    from arena.cli.explain import explained

    print("\n".join(explained(args.name)))
    return 0


def _replay(args: argparse.Namespace) -> int:
    from arena.isolation.server import warm_up

    warm_up()
    from arena.cli.show import replay

    return replay(args.run, store=args.store, data=args.data)


def _forge(args: argparse.Namespace) -> int:
    from arena.cli.forge import forge

    return forge(args.scenario, args.out, args.memory, budget=args.budget, seed=args.seed, changes=args.changes,
                 **_machine_of(args))


def _calibrate(args: argparse.Namespace) -> int:
    import re

    from arena.isolation.server import warm_up

    warm_up()
    from arena.cli.calibrate import calibrate

    out = args.out or Path("runs") / f"calibrate-{re.sub(r'[^a-zA-Z0-9]+', '-', args.scheme).strip('-')}"
    return calibrate(args.scheme, out, dataset=args.dataset, hosts=args.hosts, keys=args.keys, seed=args.seed,
                     changes=args.changes, **_machine_of(args))


def _reproduce(args: argparse.Namespace) -> int:
    from arena.isolation.server import warm_up

    if args.seeds is not None and args.seeds < 1:
        raise ArenaError(f"--seeds {args.seeds}: at least 1")
    warm_up()
    from arena.cli.reproduce import reproduce

    out = args.out or Path("runs") / f"reproduce-{args.paper}"
    return reproduce(args.paper, out, quick=not args.full, seeds=args.seeds, docs=args.docs, **_machine_of(args))


def _tournament(args: argparse.Namespace) -> int:
    from arena.isolation.server import warm_up

    warm_up(many=True)
    from arena.cli.tournament import tournament

    return tournament(args.file, args.out or Path("runs") / f"tournament-{args.file.stem}", args.plan, args.docs,
                      seeds=args.seeds, games=args.games, executor=args.executor, store=args.store, data=args.data,
                      device=args.device)


def _design(args: argparse.Namespace) -> int:
    from arena.isolation.server import warm_up

    warm_up(many=True)
    from arena.cli.design import design

    names = ("max_loss", "scheme", "search", "trials", "seeds", "task", "thief_loss", "executor", "store", "data",
             "device")
    out = args.out or Path("runs") / f"design-{args.file.stem}"
    return design(args.file, out, **{name: getattr(args, name) for name in names})


def _sweep(args: argparse.Namespace) -> int:
    from arena.isolation.server import warm_up

    warm_up(many=True)
    from arena.cli.sweep import sweep

    limits = dict(_limit(text) for text in args.limit)
    return sweep(args.scenario, args.out or Path("runs") / f"sweep-{args.scenario.stem}", args.plan, seeds=args.seeds,
                 vary=args.vary, changes=args.changes, limits=limits, keep=args.keep, executor=args.executor,
                 store=args.store, data=args.data, device=args.device)


def _limit(text: str) -> tuple[str, Any]:
    from arena.base.yamlfile import parse

    name, equals, value = text.partition("=")
    if not equals or not value.strip():
        raise ArenaError(f"--limit {text}: NAME=VALUE is wanted, such as match='10 min'")
    return name.strip(), parse(value, f"--limit {text}").data


def _compare(args: argparse.Namespace) -> int:
    from arena.cli.compare import compare

    return compare(args.runs, args.out)


def _report(args: argparse.Namespace) -> int:
    from arena.report.html import write

    print(write(args.run, panels=args.panel))
    return 0


def _schema(args: argparse.Namespace) -> int:
    import json

    from arena.scenario.schema import schema, tournament_schema
    from arena.tournament.spec import EXECUTORS, SETTINGS

    print(json.dumps(tournament_schema(SETTINGS, EXECUTORS) if args.of == "tournament" else schema(), indent=1))
    return 0


def _machine_of(args: argparse.Namespace) -> dict[str, Any]:
    """What `_machine` asked for, as the face takes it."""
    if args.threads < 0:
        raise ArenaError(f"--threads {args.threads}: at least 1")
    return {"store": args.store, "data": args.data, "device": args.device, "threads": args.threads}


_COMMANDS = {"run": _run, "new": _new, "check": _check, "list": _list, "show": _show, "open": _open,
             "replay": _replay,
             "report": _report, "forge": _forge, "calibrate": _calibrate, "reproduce": _reproduce,
             "tournament": _tournament, "design": _design, "sweep": _sweep, "compare": _compare, "schema": _schema}

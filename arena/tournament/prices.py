"""What a tournament will take at least, for `arena check` and `arena tournament --plan`: its matches priced one by one
(`arena.scenario.prices`), a host that several of them share counted once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from arena.scenario.foreseen import hosts_of
from arena.scenario.prices import Price, duration, price, size
from arena.tournament.cells import OWNER, Cell, scenario
from arena.tournament.plan import Plan


def lines(plan: Plan, data: Path | None = None) -> Iterator[str]:
    """How long the hosts, and the attacks and forgeries, take one after another with the least number of seeds; the
    memory of a match; the data that will be fetched."""
    seeds, beside = plan.spec.seeds.least, plan.spec.path.parent
    matches = {cell: scenario(plan.spec, cell, plan.spec.seeds.first).data for cell in plan.cells}
    found = {cell: price(match, data, beside) for cell, match in matches.items()}
    hosts = seeds * sum(_hosts(matches, found).values())
    others = seeds * sum(sum(each.agents.values()) for each in found.values())
    trained = f"hosts {duration(hosts)}, less what the store has" if hosts else "how long hosts take isn't foreseen"
    yield (f"about, one after another: {trained}; attacks and forgeries {duration(others)}; the rest of a match comes "
           f"on top")
    if unknown := sorted({what for each in found.values() for what in each.unknown}):
        yield f"not foreseen: {', '.join(unknown)}"
    most = max(each.memory for each in found.values())
    yield (f"memory: about {size(most)} a match, and more while networks are trained; no match has more than "
           f"{size(plan.spec.limits.memory)} (limits.memory)")
    yield from dict.fromkeys(line for each in found.values() for line in each.fetched)


def _hosts(matches: Mapping[Cell, Mapping[str, Any]], found: Mapping[Cell, Price]) -> dict[tuple[str, ...], float]:
    """Seconds by what makes a host that host, its seed apart: the task's unmarked one, one a scheme, one a thief who
    stole nothing."""
    seconds: dict[tuple[str, ...], float] = {}
    for cell, match in matches.items():
        counts, each = hosts_of(match), found[cell].host
        if OWNER in counts:
            seconds[cell.task, "marked", cell.scheme] = each
        seconds[cell.task, "unmarked"] = each
        if counts.keys() - {OWNER}:
            seconds[cell.task, "innocent", cell.thief] = each
    return seconds

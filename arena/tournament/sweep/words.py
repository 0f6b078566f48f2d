"""A sweep's table in words: for the screen as for its page."""

from __future__ import annotations

from collections.abc import Sequence

from arena.base.yamlfile import text_of
from arena.tournament.sweep.table import Line, Spread


def shortened(paths: Sequence[str]) -> dict[str, str]:
    """Path -> its last words, as few (two at least) as no other path ends with."""
    return {path: next(_tail(path, words) for words in range(2, 100) if _tail(path, words) == path or
                       sum(_tail(other, words) == _tail(path, words) for other in paths) == 1) for path in paths}


def _tail(path: str, words: int) -> str:
    return ".".join(path.split(".")[-words:])


def claim_of(line: Line, several: bool) -> str:
    """`alice on mallory`, with `by victor` where there are several verifiers."""
    if not line.claimant:
        return f"nobody on {line.deployer}" if line.deployer else ""
    return f"{line.claimant} on {line.deployer}" + (f" by {line.verifier}" if several else "")


def granted_of(line: Line) -> str:
    """`4 of 5 (28 to 99 %)`"""
    found = line.granted
    return f"{line.hits} of {found.n} ({100 * found.low:.0f} to {100 * found.high:.0f} %)" if found else "-"


def spread_of(found: Spread | None, factor: float = 1.0) -> str:
    """`106.3 ± 2.1 (5)`: mean, standard deviation, of how many."""
    if found is None:
        return "-"
    scatter = f" ± {factor * found.deviation:.1f}" if found.deviation is not None else ""
    return f"{factor * found.mean:.1f}{scatter} ({found.n})"


def figures_of(line: Line) -> tuple[str, str, str, str]:
    """Granted, rarity (bits), work (bits), accuracy (%), as texts."""
    return granted_of(line), spread_of(line.rarity), spread_of(line.work), spread_of(line.accuracy, 100)


def values_of(line: Line) -> tuple[str, ...]:
    """The combination's values as texts, path by path."""
    return tuple(text_of(value) for value in line.values.values())

"""Who plays a tournament's matches, and how often, where a caller says otherwise than the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeGuard

from arena.base.errors import ArenaError
from arena.executors.executor import Executor
from arena.isolation.server import warm_up
from arena.tournament import spec
from arena.tournament.engine import executor_of


@contextmanager
def seats(settings: Any, limits: spec.MatchLimits, given: Executor | None = None) -> Iterator[Executor]:
    """The executor that settings ask for, closed at the end, or the one that is given, which stays open; workers are
    forked from a server that has torch."""
    warm_up(many=True)
    made = given or executor_of(settings, limits.match, limits.memory)
    try:
        yield made
    finally:
        if made is not given:
            made.close()


def is_executor(given: Any) -> TypeGuard[Executor]:
    """Whether it is one, and no name of one."""
    return hasattr(given, "submit")


def changed(found: spec.Spec, seeds: int | None, executor: Any) -> spec.Spec:
    """The tournament with so many seeds a cell, no more and no less, and another executor; ArenaError for none that
    there is."""
    if seeds is not None:
        if seeds < 1:
            raise ArenaError(f"{seeds} seeds: at least 1")
        found = replace(found, seeds=replace(found.seeds, least=seeds, most=seeds))
    if executor is not None and not is_executor(executor):
        found = replace(found, executor=spec.executor_called(found.file, found.path, executor))
    return found

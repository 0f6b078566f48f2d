"""Who watches a match: the command line's progress display, or nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Observer(Protocol):
    """Who watches a game: the command line's progress display, or nobody."""

    def entry(self, entry: Mapping[str, Any]) -> None: ...

    def progress(self, agent: str, event: Mapping[str, Any]) -> None: ...

    def printed(self, agent: str, text: str) -> None: ...


class Silent:
    """Watches nothing."""

    def entry(self, entry: Mapping[str, Any]) -> None:
        return None

    def progress(self, agent: str, event: Mapping[str, Any]) -> None:
        return None

    def printed(self, agent: str, text: str) -> None:
        return None

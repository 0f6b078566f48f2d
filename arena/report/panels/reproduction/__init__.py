"""The page of a reproduction: what its panels draw from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arena.reproduction.reproduction import Figure, Row


@dataclass(frozen=True)
class Paper:
    """A paper played again: `data` says how (profile, task, seconds, what differs throughout), as in rows.json."""

    data: Mapping[str, Any]
    rows: Sequence[Row]
    figures: Sequence[Figure] = ()

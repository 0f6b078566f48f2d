"""The page of a run: what its panels draw from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from arena.game.messages import Claim, Message
from arena.game.transcript import Transcript
from arena.match.result import Result

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True)
class Run:
    """A match's record and transcript; `page` is the folder in which the page will lie (None: the run's own)."""

    result: Result
    transcript: Transcript
    page: Path | None = None

    def beside(self, name: str) -> str:
        """A link from the page to a file of the run."""
        folder = self.transcript.run
        return quote(Path(os.path.relpath(folder / name, self.page or folder)).as_posix())

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """All that was said, with its arrays."""
        return tuple(self.transcript.messages())

    @cached_property
    def claims(self) -> dict[int, Claim]:
        """Claims by the number of their message."""
        return {m.number: m.body for m in self.messages if isinstance(m.body, Claim)}

    @cached_property
    def lineage(self) -> networkx.DiGraph:
        """Which model came from which."""
        return self.transcript.lineage()

    def founded(self, claimant: str, deployer: str) -> bool:
        """Whether the service's model comes from one that the claimant released."""
        import networkx

        released = [name for name, data in self.lineage.nodes(data=True)
                    if data["agent"] == claimant and data["kind"] == "released"]
        made = [name for name, data in self.lineage.nodes(data=True) if data["agent"] == deployer][-1:]
        return any(networkx.has_path(self.lineage, start, end) for start in released for end in made)

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """Who marked a host of his own: his key is the one to look at first."""
        return tuple(record.owner for record in self.result.marks)

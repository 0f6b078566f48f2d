"""An agent: a name, a role, and what it does in its turn.

A role is a protocol (what an Owner, Attacker, Usurper or Verifier says, and when); it is one class with `take_turn`.
The arena gives it a `Turn`: the messages addressed to it or to all since its last turn, and a workshop with what it may
use. What it returns (or yields) are bodies for everybody, or `Envelope(name, body)` for one. It never sees another
agent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from arena.game.messages import Body, Envelope, Message

if TYPE_CHECKING:
    import numpy as np

    from arena.game.rarity import Evidence
    from arena.strategies.attack import Attack
    from arena.strategies.forgery import Forgery
    from arena.strategies.premises import Misfit, Premises
    from arena.workshop.workshop import Workshop

B = TypeVar("B", bound=Body)
CURTAIN = -1
"""The turn of the curtain call."""
Noting = Callable[..., None]
"""Called with a `Note`, or with a topic of one's own and plain data."""


@dataclass(frozen=True)
class Turn:
    """What an agent gets when it is its turn."""

    number: int
    me: str
    inbox: tuple[Message, ...]
    workshop: Workshop
    note: Noting

    def received(self, kind: type[B]) -> list[tuple[Message, B]]:
        """The new messages of one kind, oldest first, each with its body."""
        return [(message, message.body) for message in self.inbox if isinstance(message.body, kind)]


@dataclass(frozen=True)
class Theft:
    """What a thief sets out to do, as his parameters of these names say: from whom he steals ("": the first who
    releases), how many labelled samples he has (0: all that are held out), and his attacks in order."""

    steals: str
    samples: int
    attacks: Sequence[Attack]


class Agent:
    """Base of the roles. Subclasses are dataclasses: their fields are the parameters in a scenario. State lives in
    attributes.

    What a role is, its class declares: `data` names the parts of the task's data that it has, `verifies` says that it
    judges claims, `sells` that it releases hosts of its own, `deploys` that it runs a service on what others released,
    `forges` that it claims with a key that it forged (of its parameter `scheme`);
    `admits` names its parameters that are schemes, or lists of their names, of which claims are heard; `reads` those
    that are files, whose hashes are recorded. A role of one's
    own has what the built-in one that it derives from declares.
    """

    data: ClassVar[tuple[str, ...]] = ("fine-tune", "validation", "test")
    verifies: ClassVar[bool] = False
    sells: ClassVar[bool] = False
    deploys: ClassVar[bool] = False
    forges: ClassVar[bool] = False
    admits: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()

    @property
    def copies(self) -> int | None:
        """How many marked copies of his host one who sells will have released; None where only playing tells."""
        return None

    @property
    def theft(self) -> Theft | None:
        """What a thief sets out to do."""
        return None

    @property
    def forging(self) -> tuple[Forgery, str] | None:
        """With what a forger makes his key, and of which scheme it shall be."""
        return None

    def misfit(self, premises: Premises, beside: Path) -> Misfit | None:
        """Why he can't play in a scenario in the folder `beside`; None where he can. Asked after his parts."""
        return None

    def take_turn(self, turn: Turn) -> Iterable[Body | Envelope]:
        """What the agent says in this turn; nothing when it has nothing to say. The game ends after a round of
        silence."""
        raise NotImplementedError

    def curtain_call(self, images: np.ndarray, turn: Turn) -> dict[str, np.ndarray]:
        """After the last verdict the arena asks how each stage of a deployment would have answered: stage -> labels,
        int64 (N,). It is for the record alone; by default an agent has nothing to show."""
        return {}

    def disclose_stages(self, turn: Turn) -> dict[str, str]:
        """The same for keys that are read from weights: stage -> name of its model in the store, as far as it is
        one."""
        return {}

    def ask_stages(self, claim: int, turn: Turn) -> dict[str, Any]:
        """A verifier's part in it: what to ask of the stages for claim number `claim`: {"images": uint8 (N, C, H, W)},
        {"weights": True}, or nothing."""
        return {}

    def score_stages(self, claim: int, stages: Mapping[str, np.ndarray | str], turn: Turn) -> dict[str, Evidence]:
        """And then: stage -> what the key of claim number `claim` scores on it; `stages` maps them to labels or
        to models' names, as the deployer gave them."""
        return {}

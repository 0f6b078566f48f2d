"""What came of the learning: round by round who could gain how much, who joined, and the tournament that is left."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from arena.base.files import read_plain, write_atomically
from arena.game.messages import canonical
from arena.tournament.learning.trials import Trial
from arena.tournament.spec import Spec

FILE = "learning.json"
PLAYED_OTHERWISE = ("title", "limits", "executor", "keep", "sampling", "forgeries")
"""What a file may change without that anything else is learnt."""


@dataclass(frozen=True)
class Round:
    """A round: how many owners and thieves there were, what they played, what each side got, what was tried, and who
    joined."""

    size: tuple[int, int]
    owners: Mapping[str, float]
    thieves: Mapping[str, float]
    values: tuple[float, float]
    trials: tuple[Trial, ...]
    joined: tuple[str, ...]

    @property
    def regret(self) -> float:
        """What the best of the settings that were tried gains; 0 where none does."""
        return max([0.0, *(trial.gain for trial in self.trials if trial.gain is not None)])

    @property
    def best(self) -> Trial | None:
        """Whose setting gains most."""
        known = [trial for trial in self.trials if trial.gain is not None]
        return max(known, key=lambda trial: trial.gain or 0.0) if known else None

    @property
    def failed(self) -> list[Trial]:
        return [trial for trial in self.trials if trial.gain is None]

    @property
    def sentence(self) -> str:
        """In words."""
        said = (f"{', '.join(self.joined)} join{'s' if len(self.joined) == 1 else ''}" if self.joined
                else "nobody joins")
        lost = f", {len(self.failed)} of them failed" if self.failed else ""
        return (f"{self.size[0]} owners, {self.size[1]} thieves, {len(self.trials)} settings tried{lost}: the best "
                f"gains {self.regret:.3f}; {said}")


@dataclass(frozen=True)
class Learnt:
    """All rounds, why they ended, and who joined: name -> strategy as files have it, by kind. `of` tells from what file
    it comes."""

    task: str
    policy: str
    epsilon: float
    rounds: tuple[Round, ...]
    end: str
    schemes: Mapping[str, Any] = field(default_factory=dict)
    attacks: Mapping[str, Any] = field(default_factory=dict)
    of: str = ""

    @property
    def least(self) -> list[float]:
        """The least regret of any mixture so far, by round."""
        return [min(each.regret for each in self.rounds[: number + 1]) for number in range(len(self.rounds))]

    @property
    def sentence(self) -> str:
        """In words; a best answer is the best of those that were tried."""
        if not self.rounds:
            return f"Nothing was learnt on {self.task}: {self.end}."
        gained = f"{self.rounds[0].regret:.3f} in round 1" + (
            f" and {self.rounds[-1].regret:.3f} in round {len(self.rounds)}" if len(self.rounds) > 1 else "")
        return (f"Learning on {self.task} under {self.policy}: the best setting that was tried gained {gained}; "
                f"{self.end}. A best answer is the best of those tried, no more.")

    def grown(self, spec: Spec) -> Spec:
        """The tournament with those who joined."""
        return replace(spec, schemes={**spec.schemes, **self.schemes}, attacks={**spec.attacks, **self.attacks})

    def save(self, folder: Path) -> None:
        """Writes FOLDER/learning.json."""
        write_atomically(folder / FILE, _FORM.dump_json(self, indent=1) + b"\n")


_FORM = TypeAdapter(Learnt)


def read(folder: Path, spec: Spec) -> Learnt | None:
    """What was learnt in a folder; None where there is nothing, or of another file: it can be learnt again."""
    try:
        found = _FORM.validate_json(read_plain(folder / FILE) or b"")
    except ValidationError:
        return None
    return found if found.of == mark_of(spec) else None


def mark_of(spec: Spec) -> str:
    """What says that two files learn alike: all that is played or paid, and the first seeds."""
    plain = {key: value for key, value in spec.file.data.items() if key not in PLAYED_OTHERWISE}
    return hashlib.sha256(canonical([plain, spec.seeds.first, spec.seeds.least])).hexdigest()


def weights(mixture: Mapping[str, float], least: float = 0.01) -> Sequence[tuple[str, float]]:
    """Those of a mixture that count, heaviest first."""
    return sorted(((name, weight) for name, weight in mixture.items() if weight > least), key=lambda pair: -pair[1])

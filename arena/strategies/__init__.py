"""What an agent does inside its turn, and how a name becomes the class that does it.

A strategy is a frozen dataclass in a file of its own; its fields are the YAML parameters, with their types as the validation. `prune` is
agents/attacks/prune.py:Prune, found on demand; `package.module:Class` and `path/file.py:Class` name one of the user's own.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from arena.base.errors import ArenaError, suggest
from arena.base.names import HOME, AgentName, AgentNameOrAll, SchemeName, canonical, class_name, name_of, singular
from arena.base.userfiles import load_file, own_files, part_called
from arena.game.messages import Claim
from arena.game.rarity import Evidence
from arena.strategies.catalogue import KINDS, built_in, home

if TYPE_CHECKING:
    import numpy as np
    import torch

    from arena.game.evidence import Case, Judgement, Work
    from arena.hosts.datasets import Samples
    from arena.hosts.training import Settings
    from arena.scenario.setting import Setting
    from arena.workshop.loot import Copy, Loot
    from arena.workshop.workshop import Workshop

__all__ = [
    "KINDS", "AgentName", "AgentNameOrAll", "Attack", "Examination", "Forgery", "Misfit", "Policy", "Scheme", "SchemeName", "Strategy", "WhiteBoxExamination",
    "built_in", "describe", "find", "home", "load_file", "name_of", "own_files",
]

TASK_CLASSES, TWO_PARTS, PLAIN_LAYERS, LAYER_NAMES = "task-classes", "two-parts", "plain-layers", "layer-names"
CONDITIONS = {
    TASK_CLASSES: "a model that answers the task's classes", TWO_PARTS: "a network of two parts, as it was stolen",
    PLAIN_LAYERS: "plain layers", LAYER_NAMES: "layers under their own names",
}
"""What an attack may need of the model that it gets, and an earlier one may take away."""


@dataclass(frozen=True)
class Misfit:
    """Why a strategy can't be played in a scenario; `parameter` is the one to mend, where it is one."""

    text: str
    parameter: str = ""


class Strategy:
    """Base of all strategies; `kind` is the folder in which the built-in ones live."""

    kind: ClassVar[str]
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def misfit(self, setting: Setting) -> Misfit | None:
        """Why this can't be played there, found before anything is trained: `arena check` tells it. None: nothing is known against it."""
        return None


class Scheme(Strategy):
    """How an owner marks a host, and how anybody checks a claim to have done so.

    Owner's side: `draw_key`, `mark`, `open_key`, `commitment`. Verifier's side: `examine`, a function of the claim alone.
    """

    kind = "schemes"
    overwriting: ClassVar[frozenset[str]] = frozenset()
    """Which of `CONDITIONS` a model must meet for `overwrite`."""

    def draw_key(self, workshop: Workshop) -> Any:
        """A new secret key, from the workshop's draws and training images."""
        raise NotImplementedError

    def mark(self, key: Any, workshop: Workshop) -> torch.nn.Module:
        """The marked host."""
        raise NotImplementedError

    def further_copies(self, key: Any, workshop: Workshop) -> Iterable[torch.nn.Module]:
        """Copies of the marked host that are sold beside it, each with a mark of its own (fingerprints). None by default."""
        return ()

    def overwrite(self, key: Any, model: torch.nn.Module, loot: Loot, settings: Settings) -> torch.nn.Module:
        """Marks a trained model (in place) with the thief's means. ArenaError where the scheme can't."""
        raise ArenaError(f"{name_of(self)} can't be embedded into a model that is trained already")

    def open_key(self, key: Any) -> dict[str, Any]:
        """The key as the fields of a Claim (numbers, text, bytes, numpy arrays)."""
        raise NotImplementedError

    @classmethod
    def commitment(cls, fields: Mapping[str, Any], claimant: str) -> str:
        """A hex digest that fixes a key (the fields of a Claim) and its claimant, and hides the key."""
        raise NotImplementedError

    @classmethod
    def examine(cls, claim: Claim, case: Case) -> Examination:
        """Checks the form of a claim and says what to ask the service; raises `arena.base.errors.Malformed` with the reason."""
        raise NotImplementedError


class Examination:
    """A well-formed claim, ready to be tested: what to ask, how to score the answers, what forging it would cost."""

    commitment: str
    images: np.ndarray

    @property
    def white_box(self) -> bool:
        """Whether the mark is read from the weights, which the deployer must then disclose."""
        return False

    def score_weights(self, model: torch.nn.Module, reference: torch.nn.Module | None = None) -> Evidence:
        """White box: evidence from a model's weights; `reference` is the model that the claimant released, if he did. Raises Malformed when
        the model lacks what the key is about."""
        raise NotImplementedError

    @property
    def wants_controls(self) -> bool:
        """Whether answers are scored against what control models answer."""
        return False

    @property
    def parameters(self) -> Mapping[str, int]:
        """What the scheme left to the claimant and a policy may bound."""
        return {}

    @property
    def selectable(self) -> bool:
        """Whether the evidence may have been looked for: images chosen until they are answered as claimed (Verifier's floor of work)."""
        return False

    def score(self, labels: np.ndarray, consensus: np.ndarray | None = None) -> Evidence:
        """Evidence from the service's answers, int64 (N,); where `wants_controls`, against what control models answer."""
        raise NotImplementedError

    def score_copy(self, model: torch.nn.Module, workshop: Workshop) -> Evidence:
        """Evidence from a model at hand: from its weights in the white box, else from its answers."""
        return self.score_weights(model) if self.white_box else self.score(workshop.predict(model, self.images))

    def forging_cost(self, evidence: Evidence, case: Case) -> Work:
        """What forging this evidence takes, in bits of work: by the cheapest forger known for its level, and by the paper's formula."""
        raise NotImplementedError


class WhiteBoxExamination(Examination):
    """A well-formed claim of a mark in the weights: nothing to ask the service but spot checks."""

    @property
    def white_box(self) -> bool:
        return True


class Attack(Strategy):
    """What a thief does to a stolen model, or to the queries sent to it. Override either method, or both.

    `replaces_model` says that what comes out owes nothing to what was stolen; `needs`, `breaks` and `mends` say which of `CONDITIONS` the model must meet
    before, no longer meets afterwards, or meets again.
    """

    kind = "attacks"
    replaces_model: ClassVar[bool] = False
    mends: ClassVar[frozenset[str]] = frozenset()

    @property
    def needs(self) -> frozenset[str]:
        return frozenset()

    def breaks(self, setting: Setting) -> frozenset[str]:
        """By default what the attacks within break."""
        return frozenset().union(*(attack.breaks(setting) for attack in within(self)))

    def misfit(self, setting: Setting) -> Misfit | None:
        for word in sorted(self.needs & set(setting.lost)):
            return Misfit(f"{name_of(self)} needs {CONDITIONS.get(word, word)}, and {setting.lost[word]} leaves none: put it before that")
        return None

    def modify_model(self, model: torch.nn.Module, loot: Loot) -> torch.nn.Module:
        """The model that the thief goes on with. `model` is the attack's own copy: it may be changed in place."""
        return model

    def modify_query(self, images: np.ndarray, loot: Loot) -> np.ndarray:
        """The images, uint8 (N, C, H, W), that the model gets to see instead of those that were asked."""
        return images

    def test_set(self, loot: Loot) -> Samples | None:
        """What the model is good for from now on, if this attack changed that; None: what it was good for before."""
        return None


class Forgery(Strategy):
    """How a usurper makes a key for a model that is not his; `schemes` names those whose keys it makes (none named: any)."""

    kind = "forgeries"

    @property
    def schemes(self) -> tuple[str, ...]:
        return ()

    @property
    def exploits(self) -> Mapping[str, int]:
        """The mistakes of a Verifier (`Policy.flaws`) without which such a key is not even heard."""
        return {}

    def forge(self, copy: Copy) -> dict[str, Any] | None:
        """The fields of a Claim's key for `copy.scheme`, or None while there is nothing to claim with yet."""
        raise NotImplementedError


class Policy(Strategy):
    """How a verifier judges a well-formed claim."""

    kind = "policies"

    flawed: bool = False
    """Whether evidence that may have been looked for is granted without the Verifier's floor of work."""

    @property
    def flaws(self) -> Mapping[str, int]:
        """Mistakes that this Verifier makes when he reads claims: what known attacks live on."""
        return {}

    @property
    def dated(self) -> bool:
        """Whether it matters when a claimant committed, and which of several rivals was first."""
        return False

    @property
    def convincing(self) -> float:
        """The rarity, in bits, from which on a key fits a model."""
        return 20.0

    @property
    def same_model(self) -> float:
        """The share of probes that are answered alike by what counts as one model."""
        return 0.9

    def judge(self, case: Case) -> Judgement:
        """Every check with its outcome and the reasons in words."""
        raise NotImplementedError


BASES: dict[str, type[Strategy]] = {base.kind: base for base in (Scheme, Attack, Forgery, Policy)}


def find(kind: str, name: str, beside: Path | None = None) -> type[Any]:
    """The class that `name` means; file paths are taken relative to `beside` (the scenario's folder). ArenaError when there is none."""
    if ":" in name:
        return _own(kind, name, beside or Path.cwd())
    if name not in built_in(kind):
        raise ArenaError(f"unknown {singular(kind)} {name!r:.80}{suggest(name, built_in(kind))}")
    module = importlib.import_module(".".join(filter(None, (HOME, KINDS[kind], name.replace("-", "_")))))
    return getattr(module, class_name(name))


def _own(kind: str, name: str, beside: Path) -> type[Any]:
    """A part of the user's own. A scheme is called by the one name that its claims will bear."""
    found, base = part_called(name, beside), _base(kind)
    if not isinstance(found, type) or (base is not None and not issubclass(found, base)):
        raise ArenaError(f"{name} is no {singular(kind)}: a class {base.__name__ if base else ''} is wanted")
    if kind == "schemes" and name_of(found) != canonical(name, beside):
        raise ArenaError(f"{name} is {name_of(found)}: give it by that name")
    return found


def _base(kind: str) -> type[Any] | None:
    """What the parts of a kind derive from."""
    if kind == "roles":
        from arena.strategies.agent import Agent

        return Agent
    return BASES.get(kind)


def within(attack: Attack) -> list[Attack]:
    """The attacks that are parameters of another."""
    values = [getattr(attack, f.name) for f in fields(attack)]  # type: ignore[arg-type]
    return [inner for value in values for inner in (value if isinstance(value, (list, tuple)) else [value]) if isinstance(inner, Attack)]


def describe(strategy: Strategy) -> str:
    """A strategy in one line: `prune rate=0.3 order=random` (nested ones in brackets)."""
    return " ".join([name_of(strategy), *(f"{f.name.replace('_', '-')}={_told(getattr(strategy, f.name))}" for f in fields(strategy))])  # type: ignore[arg-type]


def _told(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_told, value))}]"
    if isinstance(value, float):
        return str(float(f"{value:.4g}"))
    return f"({describe(value)})" if isinstance(value, Strategy) else str(value)

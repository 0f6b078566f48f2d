"""What an agent does inside its turn, and how a name becomes the class that does it.

A strategy is a frozen dataclass in a file of its own; its fields are the YAML parameters, with their types as the validation. `prune` is
agents/attacks/prune.py:Prune, found on demand; `package.module:Class` and `path/file.py:Class` name one of the user's own.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from arena.errors import ArenaError, suggest
from arena.messages import Claim
from arena.rarity import Evidence

if TYPE_CHECKING:
    import numpy as np
    import torch

    from arena.evidence import Case, Judgement, Work
    from arena.hosts.datasets import Samples
    from arena.hosts.training import Settings
    from arena.workshop import Copy, Loot, Workshop

HOME = "agents"
USER = "arena_user_"
"""The modules of users' own files are called so, and then as their file."""
KINDS = {"roles": "", "schemes": "schemes", "attacks": "attacks", "forgeries": "forgeries", "policies": "policies", "reproductions": "reproductions"}


class Strategy:
    """Base of all strategies; `kind` is the folder in which the built-in ones live."""

    kind: ClassVar[str]
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


class Scheme(Strategy):
    """How an owner marks a host, and how anybody checks a claim to have done so.

    Owner's side: `draw_key`, `mark`, `open_key`, `commitment`. Verifier's side: `examine`, a function of the claim alone.
    """

    kind = "schemes"

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
        raise ArenaError(f"{_kebab(type(self).__name__)} can't be embedded into a model that is trained already")

    def open_key(self, key: Any) -> dict[str, Any]:
        """The key as the fields of a Claim (numbers, text, bytes, numpy arrays)."""
        raise NotImplementedError

    @classmethod
    def commitment(cls, fields: Mapping[str, Any], claimant: str) -> str:
        """A hex digest that fixes a key (the fields of a Claim) and its claimant, and hides the key."""
        raise NotImplementedError

    @classmethod
    def examine(cls, claim: Claim, case: Case) -> Examination:
        """Checks the form of a claim and says what to ask the service; raises `arena.errors.Malformed` with the reason."""
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

    `replaces_model` says that what comes out owes nothing to what was stolen.
    """

    kind = "attacks"
    replaces_model: ClassVar[bool] = False

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
    """How a usurper makes a key for a model that is not his."""

    kind = "forgeries"

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

    @property
    def flaws(self) -> Mapping[str, int]:
        """Mistakes that this Verifier makes when he reads claims: what known attacks live on."""
        return {}

    def judge(self, case: Case) -> Judgement:
        """Every check with its outcome and the reasons in words."""
        raise NotImplementedError


BASES: dict[str, type[Strategy]] = {base.kind: base for base in (Scheme, Attack, Forgery, Policy)}


def find(kind: str, name: str, beside: Path | None = None) -> type[Any]:
    """The class that `name` means; file paths are taken relative to `beside` (the scenario's folder). ArenaError when there is none."""
    if ":" in name:
        found = _from_file(name, beside) if ".py:" in name else _from_module(name)
    elif name in built_in(kind):
        module = importlib.import_module(".".join(filter(None, (HOME, KINDS[kind], name.replace("-", "_")))))
        found = getattr(module, _class_name(name), None)
    else:
        raise ArenaError(f"unknown {_singular(kind)} {name!r}{suggest(name, built_in(kind))}")
    base = BASES.get(kind)
    if found is None or (base is not None and not (isinstance(found, type) and issubclass(found, base))):
        raise ArenaError(f"{name} is no {_singular(kind)}: a class {base.__name__ if base else 'Agent'} is wanted")
    return found


def scheme_named(name: str) -> type[Scheme] | None:
    """A built-in scheme for the name in a claim, or None. A claim must not make the Verifier load code of the claimant's choice."""
    return find("schemes", name) if re.fullmatch(r"[a-z0-9-]+", name) and name in built_in("schemes") else None


@cache
def built_in(kind: str) -> Mapping[str, str]:
    """Name -> first line of the docstring, of the built-in strategies of a kind; read from the source, nothing is imported."""
    folder = home() / KINDS[kind]
    out = {}
    for file in sorted(folder.glob("*.py")):
        if not file.stem.startswith("_"):
            name = file.stem.replace("_", "-")
            out[name] = _first_line(file, _class_name(name))
    return out


def home() -> Path:
    """The folder of the built-in strategies; ArenaError when another installed package shadows it."""
    spec = importlib.util.find_spec(HOME)
    place = Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None
    if place is None or not (place / "schemes" / "rose.py").is_file():
        raise ArenaError(f"the package {HOME!r} that Python finds ({place or 'none'}) is not Arena's: another installed package shadows it; "
                         f"remove that package or install ownership-arena in an environment of its own")
    return place


def _from_file(name: str, beside: Path | None) -> Any:
    path, _, wanted = name.rpartition(":")
    file = ((beside or Path.cwd()) / path).resolve()
    if not file.is_file():
        raise ArenaError(f"{file}: no such file")
    return getattr(load_file(file), wanted, None)


def own_files() -> list[Path]:
    """The user's own files that were loaded so far: another process must load them too before it can unpickle what is of them."""
    return [Path(str(module.__file__)) for name, module in sys.modules.items() if name.startswith(USER)]


@cache
def load_file(file: Path) -> Any:
    """The module in a user's file; ArenaError when it can't be imported."""
    spec = importlib.util.spec_from_file_location(f"{USER}{file.stem}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ArenaError(f"{file}: can't be imported: {type(error).__name__}: {error}") from None
    return module


def _from_module(name: str) -> Any:
    module, _, wanted = name.partition(":")
    try:
        return getattr(importlib.import_module(module), wanted, None)
    except ImportError as error:
        raise ArenaError(f"{name}: can't be imported: {error}") from None


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def describe(strategy: Strategy) -> str:
    """A strategy in one line: `prune rate=0.3 order=random` (nested ones in brackets)."""
    return " ".join([_kebab(type(strategy).__name__), *(f"{f.name.replace('_', '-')}={_told(getattr(strategy, f.name))}" for f in fields(strategy))])  # type: ignore[arg-type]


def _told(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_told, value))}]"
    if isinstance(value, float):
        return str(float(f"{value:.4g}"))
    return f"({describe(value)})" if isinstance(value, Strategy) else str(value)


def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def _singular(kind: str) -> str:
    return kind[:-3] + "y" if kind.endswith("ies") else kind.removesuffix("s")


def _first_line(file: Path, wanted: str) -> str:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == wanted:
            return (ast.get_docstring(node) or "").split("\n")[0]
    return ""

"""What every strategy must be, and what a scheme declares must be so."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from pathlib import Path

from arena.base.errors import ArenaError
from arena.strategies.scheme import Scheme
from arena.strategies.strategy import Strategy, describe
from arena.testing.rehearsal import small_host
from arena.workshop.loot import Loot
from arena.workshop.workshop import Workshop


def check_strategy(strategy: Strategy) -> None:
    """A frozen dataclass whose first docstring line says what it does."""
    cls = type(strategy)
    assert dataclasses.is_dataclass(strategy) and cls.__dataclass_params__.frozen, \
        f"{cls.__name__} must be @dataclass(frozen=True)"  # type: ignore[attr-defined]
    assert (cls.__doc__ or "").strip() and not (cls.__doc__ or "").startswith(f"{cls.__name__}("), \
        f"{cls.__name__} needs a docstring: `arena list` shows it"
    assert describe(strategy), "a strategy must have a description"


def check_declarations(scheme: Scheme, shop: Workshop) -> None:
    """A scheme sells as many copies as it says, and says whether it can be embedded into a trained model."""
    key = scheme.draw_key(shop)
    sold = 1 + sum(1 for _ in scheme.further_copies(key, shop))
    assert scheme.copies in (None, sold), f"{sold} copies are sold, but `copies` says {scheme.copies}"
    if scheme.overwriting is None:
        loot = Loot(shop, "overwriting")
        with suppress(ArenaError):
            scheme.overwrite(key, small_host(Path(shop.options.store), shop.task), loot, shop.task.settings)
            raise AssertionError("it can be embedded into a trained model: say in `overwriting` what of")

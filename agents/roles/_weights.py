"""How a Verifier reads a mark in weights that were shown to him: every member of what answers, its channels put where
the claimant's own release has them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from math import log2
from typing import Any

import torch
from torch import nn

from arena.base.errors import ArenaError
from arena.game.messages import Message, Release
from arena.game.rarity import Evidence, Hits, Score, Stated
from arena.hosts.channels import aligned
from arena.hosts.networks import Network
from arena.hosts.quantised import as_floats
from arena.strategies import WhiteBox
from arena.workshop.workshop import Workshop

PUBLIC_IMAGES = 256
"""By so many of his test images the Verifier knows a channel again."""


@dataclass(frozen=True)
class WeightsReader:
    """Reads a key in weights; `reference` is what the claimant released, where channels can be matched to it."""

    examination: WhiteBox
    reference: nn.Module | None
    shop: Workshop

    def score(self, members: Sequence[nn.Module]) -> Evidence:
        """The best of what the key scores on each member, those of 8 bits as the floats that they stand for; every
        doubling of their number costs a bit (Bonferroni)."""
        return dearer(max((self._member(model) for model in members), key=lambda found: found.rarity), len(members))

    def _member(self, model: nn.Module) -> Evidence:
        model = as_floats(model)
        match = aligned(model, self.reference, self._images) if self.reference is not None else None
        if match is None:
            return self.examination.score(model, self.reference)
        evidence = self.examination.score(match.model, self.reference)
        return told(evidence, realigned=match.moved, rescaled=round(match.factor, 2))

    @cached_property
    def _images(self) -> torch.Tensor:
        return public_images(self.shop)


def public_images(shop: Workshop) -> torch.Tensor:
    """Images by which channels are known, uint8 (N, C, H, W)."""
    return shop.dataset.parts["test"].images[:PUBLIC_IMAGES]


def first_release(claimant: str, releases: Sequence[tuple[Message, Release]], shop: Workshop) -> Network | None:
    """What a claimant released first; None where that is nothing that can be loaded."""
    with suppress(ArenaError):
        return next((shop.released(release.model) for message, release in releases if message.sender == claimant), None)
    return None


def reference_of(claimant: str, releases: Sequence[tuple[Message, Release]], shop: Workshop) -> Network | None:
    """What the claimant released first; None where he released nothing, or where it is, channels aside, what somebody
    else released before: who may choose the order and the size of another's channels can write any mark into them."""
    own = next(((message.number, release) for message, release in releases if message.sender == claimant), None)
    if own is None:
        return None
    reference = shop.released(own[1].model)
    earlier = {release.model for message, release in releases if message.number < own[0]}
    return None if any(_same(name, reference, shop) for name in sorted(earlier)) else reference


def _same(name: str, reference: nn.Module, shop: Workshop) -> bool:
    try:
        return aligned(shop.released(name), reference, public_images(shop)) is not None
    except ArenaError:
        return False


def dearer(evidence: Evidence, looks: int) -> Evidence:
    """The same evidence, after looking in so many places."""
    if looks == 1:
        return evidence
    if isinstance(evidence, Hits):
        return replace(evidence, looks=evidence.looks * looks)
    if isinstance(evidence, Score):
        return replace(evidence, regions=evidence.regions * looks)
    return Stated(max(0.0, evidence.rarity - log2(looks)), f"{evidence.text}, best of {looks} members")


def told(evidence: Evidence, **more: Any) -> Evidence:
    """The same evidence, with further figures where it has room for them."""
    if is_dataclass(evidence) and "details" in {f.name for f in fields(evidence)}:
        return replace(evidence, details={**evidence.details, **more})  # type: ignore[attr-defined, call-arg]
    return evidence

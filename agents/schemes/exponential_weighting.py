"""Exponential weighting (Namba and Sakuma 2019, section 5): label-change keys, held by the large weights alone, which no pruning removes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field
from torch import nn

from agents.schemes._key_samples import Key, mix
from agents.schemes.label_change import LabelChange
from arena.hosts.networks import Network
from arena.hosts.weighting import weight_exponentially
from arena.workshop import Workshop


@dataclass(frozen=True)
class ExponentialWeighting(LabelChange):
    """label-change keys embedded with exponentially weighted layers (T = `temperature`), which stay in the deployed model"""

    temperature: Annotated[float, Field(ge=0)] = 2.0

    def mark(self, key: Key, workshop: Workshop) -> nn.Module:
        host = self.plain(workshop)
        assert isinstance(host, Network)
        weight_exponentially(host, self.temperature)
        host.spec = replace(host.spec, temperature=self.temperature)
        return workshop.fit(host, mix(workshop.dataset.parts["train"], self.training_samples(key, workshop)), self.again(workshop), "embedding")

"""Exponential weighting (Namba and Sakuma 2019, section 5): label-change keys, held by the large weights alone, which
no pruning removes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field
from torch import nn

from agents.schemes.triggers.label_change import LabelChange
from arena.hosts.networks.exponential import weight_exponentially
from arena.hosts.training import Settings
from arena.workshop.workshop import Workshop


@dataclass(frozen=True)
class ExponentialWeighting(LabelChange):
    """label-change keys embedded with exponentially weighted layers (T = `temperature`), which stay in the deployed
    model

    What counts is T times the largest weight: the paper's T = 2 goes with the weights of hundreds of epochs, brief
    training wants more. Small weights then hardly move by plain gradients: `adam` is the rate of Adam for the second
    training (0: it goes as the first).
    """

    temperature: Annotated[float, Field(ge=0)] = 2.0
    adam: Annotated[float, Field(ge=0)] = 0.0

    def again(self, workshop: Workshop) -> Settings:
        settings = super().again(workshop)
        return replace(settings, optimizer="adam", rate=self.adam, weight_decay=0.0) if self.adam else settings

    def carrier(self, workshop: Workshop) -> nn.Module:
        host = workshop.unmarked_host()
        if not host.architecture.temperature:  # one that is weighted already stays as it is
            weight_exponentially(host, self.temperature)
            host.architecture = replace(host.architecture, temperature=self.temperature)
        return host

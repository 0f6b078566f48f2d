"""How a network is built: so much is said of it in a scenario, in the store's recipes and in the header of saved
weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Architecture:
    """What it takes to build a network: its name, number of classes, image shape (C, H, W); for torchvision's models
    also the side that images are resized to (0: as they are, at least 32) and the normalisation that pre-trained
    weights expect. `temperature` is that of exponential weighting (0: none); `source` says, of a network of the user's
    own, which code it is (`arena.base.userfiles.source_of`); `hashed`: some answers are changed by a keyed hash
    (`arena.hosts.networks.hashed`)."""

    network: str
    classes: int
    shape: tuple[int, int, int]
    resize: int = 0
    input: str = "torchvision"
    temperature: float = 0.0
    source: str = ""
    hashed: bool = False

    @property
    def plain(self) -> Architecture:
        """Without what a scheme added."""
        return replace(self, temperature=0.0, hashed=False)

    def as_dict(self) -> dict[str, Any]:
        plain = {**asdict(self), "shape": list(self.shape)}
        return {name: value for name, value in plain.items() if value or name not in ("source", "hashed")}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Architecture:
        channels, height, width = (int(n) for n in data["shape"])
        return cls(str(data["network"]), int(data["classes"]), (channels, height, width),
                   int(data.get("resize", 0)), str(data.get("input", "torchvision")),
                   float(data.get("temperature", 0.0)), str(data.get("source", "")),
                   bool(data.get("hashed", False)))

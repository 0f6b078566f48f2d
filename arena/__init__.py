"""Arena: an adversarial game simulator for the ownership of neural networks."""

from arena.base.machine import VERSION as __version__

__all__ = ["__version__"]

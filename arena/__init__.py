"""Arena: an adversarial game simulator for the ownership of neural networks."""

__version__ = "0.1.0"

"""What the author of a role derives from; stays here whatever floor it lives on."""

from arena.strategies.agent import Agent, Turn

__all__ = ["Agent", "Turn"]

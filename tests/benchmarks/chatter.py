"""A role that talks and does nothing else: what the arena itself costs."""

from dataclasses import dataclass

from arena.agent import Agent
from arena.messages import Opening


@dataclass
class Chatter(Agent):
    """says so many messages in each of so many turns"""

    turns: int = 10
    messages: int = 50

    def __post_init__(self):
        self.left = self.turns

    def take_turn(self, turn):
        self.left -= 1
        if self.left >= 0:
            for number in range(self.messages):
                yield Opening("nothing", {"number": number})

"""Floor 4: what an agent has at hand in his turn: the workshop, and what a thief or a forger works with."""

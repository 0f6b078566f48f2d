"""Floor 8: many matches, one table, and the game that their payoffs make."""

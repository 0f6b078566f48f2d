"""Floor 6: how pieces of work are spread over processes; they know no game."""

"""Floor 8: what forging a key costs on this machine, measured."""
